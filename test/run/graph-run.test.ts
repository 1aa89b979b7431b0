import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import { bundleWith } from '../support/graphs.ts';
import { runInMemory, type Played, type PlayedTool } from '../support/memory-executor.ts';

interface Given {
  readonly input?: JsonObject;
  readonly tools?: Readonly<Record<string, PlayedTool>>;
  readonly more?: Readonly<Record<string, Partial<BundleTool>>>;
}

function run(spec: string, { input, tools = {}, more = {} }: Given = {}): Promise<Played> {
  const played = Object.fromEntries(Object.entries(tools).map(([name, tool]) => [`default/${name}`, tool]));
  return runInMemory({ bundle: bundleWith(spec, more), input: input ?? {}, tools: played });
}

const paths = ({ run: { steps } }: Played): readonly string[] =>
  steps
    .filter(({ phase }) => phase === 'result')
    .map(({ path }) => path)
    .sort();

/** Fails as often as it is told to. */
function flaky(times: number, outcome: Partial<Extract<ToolOutcome, { kind: 'failed' }>> = {}): PlayedTool {
  let left = times;
  return (args: Json) => {
    left -= 1;
    if (left < 0) return args;
    return { outcome: { kind: 'failed', code: 'tool.network', message: 'down', retryable: false, ...outcome } };
  };
}

describe('lists', () => {
  test('five hundred entries run, and their results keep the order of the list', async () => {
    const list = Array.from({ length: 500 }, (_, index) => index);
    const played = await run(
      `
graph:
  each: {toolRef: double, forEach: input.list, input: {n: "\${ item }"}}
output: {all: "\${ nodes.each.output }"}
`,
      { input: { list }, tools: { double: (args) => 2 * Number((args as { n: number }).n) } },
    );
    expect(played.run.state).toBe('Succeeded');
    expect(played.run.output).toEqual({ all: list.map((one) => 2 * one) });
    expect(paths(played)).toContain('each[499]/1');
  });

  test('with one lane nothing begins before what is ahead of it is done', async () => {
    let running = 0;
    let most = 0;
    const slow: PlayedTool = async (args) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return args;
    };
    const spec = (lanes: number) => `
graph:
  each: {toolRef: slow, forEach: input.list, maxParallel: ${lanes}, input: {n: "\${ item }"}}
`;
    await run(spec(1), { input: { list: [1, 2, 3, 4, 5] }, tools: { slow } });
    expect(most).toBe(1);
    most = 0;
    await run(spec(3), { input: { list: [1, 2, 3, 4, 5] }, tools: { slow } });
    expect(most).toBeLessThanOrEqual(3);
  });

  test('an empty list gives an empty list', async () => {
    const played = await run('graph:\n  each: {toolRef: t, forEach: input.list}\n', { input: { list: [] } });
    expect(played.run.output).toEqual({ each: [] });
  });

  test('what is no list, or too long a list, fails with its own code', async () => {
    const spec = 'graph:\n  each: {toolRef: t, forEach: input.list}\n';
    const wrong = await run(spec, { input: { list: { a: 1 } } });
    expect(wrong.run.error).toMatchObject({ code: 'each.not_a_list', node: 'each' });
    const long = await run(spec, { input: { list: Array.from({ length: 10_001 }, () => 1) } });
    expect(long.run.error).toMatchObject({ code: 'each.too_many', node: 'each' });
  });

  test('one entry that fails fails the node, and no further one begins', async () => {
    const spec = 'graph:\n  each: {toolRef: t, forEach: input.list, maxParallel: 1, input: {n: "${ item }"}}\n';
    const tools = { t: flaky(1, { code: 'tool.failed' }) };
    const played = await run(spec, { input: { list: [1, 2, 3] }, tools });
    expect(played.run.error).toMatchObject({ code: 'tool.failed', node: 'each[0]' });
    expect(played.effects).toHaveLength(1);
  });
});

describe('loops', () => {
  const spec = (more: string) => `
graph:
  write: {toolRef: t, loop: {until: "output.n >= 3", maxTurns: 5}, input: {n: "\${ output == null ? 1 : output.n + 1 }"}}
${more}`;

  test('a node runs again with its last output until its condition holds', async () => {
    const played = await run(spec(''));
    expect(played.run.output).toEqual({ write: { n: 3 } });
    expect(paths(played)).toEqual(['write/1', 'write@2/1', 'write@3/1']);
  });

  test('the bound is a failure, unless reaching it succeeds', async () => {
    const over = spec('').replace('>= 3', '>= 9');
    expect((await run(over)).run.error).toMatchObject({ code: 'limit.turns', node: 'write' });
    const enough = await run(`${over}limits: {onLimit: succeed}\n`);
    expect(enough.run.output).toEqual({ write: { n: 5 } });
  });
});

describe('retries', () => {
  const spec = (retry: string, more = '') => `
graph:
  call: {toolRef: t, input: {n: 1}, retry: ${retry}${more}}
`;

  test('a failure of a named kind is tried again after a pause, under a place of its own', async () => {
    const played = await run(spec('{maxAttempts: 3, on: [unavailable]}'), { tools: { t: flaky(2) } });
    expect(played.run.output).toEqual({ call: { n: 1 } });
    expect(paths(played)).toEqual(['call!2/1', 'call!2/retry', 'call!3/1', 'call/1', 'call/retry']);
    expect(new Set(played.effects.map(({ key }) => key)).size).toBe(1);
  });

  test('it fails with the last failure when the attempts are used up', async () => {
    const played = await run(spec('{maxAttempts: 2}'), { tools: { t: flaky(9) } });
    expect(played.run.error).toMatchObject({ code: 'tool.network', node: 'call!2' });
    expect(played.effects).toHaveLength(2);
  });

  test('a failure of another kind, and what the gate denied, are not tried again', async () => {
    const other = await run(spec('{on: [timeout]}'), { tools: { t: flaky(9) } });
    expect(other.effects).toHaveLength(1);
    const invalid = await run(spec('{on: [error]}'), {
      more: { t: { inputSchema: { type: 'object', required: ['absent'] } } },
    });
    expect(invalid.run.error).toMatchObject({ code: 'args.invalid' });
    expect(invalid.effects).toHaveLength(0);
  });

  test('an attempt whose outcome is unknown is never followed by another', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const hangs: PlayedTool = async (_args, { signal }) => {
      const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      vi.advanceTimersByTime(400);
      await gone;
      return { outcome: { kind: 'unknown', code: 'tool.timeout', message: 'gone' } };
    };
    const played = await run(spec('{on: [timeout]}', ', timeout: 400ms'), {
      tools: { t: hangs },
      more: { t: { operations: ['write'] } },
    });
    expect(played.run.error).toMatchObject({ code: 'limit.timeout', node: 'call' });
    expect(played.effects).toHaveLength(1);
  });

  test('a join that is tried again sees what it saw', async () => {
    const played = await run(
      `
graph:
  a: {input: {n: 1}, edges: [{to: j}]}
  b: {input: {n: 2}, edges: [{to: j}]}
  j: {toolRef: t, join: {mode: any}, retry: {}}
`,
      { tools: { t: flaky(1) } },
    );
    expect(played.effects.map(({ args }) => args)).toEqual([{ n: 1 }, { n: 1 }]);
    expect(paths(played)).toEqual(['j!2/1', 'j/1', 'j/join', 'j/retry']);
  });
});

describe('failures that a graph goes on from', () => {
  test('continue takes the edges of the failed node, which has no output', async () => {
    const played = await run(
      `
graph:
  a: {toolRef: t, input: {}, onError: continue, edges: [{to: no, when: output.ok}, {to: b, default: true}]}
  no: {input: 1}
  b: {input: "\${ has(nodes.a) ? 'there' : 'gone' }"}
`,
      { tools: { t: flaky(9) } },
    );
    expect(played.run.output).toEqual({ b: 'gone' });
    expect(paths(played)).toEqual(['a/1', 'a/end']);
  });

  test('goto goes to its node alone, which is given the failure', async () => {
    const played = await run(
      `
graph:
  a: {toolRef: t, input: {}, onError: goto sorry, edges: [{to: b}]}
  b: {input: 1}
  sorry: {toolRef: echo}
`,
      { tools: { t: flaky(9) } },
    );
    expect(played.run.output).toEqual({ sorry: { error: { code: 'tool.network', message: 'down', node: 'a' } } });
  });

  test('a join that can do without an input goes on when its node fails', async () => {
    const played = await run(
      `
graph:
  a: {toolRef: t, input: {}, edges: [{to: j}]}
  b: {input: 2, edges: [{to: j}]}
  j: {toolRef: echo, input: {b: "\${ nodes.b.output }"}, join: {onFailure: skip}}
`,
      { tools: { t: flaky(9) } },
    );
    expect(played.run).toMatchObject({ state: 'Succeeded', output: { j: { b: 2 } } });
  });

  test('the onFailure node runs with the error and what is done, and the run fails with the first failure', async () => {
    const played = await run(
      `
graph:
  a: {input: 7, edges: [{to: b}]}
  b: {toolRef: t, input: {}}
  tell: {toolRef: echo}
onFailure: tell
`,
      { tools: { t: flaky(9) } },
    );
    expect(played.run).toMatchObject({ state: 'Failed', error: { code: 'tool.network', node: 'b' } });
    const error = { code: 'tool.network', message: 'down', node: 'b' };
    expect(played.effects.at(-1)).toMatchObject({ tool: 'default/echo', args: { error, outputs: { a: 7 } } });
  });

  test('too many turns of a cycle is a failure of its own', async () => {
    const spec = `
graph:
  s: {input: 0, edges: [{to: t}]}
  t: {input: 1, edges: [{to: t2}]}
  t2: {input: 2, edges: [{to: t, when: "!input.stop"}, {to: end, default: true}]}
limits: {maxTurns: 3`;
    expect((await run(`${spec}}\n`, { input: { stop: false } })).run.error).toMatchObject({ code: 'limit.turns' });
    expect((await run(`${spec}, onLimit: succeed}\n`, { input: { stop: false } })).run.output).toEqual({ t2: 2 });
  });
});
