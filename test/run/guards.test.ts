import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/manifest/digest.ts';
import { bundleOf } from '../support/runs.ts';
import { ask, to } from './hand-off-play.ts';
import { cards, gone, guarding, paying, row, runGuarded } from './guard-play.ts';

const pre = { mode: ['preCall'] } as const;
const post = { mode: ['postCall'] } as const;
const ofTools = { calls: ['tool'] } as const;
const ofModels = { calls: ['model'] } as const;

describe('a guard before a tool call', () => {
  test('masks what is sent, and the journal goes on knowing the call by what the model wrote', async () => {
    const args = { card: '41111111', note: 'by 41111111 or 43333333', list: [{ a: 'x' }] };
    const played = await runGuarded({ bundle: paying(args), guards: { 'default/c': cards({ ...pre, ...ofTools }) } });
    const sent = { card: '[card]', list: [{ a: 'x' }], note: 'by [card] or [card]' };
    expect(played.effects).toEqual([sent]);
    const intent = row(played, 'work/1.1', 'intent');
    expect(JSON.parse(intent?.args ?? '')).toEqual(sent);
    expect(intent?.argsDigest).toBe(sha256('{"card":"41111111","list":[{"a":"x"}],"note":"by 41111111 or 43333333"}'));
    expect(intent?.decision?.guards).toEqual([
      { guard: 'Guard/default/c', mode: 'preCall', action: 'mask', found: { card: 3 } },
    ]);
    expect(played.run.state).toBe('Succeeded');
  });

  test('masks numbers and names of members too, by which it could be passed else', async () => {
    const bundle = paying({ amount: 41111111, 41111111: 'yes', small: 41 });
    const { effects } = await runGuarded({ bundle, guards: { 'default/c': cards({ ...pre, ...ofTools }) } });
    expect(effects).toEqual([{ amount: '[card]', '[card]': 'yes', small: 41 }]);
  });

  test('whose mask gives two members one name closes', async () => {
    const played = await runGuarded({
      bundle: paying({ 41111111: 1, 42222222: 2 }),
      guards: { 'default/c': cards({ ...pre, ...ofTools }) },
    });
    expect(played.effects).toEqual([]);
    expect(row(played, 'work/1.1', 'result')).toMatchObject({ outcome: 'denied', error: { code: 'guard.failed' } });
  });

  test('leaves arguments that must still fit the tool’s schema', async () => {
    const inputSchema = { type: 'object', properties: { card: { type: 'string', pattern: '^[0-9]+$' } } };
    const bundle = paying({ card: '41111111' }, { tools: { pay: { inputSchema } } });
    const played = await runGuarded({ bundle, guards: { 'default/c': cards({ ...pre, ...ofTools }) } });
    expect(played.effects).toEqual([]);
    expect(row(played, 'work/1.1', 'result')).toMatchObject({ outcome: 'denied', error: { code: 'args.invalid' } });
  });

  test('that blocks lets nothing out, and the model learns nothing of it', async () => {
    const guards = { 'default/c': cards({ ...pre, ...ofTools, action: 'block' }) };
    const played = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    expect(played.effects).toEqual([]);
    expect(row(played, 'work/1.1', 'intent')).toBeUndefined();
    const refused = row(played, 'work/1.1', 'result');
    expect(refused).toMatchObject({
      outcome: 'denied',
      decision: { kind: 'deny', reason: 'guard.blocked', rule: 'Guard/default/c', guards: [{ found: { card: 1 } }] },
    });
    expect(JSON.stringify(refused)).not.toContain('41111111');
    expect(played.requests[1]?.messages.at(-1)).toMatchObject({
      role: 'tool',
      result: { error: 'not_permitted', retryable: false },
    });
  });

  test('is not shown a call that the gate refuses', async () => {
    const bundle = paying(
      {},
      {
        replies: [
          { agent: 'clerk', turns: [{ toolCalls: [{ tool: 'steal', arguments: { a: 'b' } }] }, { text: 'ok' }] },
        ],
      },
    );
    const { asked } = await runGuarded({ bundle, guards: { 'default/c': cards({ ...pre, ...ofTools }) } });
    expect(asked).toEqual([]);
  });
});

describe('a guard before a model call', () => {
  test('masks the prompt, what was said and what tools gave, and nothing that is written down', async () => {
    const bundle = paying({ card: '41111111' });
    const played = await runGuarded({ bundle, guards: { 'default/c': cards({ ...pre, ...ofModels }) } });
    expect(played.requests).toHaveLength(2);
    for (const request of played.requests)
      expect(JSON.stringify([request.system, request.messages])).not.toMatch(/4\d{7}/);
    expect(played.requests[1]?.messages.at(-1)).toMatchObject({ result: { card: '[card]' } });
    expect(played.effects).toEqual([{ card: '41111111' }]);
  });

  test('that blocks ends the step before anything is sent', async () => {
    const guards = { 'default/c': cards({ ...pre, ...ofModels, action: 'block' }) };
    const played = await runGuarded({ bundle: paying({}), guards });
    expect(played.requests).toEqual([]);
    expect(played.run.error).toMatchObject({ code: 'guard.blocked', node: 'work' });
  });
});

describe('a guard after a call', () => {
  test('masks a result before it is journalled and used', async () => {
    const bundle = paying({ card: '41111111' });
    const played = await runGuarded({ bundle, guards: { 'default/c': cards({ ...post, ...ofTools }) } });
    expect(played.effects).toEqual([{ card: '41111111' }]);
    expect(row(played, 'work/1.1', 'result')).toMatchObject({
      outcome: 'done',
      body: '{"card":"[card]"}',
      decision: { kind: 'allow', guards: [{ mode: 'postCall', found: { card: 1 } }] },
    });
    expect(played.requests[1]?.messages.at(-1)).toMatchObject({ result: { card: '[card]' } });
  });

  test('that blocks keeps a result back: its effect stands, and the model learns nothing of it', async () => {
    const guards = { 'default/c': cards({ ...post, ...ofTools, action: 'block' }) };
    const played = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    const result = row(played, 'work/1.1', 'result');
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'guard.blocked', retryable: false } });
    expect(JSON.stringify([result, played.requests[1]?.messages.at(-1)])).not.toContain('41111111');
    expect(JSON.stringify(played.requests[1]?.messages.at(-1))).not.toContain('Guard/');
    expect(played.effects).toHaveLength(1);
  });

  test('looks at the words that a tool failed with, too', async () => {
    const tool = () =>
      Promise.resolve({ kind: 'failed', code: 'tool.failed', message: 'no 41111111 here', retryable: false } as const);
    const masking = { 'default/c': cards({ ...post, ...ofTools }) };
    const masked = await runGuarded({ bundle: paying({}), guards: masking, tool });
    expect(row(masked, 'work/1.1', 'result')?.error).toMatchObject({ code: 'tool.failed', message: 'no [card] here' });
    const blocking = { 'default/c': cards({ ...post, ...ofTools, action: 'block' }) };
    const blocked = await runGuarded({ bundle: paying({}), guards: blocking, tool });
    expect(row(blocked, 'work/1.1', 'result')?.error?.message).toBe('What the tool answered was kept back.');
  });

  test('leaves a result that must still be what the tool says', async () => {
    const outputSchema = { type: 'object', properties: { card: { type: 'string', pattern: '^[0-9]+$' } } };
    const bundle = paying({ card: '41111111' }, { tools: { pay: { outputSchema } } });
    const played = await runGuarded({ bundle, guards: { 'default/c': cards({ ...post, ...ofTools }) } });
    expect(row(played, 'work/1.1', 'result')).toMatchObject({ outcome: 'failed', error: { code: 'result.invalid' } });
  });

  test('masks an answer and the calls that it asks for, before they are made', async () => {
    const bundle = paying({ card: '41111111' });
    const played = await runGuarded({ bundle, guards: { 'default/c': cards({ ...post, ...ofModels }) } });
    expect(played.effects).toEqual([{ card: '[card]' }]);
    expect(played.run.output).toEqual({ work: 'Paid by [card].' });
    expect(JSON.stringify(played.run.steps)).not.toContain('42222222');
  });

  test('that blocks an answer ends the step, and what the answer cost is charged', async () => {
    const guards = { 'default/c': cards({ ...post, ...ofModels, action: 'block' }) };
    const played = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    expect(played.effects).toEqual([]);
    expect(played.run.error).toMatchObject({ code: 'guard.blocked' });
    const result = row(played, 'work/1', 'result');
    expect(result?.tokensOut).toBeGreaterThan(0);
    expect(JSON.stringify(played.run)).not.toContain('"card":"41111111"');
  });
});

describe('whatever a guard’s action is, it closes when it fails', () => {
  test.each([
    ['before a model call', { ...pre, ...ofModels }, 'Failed', 0],
    ['after a model call', { ...post, ...ofModels }, 'Failed', 0],
    ['before a tool call', { ...pre, ...ofTools }, 'Succeeded', 0],
    ['after a tool call', { ...post, ...ofTools }, 'Succeeded', 1],
  ] as const)('%s', async (_when, change, state, effects) => {
    for (const action of ['mask', 'block', 'audit'] as const) {
      const guards = { 'default/c': gone({ ...change, action }) };
      const played = await runGuarded({ bundle: paying({ a: 'text' }), guards });
      expect(played.run.state).toBe(state);
      expect(played.effects).toHaveLength(effects);
      const failed = played.run.steps.filter(({ error }) => error?.code === 'guard.failed');
      expect(failed).toHaveLength(1);
      expect(failed[0]?.decision?.guards?.[0]).toMatchObject({ guard: 'Guard/default/c', action });
    }
  });

  test('and when a revision names it and does not hold it', async () => {
    const played = await runGuarded({ bundle: paying({}), guards: {}, row: { guards: ['default/lost'] } });
    expect(played.run.error).toMatchObject({ code: 'guard.failed' });
  });
});

describe('several guards', () => {
  test('that block see the texts as they are, whatever others mask', async () => {
    const guards = {
      'default/a': cards({ ...pre, ...ofTools }),
      'default/b': cards({ ...pre, ...ofTools, action: 'block' }),
    };
    const played = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    expect(played.effects).toEqual([]);
    expect(row(played, 'work/1.1', 'result')).toMatchObject({ error: { code: 'guard.blocked' } });
  });

  test('that mask do so one after the other, by their names', async () => {
    const naming = cards({
      ...pre,
      ...ofTools,
      provider: { type: 'regex', patterns: [{ name: 'mark', pattern: '\\[card\\]', replacement: '[masked]' }] },
    });
    const guards = { 'default/b': naming, 'default/a': cards({ ...pre, ...ofTools }) };
    const { effects } = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    expect(effects).toEqual([{ card: '[masked]' }]);
  });

  test('that watch write down what they find, and change nothing', async () => {
    const guards = { 'default/c': cards({ ...pre, ...ofTools, action: 'audit' }) };
    const played = await runGuarded({ bundle: paying({ card: '41111111' }), guards });
    expect(played.effects).toEqual([{ card: '41111111' }]);
    expect(row(played, 'work/1.1', 'intent')?.decision?.guards).toEqual([
      { guard: 'Guard/default/c', mode: 'preCall', action: 'audit', found: { card: 1 } },
    ]);
  });

  test('of a policy in audit mode only watch, and do not close', async () => {
    const bundle = paying({ card: '41111111' });
    const authority = guarding(bundle, { 'default/c': cards(), 'default/g': gone() });
    const shadowed = Object.entries(authority.subjects).map(([address, { guards = [], ...rules }]) => [
      address,
      { ...rules, audit: { ...rules, guards } },
    ]);
    const audited = { ...authority, subjects: Object.fromEntries(shadowed) };
    const played = await runGuarded({ bundle, guards: {}, then: audited });
    expect(played.run.state).toBe('Succeeded');
    expect(JSON.stringify(row(played, 'work/2', 'intent')?.decision)).toContain('"action":"audit"');
  });
});

test('a guard that live adds looks at the next call of a run that is under way', async () => {
  const bundle = paying({ card: '41111111' });
  const then = guarding(bundle, { 'default/c': cards({ ...pre, ...ofModels, action: 'block' }) });
  const played = await runGuarded({ bundle, guards: {}, then });
  expect(played.effects).toHaveLength(1);
  expect(played.requests).toHaveLength(1);
  expect(played.run.error).toMatchObject({ code: 'guard.blocked' });
});

test('wherever a worker dies, nothing that has a result is looked at again, and the run goes on as it was', async () => {
  const bundle = paying({ card: '41111111' }, { tools: { pay: { operations: ['read'] } } });
  const guards = { 'default/c': cards(pre), 'default/d': cards({ ...post, ...ofModels, action: 'audit' }) };
  const whole = await runGuarded({ bundle, guards });
  expect(whole.run.output).toEqual({ work: 'Paid by 42222222.' });
  expect(whole.effects).toEqual([{ card: '[card]' }]);
  const rows = [...whole.run.steps];
  for (let kept = 0; kept <= rows.length; kept += 1) {
    const { run, asked, effects } = await runGuarded({ bundle, guards, left: rows.slice(0, kept) });
    expect(run.output, `after ${kept} rows`).toEqual({ work: 'Paid by 42222222.' });
    expect(effects.length).toBeLessThanOrEqual(1);
    if (kept === rows.length) expect(asked).toEqual([]);
  }
});

describe('work that is handed to another agent', () => {
  const bundle = (task: string) =>
    bundleOf({
      nodes: { lead: { agent: 'lead', input: 'Go.' } },
      agents: { lead: { agents: { helper: to('helper') } }, helper: {} },
      replies: [
        { agent: 'lead', turns: [{ toolCalls: [ask('helper', task)] }, { text: 'done' }] },
        { agent: 'helper', turns: [{ text: 'It is 42222222.' }] },
      ],
    });

  test('is kept back where a part of it would have to be masked', async () => {
    const guards = { 'default/c': cards({ ...pre, ...ofTools }) };
    const played = await runGuarded({ bundle: bundle('Use 41111111.'), guards });
    expect(row(played, 'lead/1.1', 'result')).toMatchObject({ outcome: 'denied', error: { code: 'guard.blocked' } });
    expect(played.requests.map(({ agent }) => agent)).toEqual(['default/lead', 'default/lead']);
  });

  test('comes back as its guards leave it', async () => {
    const guards = { 'default/c': cards({ ...post, ...ofTools }) };
    const played = await runGuarded({ bundle: bundle('Look.'), guards });
    expect(row(played, 'lead/1.1', 'result')?.body).toBe('"It is [card]."');
  });
});
