import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Bundle, BundleAgent, BundleTool } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { runInMemory, type Played, type PlayedTool } from '../support/memory-executor.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

interface Given {
  readonly agent?: Partial<BundleAgent>;
  readonly turns: Json;
  readonly tools?: Readonly<Record<string, Partial<BundleTool>>>;
  readonly played?: Readonly<Record<string, PlayedTool>>;
  readonly change?: (bundle: Bundle) => Bundle;
}

async function run({
  agent = {},
  turns,
  tools = {},
  played = {},
  change = (bundle) => bundle,
}: Given): Promise<Played> {
  const made = bundleOf({
    nodes: { write: { agent: 'writer' } },
    agents: { writer: agent },
    tools,
    replies: [{ agent: 'writer', turns }],
  });
  const bundle = change(made);
  return await runInMemory({ bundle, authority: authorityOf(bundle), input: {}, tools: played });
}

const paths = ({ run: { steps } }: Played): readonly string[] =>
  steps.filter(({ phase }) => phase === 'result').map(({ path }) => path);

const call = (tool: string, args: Json = {}) => ({ tool, arguments: args });

describe('an agent that must call a tool', () => {
  const agent = { execution: { onDeny: 'inform', maxDenials: 3, requiredTools: ['echo'] } } as const;

  test('is reminded once, and its answer counts after the call', async () => {
    const turns = [{ text: 'early' }, { toolCalls: [call('echo')] }, { text: 'late' }];
    const played = await run({ agent, turns });
    expect(played.run.output).toEqual({ write: 'late' });
    expect(paths(played)).toEqual(['write/1', 'write/2', 'write/2.1', 'write/3']);
  });

  test('fails under its own code when it answers without it again', async () => {
    const played = await run({ agent, turns: [{ text: 'early' }, { text: 'again' }] });
    expect(played.run.error).toMatchObject({
      code: 'agent.required_tool',
      message: 'The agent answered without a successful call of what it must call first: echo.',
    });
  });
});

test('an agent that stops on the first result gives that of the first call that was done', async () => {
  const execution = { onDeny: 'inform', maxDenials: 3, toolUse: 'stopOnFirst' } as const;
  const toolCalls = [call('nothing'), call('echo', { n: 1 }), call('echo', { n: 2 })];
  const played = await run({ agent: { execution }, turns: [{ toolCalls }] });
  expect(played.run.output).toEqual({ write: { n: 1 } });
});

describe('a call that was made before', () => {
  const turns = [
    { toolCalls: [call('echo', { a: 1, b: 2 }), call('echo', '{"b":2,"a":1}')] },
    { toolCalls: [call('echo', { b: 2, a: 1 })] },
    { text: 'done' },
  ];

  test('is answered from the first one where the agent reuses', async () => {
    const execution = { onDeny: 'inform', maxDenials: 3, duplicateCalls: 'reuse' } as const;
    const played = await run({ agent: { execution }, turns });
    expect(played.run.output).toEqual({ write: 'done' });
    expect(paths(played)).toEqual(['write/1', 'write/1.1', 'write/2', 'write/3']);
  });

  test('is refused where the agent denies, and the model goes on', async () => {
    const execution = { onDeny: 'inform', maxDenials: 3, duplicateCalls: 'deny' } as const;
    const played = await run({ agent: { execution }, turns });
    expect(played.run.output).toEqual({ write: 'done' });
    const denied = played.run.steps.filter(({ outcome }) => outcome === 'denied');
    expect(denied.map(({ path, error }) => `${path} ${error?.code}`)).toEqual([
      'write/1.2 call.duplicate',
      'write/2.1 call.duplicate',
    ]);
  });
});

test('the reads of one turn are made at once: each waits for the others, and none is alone', async () => {
  const toolCalls = [1, 2, 3].map((n) => call('echo', { n }));
  const meeting = new EventEmitter();
  const all = once(meeting, 'all');
  let there = 0;
  const met: PlayedTool = async (args) => {
    there += 1;
    if (there === toolCalls.length) meeting.emit('all');
    await all;
    return args;
  };
  const played = await run({ turns: [{ toolCalls }, { text: 'done' }], played: { 'default/echo': met } });
  expect(played.run.output).toEqual({ write: 'done' });
  // The model is told of the results in the order in which it asked.
  expect(played.effects.map(({ args }) => args)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a mixed turn makes its calls in the order in which the model asked', async () => {
  const toolCalls = [call('echo', { n: 1 }), call('write', { n: 2 }), call('echo', { n: 3 })];
  const order: Json[] = [];
  const note: PlayedTool = async (args) => {
    order.push(args);
    await new Promise((resolve) => setImmediate(resolve));
    return args;
  };
  await run({
    agent: { tools: { echo: 'default/echo', write: 'default/write' } },
    tools: { write: { operations: ['write'] } },
    turns: [{ toolCalls }, { text: 'done' }],
    played: { 'default/echo': note, 'default/write': note },
  });
  expect(order).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a limit on cost ends the step under its own code, before the call that would pass it', async () => {
  const limits = { maxSteps: 10, maxToolCalls: 10, timeoutMs: 60_000, maxCost: 5 };
  const turns = [{ toolCalls: [call('echo', { n: 1 })] }, { text: 'never' }];
  const priced = (bundle: Bundle): Bundle => ({
    ...bundle,
    models: Object.fromEntries(
      Object.entries(bundle.models).map(([name, model]) => [
        name,
        { ...model, pricing: { inputPerMTok: 0, outputPerMTok: 0 } },
      ]),
    ),
  });
  const played = await run({ agent: { limits }, turns, tools: { echo: { costPerCall: 6 } }, change: priced });
  expect(played.run.error).toMatchObject({
    code: 'limit.cost',
    message: 'The call costs 6 micro-USD; limits.maxCost of the agent leaves 5.',
  });
  expect(played.effects).toEqual([]);
  const unpriced = await run({ agent: { limits }, turns });
  expect(unpriced.run.error).toMatchObject({ code: 'budget.price_unknown' });
});

describe('a tool with a retry policy of its own', () => {
  const retry = {
    maxAttempts: 3,
    backoff: { initialMs: 1, maxMs: 1, multiplier: 1, jitter: 'none' },
    on: ['unavailable'],
  } as const;
  const failing = (code: string, times: number): PlayedTool => {
    let left = times;
    return (args) => {
      left -= 1;
      return left < 0 ? args : { outcome: { kind: 'failed', code, message: 'down', retryable: true } };
    };
  };
  const turns = [{ toolCalls: [call('echo')] }, { text: 'done' }];

  test('is called again for the failures that it names', async () => {
    const played = await run({
      turns,
      tools: { echo: { retry } },
      played: { 'default/echo': failing('tool.unavailable', 2) },
    });
    expect(played.run.output).toEqual({ write: 'done' });
    expect(paths(played)).toEqual(['write/1', 'write/1.1', 'write/1.1~2', 'write/1.1~3', 'write/2']);
  });

  test('is not for others', async () => {
    const played = await run({
      turns,
      tools: { echo: { retry } },
      played: { 'default/echo': failing('tool.failed', 2) },
    });
    expect(paths(played)).toEqual(['write/1', 'write/1.1', 'write/2']);
  });
});

describe('a long conversation', () => {
  const compaction = { triggerTokens: 1_500, retainRecent: 2, summarizer: 'default/brief' };
  const long = 'x'.repeat(1_500);
  const withBrief = (bundle: Bundle): Bundle => {
    const model = bundle.models['default/model'];
    if (model === undefined) throw new TypeError('the bundle has its model');
    const replies = [{ agent: 'writer', turns: [{ text: 'the short of it' }] }];
    return { ...bundle, models: { ...bundle.models, 'default/brief': { ...model, script: { replies } } } };
  };
  const turns = [
    { toolCalls: [call('echo', { long })] },
    { toolCalls: [call('echo', { long, n: 2 })] },
    { text: 'done' },
  ];

  test('is summed up by a call of its own, and a result stays with its call', async () => {
    const played = await run({
      agent: { compaction: compaction },
      turns,
      change: withBrief,
    });
    expect(paths(played)).toContain('write/3.summary');
  });

  test('that stays too large fails under its own code', async () => {
    const played = await run({ agent: { compaction: { ...compaction, retainRecent: 10 } }, turns, change: withBrief });
    expect(played.run.error).toMatchObject({ code: 'context.too_large', node: 'write' });
  });
});

test('an agent gives one use of a tool less time than the tool allows', async () => {
  const given: unknown[] = [];
  const note: PlayedTool = (args, { timeoutMs }) => {
    given.push(timeoutMs);
    return args;
  };
  const turns = [{ toolCalls: [call('echo')] }, { text: 'done' }];
  await run({ agent: { toolTimeoutsMs: { echo: 250 } }, turns, played: { 'default/echo': note } });
  await run({ turns, played: { 'default/echo': note } });
  expect(given).toEqual([250, undefined]);
});
