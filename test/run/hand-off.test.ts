import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Bundle, BundleAgent } from '../../src/manifest/bundle.ts';
import { callModel } from '../../src/models/call.ts';
import type { ModelRequest } from '../../src/models/model.ts';
import type { Authority } from '../../src/policy/authority.ts';
import type { Outside } from '../../src/run/outside.ts';
import { callTool } from '../../src/tools/call.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import { endedStates, type MemoryStep } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, eventually } from '../support/runs.ts';
import { to, ask, bundleFrom, run, results, asksOnce } from './hand-off-play.ts';

describe('an agent that calls another', () => {
  test('goes on with its answer, which is written after what the other one did', async () => {
    const played = await run({ replies: asksOnce });
    expect(played.run.output).toEqual({ lead: 'Tides, in short.' });
    expect(results(played)).toEqual([
      'lead/1 done',
      'lead^1.1.helper/1 done',
      'lead^1.1.helper/1.1 done',
      'lead^1.1.helper/2 done',
      'lead/1.1 done',
      'lead/2 done',
    ]);
    const handed = played.run.steps.find(({ path, phase }) => path === 'lead/1.1' && phase === 'result');
    expect(handed).toMatchObject({ target: 'Agent/default/helper', body: '"The moon."' });
  });

  test('gives it the inputs that it declares, and the gate holds them against their types', async () => {
    const helper: Partial<BundleAgent> = {
      prompt: 'You know about {{ place }}.',
      inputs: { place: { type: 'string', required: true } },
    };
    const calls = [{ tool: 'helper', arguments: { place: 7 } }];
    const again = [{ tool: 'helper', arguments: { place: 'Brest' } }];
    const played = await run({
      helper,
      replies: [
        { agent: 'lead', turns: [{ toolCalls: calls }, { toolCalls: again }, { text: 'done' }] },
        { agent: 'helper', match: 'Brest', turns: [{ text: 'High water at six.' }] },
      ],
    });
    expect(played.run.output).toEqual({ lead: 'done' });
    expect(results(played)).toContain('lead/1.1 denied');
    expect(results(played)).toContain('lead/2.1 done');
  });

  test('is told the code of its failure, and goes on', async () => {
    const played = await run({
      helper: { limits: { maxSteps: 1, maxToolCalls: 5, timeoutMs: 60_000 } },
      replies: asksOnce,
    });
    expect(played.run.output).toEqual({ lead: 'Tides, in short.' });
    const handed = played.run.steps.find(({ path, phase }) => path === 'lead/1.1' && phase === 'result');
    expect(handed).toMatchObject({ outcome: 'failed', error: { code: 'limit.steps' } });
  });

  test('counts it as a call of its own: the second is over the limit of calls', async () => {
    const played = await run({
      lead: { limits: { maxSteps: 5, maxToolCalls: 1, timeoutMs: 60_000 } },
      replies: [
        { agent: 'lead', turns: [{ toolCalls: [ask('helper'), ask('helper', 'Look it up. Twice.')] }] },
        asksOnce[1],
      ],
    });
    expect(played.run.error).toMatchObject({ code: 'limit.tool_calls', node: 'lead' });
  });
});

test('an agent that transfers is not asked again, and what it asked for besides is not done', async () => {
  const agents = { helper: to('helper', { interaction: 'transfer' }) };
  const played = await run({
    lead: { agents },
    replies: [{ agent: 'lead', turns: [{ toolCalls: [ask('helper'), { tool: 'echo' }] }] }, asksOnce[1]],
  });
  expect(played.run.output).toEqual({ lead: 'The moon.' });
  expect(results(played).at(-1)).toBe('lead/1.1 done');
});

test('what a transfer answers is held against the schema of the first agent', async () => {
  const agents = { helper: to('helper', { interaction: 'transfer' }) };
  const played = await run({
    lead: { agents, output: { schema: { type: 'object' } } },
    replies: [{ agent: 'lead', turns: [{ toolCalls: [ask('helper')] }] }, asksOnce[1]],
  });
  expect(played.run.error).toMatchObject({ code: 'agent.output_invalid', node: 'lead' });
});

test('a transfer that fails fails the step', async () => {
  const played = await run({
    lead: { agents: { helper: to('helper', { interaction: 'transfer' }) } },
    helper: { limits: { maxSteps: 1, maxToolCalls: 5, timeoutMs: 60_000 } },
    replies: [{ agent: 'lead', turns: [{ toolCalls: [ask('helper')] }] }, asksOnce[1]],
  });
  expect(played.run.error).toMatchObject({ code: 'limit.steps', node: 'lead', path: 'lead/1.1' });
});

test.each([
  ['perCall', [['Look it up.'], ['Look it up. And?']]],
  ['shared', [['Look it up.'], ['Look it up.', 'The moon.', 'Look it up. And?']]],
] as const)('with isolation %s the second call of a step is told %j', async (isolation, said) => {
  const bundle = bundleFrom({
    lead: { agents: { helper: to('helper', { isolation }) } },
    replies: [
      { agent: 'lead', turns: [{ toolCalls: [ask('helper'), ask('helper', 'Look it up. And?')] }, { text: 'done' }] },
      { agent: 'helper', turns: [{ text: 'The moon.' }] },
    ],
  });
  const { requests } = await goOn(bundle, []);
  const seen = requests.filter(({ agent }) => agent === 'default/helper');
  const texts = seen.map(({ messages }) => messages.map((message) => ('text' in message ? message.text : '')));
  expect(texts).toEqual(said);
});

describe('a hand-off that is not to be', () => {
  test('is refused when the live revision has dropped it, and its model is not offered it', async () => {
    const bundle = bundleFrom({ replies: asksOnce });
    const { subjects, ...rest } = authorityOf(bundle);
    const rows = Object.entries(subjects).map(([name, { agents: _dropped, ...row }]) => [name, row] as const);
    const { taken, requests } = await goOn(bundle, [], { ...rest, subjects: Object.fromEntries(rows) });
    expect(taken.output).toEqual({ lead: 'Tides, in short.' });
    expect(taken.steps.find(({ path }) => path === 'lead/1.1')).toMatchObject({
      outcome: 'denied',
      decision: { reason: 'agent.not_declared', rule: 'live revision' },
      error: { message: 'The live revision does not let the agent hand work to Agent/default/helper.' },
    });
    expect(taken.steps.some(({ path }) => path.includes('^'))).toBe(false);
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['echo']);
  });

  /** Two agents that hand everything on to each other; no plan lets them, a bundle might. */
  const circle = (max: number | undefined) =>
    run({
      lead: max === undefined ? {} : { limits: { ...limits, maxDelegationDepth: max } },
      helper: { agents: { lead: to('lead') } },
      replies: [
        { agent: 'lead', turns: [{ toolCalls: [ask('helper')] }] },
        { agent: 'helper', turns: [{ toolCalls: [ask('lead')] }] },
      ],
    });
  const limits = { maxSteps: 10, maxToolCalls: 50, timeoutMs: 60_000 };

  test.each([
    [0, 'lead^1.1.helper/1.1'],
    [1, 'lead^1.1.helper^1.1.lead/1.1'],
    [undefined, `lead${'^1.1.helper^1.1.lead'.repeat(5)}^1.1.helper/1.1`],
  ])('under a depth of %j agents that hand work to each other end at %s', async (max, path) => {
    const played = await circle(max);
    expect(played.run.error).toMatchObject({ code: 'limit.handoff_depth', node: 'lead' });
    const denied = played.run.steps.find(({ outcome }) => outcome === 'denied');
    expect(denied).toMatchObject({ path, decision: { reason: 'limit.handoff_depth' } });
  });
});

/** Executes the rest of a run whose owner died when it had written these rows; gives what was asked of the world. */
async function goOn(bundle: Bundle, rows: readonly MemoryStep[], live?: Authority) {
  const store = new MemoryStore();
  store.install(bundle);
  const taken = store.submit({ system: bundle.system, input: {} });
  if (live !== undefined) store.install(bundle, live);
  taken.steps.push(...rows.map((row) => ({ ...row, fence: 0 })));
  const asked: string[] = [];
  const requests: ModelRequest[] = [];
  const outside: Outside = {
    async model(model, request, options) {
      asked.push(options.path);
      requests.push({ ...request, messages: [...request.messages] });
      return callModel(model, request, options);
    },
    async tool(tool, args, options) {
      asked.push(options.path);
      return callTool(tool, args, options);
    },
  };
  const worker = memoryWorker(store, { outside });
  await worker.start();
  await eventually(async () => (endedStates.has(taken.state) || taken.state === 'Waiting' ? true : undefined));
  await worker.stop();
  return { taken, asked, requests };
}

test('wherever a worker dies, the next one goes on inside, and asks nothing again that was answered', async () => {
  const bundle = bundleFrom({
    lead: { agents: { helper: to('helper', { isolation: 'shared' }) } },
    replies: [
      {
        agent: 'lead',
        turns: [{ toolCalls: [ask('helper')] }, { toolCalls: [ask('helper', 'Look it up. More.')] }, { text: 'done' }],
      },
      asksOnce[1],
    ],
  });
  const whole = await goOn(bundle, []);
  expect(whole.taken.output).toEqual({ lead: 'done' });
  const rows = [...whole.taken.steps];
  for (let kept = 0; kept <= rows.length; kept += 1) {
    const before = rows.slice(0, kept);
    const { taken, asked } = await goOn(bundle, before);
    expect(taken.output, `after ${kept} rows`).toEqual({ lead: 'done' });
    const answered = new Set(before.filter(({ phase }) => phase === 'result').map(({ path }) => path));
    expect(asked.filter((path) => answered.has(path))).toEqual([]);
  }
});

test('a call inside whose outcome nobody knows waits for a person, and the hand-off with it', async () => {
  const helper = { tools: { once: 'default/once' } };
  const replies = [asksOnce[0], { agent: 'helper', turns: [{ toolCalls: [{ tool: 'once' }] }, { text: 'The moon.' }] }];
  const bundle = bundleFrom({ helper, replies });
  const whole = await goOn(bundle, []);
  const until = whole.taken.steps.findIndex(({ path, phase }) => path.endsWith('helper/1.1') && phase === 'intent');
  const { taken, asked } = await goOn(bundle, whole.taken.steps.slice(0, until + 1));
  expect(taken.state).toBe('Waiting');
  expect([...taken.waits.keys()]).toEqual(['lead^1.1.helper/1.1']);
  expect(asked).toEqual([]);
});

test('a cancelled run ends inside of a hand-off', async () => {
  const store = new MemoryStore();
  const bundle = bundleFrom({ replies: asksOnce });
  store.install(bundle);
  const cancelled = store.submit({ system: bundle.system, input: {} });
  const outside: Outside = {
    model: callModel,
    async tool(tool, args, options) {
      store.cancel(cancelled.id);
      return callTool(tool, args, options);
    },
  };
  const worker = memoryWorker(store, { outside });
  await worker.start();
  await eventually(async () => (endedStates.has(cancelled.state) ? true : undefined));
  await worker.stop();
  expect(cancelled.state).toBe('Cancelled');
  expect(cancelled.steps.some(({ path, phase }) => path === 'lead/1.1' && phase === 'result')).toBe(false);
});

const aborted = { kind: 'failed', code: 'tool.aborted', message: 'given up', retryable: false } as const;

test('the time of the first agent bounds the other one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const played = await run({
    lead: { limits: { maxSteps: 5, maxToolCalls: 5, timeoutMs: 20 } },
    replies: asksOnce,
    tools: {
      'default/echo': async (_args, { signal }) => {
        const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        vi.advanceTimersByTime(20);
        await gone;
        return { outcome: aborted };
      },
    },
  });
  expect(played.effects).toHaveLength(1);
  expect(played.run.error).toMatchObject({ code: 'limit.timeout', node: 'lead' });
});

test('each turn of a loop hands over at a place of its own', async () => {
  const loop = { until: 'false', maxTurns: 2 };
  const played = await run({
    replies: [{ agent: 'lead', turns: [{ toolCalls: [ask('helper')] }, { text: 'again' }] }, asksOnce[1]],
    change(bundle) {
      const nodes = Object.entries(bundle.nodes).map(([name, node]) => [name, { ...node, loop }]);
      return { ...bundle, nodes: Object.fromEntries(nodes) };
    },
  });
  const places = ['lead', 'lead^1.1.helper', 'lead@2', 'lead@2^1.1.helper'];
  expect([...new Set(played.run.steps.map(({ node }) => node))]).toEqual(places);
});
