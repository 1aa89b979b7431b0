import { describe, expect, test } from 'vitest';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { bundleWith } from '../support/graphs.ts';
import { type Played, type PlayedTool, runInMemory } from '../support/memory-executor.ts';

/** A graph in which other engines hang, start early or go twice: as a whole run, and cancelled during each of its calls. */
interface Trap {
  readonly spec: string;
  readonly input?: JsonObject;
  /** By place, in any order: every call of a run that nobody cancels. */
  readonly calls: readonly string[];
  readonly output: Json;
  /** Calls that fail so that they are tried again, by place. */
  readonly failing?: readonly string[];
  /** Calls that are under way at once, so that those of a group may begin though the run is cancelled during another. */
  readonly together?: readonly (readonly string[])[];
  /** A node that asks another one, `help`, and runs again with its report. */
  readonly delegating?: string;
}

const say = (more = ''): string => `{toolRef: t, input: {x: 1}${more === '' ? '' : `, ${more}`}}`;
const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => String(at));

const traps: Readonly<Record<string, Trap>> = {
  'a join after unequal paths': {
    spec: `
graph:
  a: ${say('edges: [{to: b}, {to: j}]')}
  b: ${say('edges: [{to: c}]')}
  c: ${say('edges: [{to: j}]')}
  j: {toolRef: t, input: {of: "\${ nodes.c.output.x + nodes.a.output.x }"}, edges: [{to: after}]}
  after: ${say()}
output: {j: "\${ nodes.j.output.of }"}
`,
    calls: ['a', 'b', 'c', 'j', 'after'],
    output: { j: 2 },
  },
  'a conditional edge that never fires into a join': {
    spec: `
graph:
  a: ${say('edges: [{to: b}, {to: c}]')}
  b: ${say('edges: [{to: j, when: "nodes.b.output.x == 2"}, {to: end, default: true}]')}
  c: ${say('edges: [{to: j}]')}
  j: ${say('edges: [{to: after}]')}
  after: ${say()}
output: {j: "\${ nodes.j.output.x }"}
`,
    calls: ['a', 'b', 'c', 'j', 'after'],
    together: [['b', 'c']],
    output: { j: 1 },
  },
  'a back edge into a join': {
    spec: `
graph:
  a: ${say('edges: [{to: j}]')}
  b: ${say('edges: [{to: j}]')}
  j: ${say('edges: [{to: check}]')}
  check: ${say('edges: [{to: j, when: "nodes.check.output.turn < 3"}, {to: after, default: true}]')}
  after: ${say()}
limits: {maxTurns: 5}
output: {turn: "\${ nodes.check.output.turn }"}
`,
    calls: ['a', 'b', 'j', 'check', 'j#2', 'check#2', 'j#3', 'check#3', 'after'],
    together: [['a', 'b']],
    output: { turn: 3 },
  },
  "a join's retry": {
    spec: `
graph:
  a: ${say('edges: [{to: j}]')}
  b: ${say('edges: [{to: j}]')}
  j:
    toolRef: t
    input: {x: "\${ nodes.a.output.x + nodes.b.output.x }"}
    retry: {maxAttempts: 3, backoff: {initial: 1s, max: 1s}, on: [unavailable]}
    edges: [{to: after}]
  after: ${say()}
output: {j: "\${ nodes.j.output.x }"}
`,
    calls: ['a', 'b', 'j', 'j!2', 'after'],
    together: [['a', 'b']],
    output: { j: 2 },
    failing: ['j'],
  },
  'a cycle through a node with two inputs': {
    spec: `
graph:
  s: ${say('edges: [{to: plan}]')}
  plan: ${say('edges: [{to: x}, {to: y}]')}
  x: ${say('edges: [{to: merge}]')}
  y: ${say('edges: [{to: merge}]')}
  merge: ${say('edges: [{to: plan, when: "nodes.merge.output.turn < 2"}, {to: after, default: true}]')}
  after: ${say()}
limits: {maxTurns: 5}
output: {turn: "\${ nodes.merge.output.turn }"}
`,
    calls: ['s', 'plan', 'x', 'y', 'merge', 'plan#2', 'x#2', 'y#2', 'merge#2', 'after'],
    together: [
      ['x', 'y'],
      ['x#2', 'y#2'],
    ],
    output: { turn: 2 },
  },
  'a quorum with late arrivals': {
    spec: `
graph:
  a: ${say('edges: [{to: x}, {to: y}, {to: z}]')}
  x: ${say('edges: [{to: j}]')}
  y: ${say('edges: [{to: j}]')}
  z: ${say('edges: [{to: late}]')}
  late: ${say('edges: [{to: j}]')}
  j: ${say('join: {mode: quorum, count: 2}, edges: [{to: after}]')}
  after: ${say()}
output: {j: "\${ nodes.j.output.x }"}
`,
    calls: ['a', 'x', 'y', 'z', 'late', 'j', 'after'],
    together: [
      ['x', 'y', 'z'],
      ['j', 'late'],
    ],
    output: { j: 1 },
  },
  'a fan-out of 500': {
    spec: `
graph:
  each: {toolRef: t, forEach: input.list, maxParallel: 50, input: {x: "\${ item }"}, edges: [{to: after}]}
  after: ${say()}
output: {all: "\${ nodes.each.output.size() }"}
`,
    input: { list: numbers(500).map(Number) },
    calls: [...numbers(500).map((at) => `each[${at}]`), 'after'],
    together: [numbers(500).map((at) => `each[${at}]`)],
    output: { all: 500 },
  },
  'delegation inside a loop': {
    spec: `
graph:
  s: ${say('edges: [{to: lead}]')}
  lead: ${say('edges: [{to: check}]')}
  check: ${say('edges: [{to: lead, when: "nodes.check.output.turn < 2"}, {to: after, default: true}]')}
  after: ${say()}
limits: {maxTurns: 5}
output: {turn: "\${ nodes.check.output.turn }"}
`,
    delegating: 'lead',
    calls: ['s', 'lead', 'lead:help', 'lead@d2', 'check', 'lead#2', 'lead#2:help', 'lead#2@d2', 'check#2', 'after'],
    output: { turn: 2 },
  },
};

/** The place of a call, and its number where it is not the first at that place. */
const placeOf = (path: string): string => path.replace(/\/1$/, '');

function bundleOf({ spec, delegating }: Trap): Bundle {
  const bundle = bundleWith(spec);
  const lead = delegating === undefined ? undefined : bundle.nodes[delegating];
  if (lead === undefined || delegating === undefined) return bundle;
  const help: BundleNode = { kind: 'tool', tool: 'default/t', input: {}, edges: [], from: [] };
  return { ...bundle, nodes: { ...bundle.nodes, help, [delegating]: { ...lead, delegates: ['help'] } } };
}

/** Plays the run; `cancelAt` is the number of the call during which somebody cancels it. */
function play(trap: Trap, cancelAt = Number.NaN): Promise<Played> {
  let begun = 0;
  const tool: PlayedTool = (args, call, store) => {
    begun += 1;
    if (begun === cancelAt) for (const id of store.runs.keys()) store.cancel(id);
    const place = placeOf((call as unknown as { readonly path: string }).path);
    if (trap.failing?.includes(place))
      return { outcome: { kind: 'failed', code: 'tool.network', message: 'down', retryable: false } };
    return { ...(args as JsonObject), turn: Number(/#(\d+)/.exec(place)?.[1] ?? 1) };
  };
  return runInMemory({ bundle: bundleOf(trap), input: trap.input ?? {}, tools: { 'default/t': tool } });
}

/** Of many calls the first, the last and some between. */
function someOf(count: number): readonly number[] {
  const stride = Math.max(1, Math.floor(count / 12));
  return Array.from({ length: count }, (_, at) => at + 1).filter((at) => at % stride === 0 || at === 1 || at === count);
}

describe.each(Object.entries(traps))('%s', (_name, trap) => {
  test('comes to its end, each call made once', async () => {
    const { run, effects } = await play(trap);
    expect({ state: run.state, error: run.error, ends: run.ends }).toEqual({
      state: 'Succeeded',
      error: undefined,
      ends: 1,
    });
    expect(effects.map(({ path }) => placeOf(path)).sort()).toEqual([...trap.calls].sort());
    expect(run.output).toEqual(trap.output);
  });

  // The last call's answer ends the run, whoever wanted it cancelled meanwhile.
  test('makes no further call when it is cancelled during any one of them', async () => {
    for (const cancelAt of someOf(trap.calls.length - 1)) {
      const { run, effects } = await play(trap, cancelAt);
      const places = effects.map(({ path }) => placeOf(path));
      const [during = '', ...later] = places.slice(cancelAt - 1);
      const beside = (trap.together ?? []).filter((group) => group.includes(during)).flat();
      const further = later.filter((place) => !beside.includes(place));
      expect({ during, further, state: run.state, ends: run.ends }).toEqual({
        during,
        further: [],
        state: 'Cancelled',
        ends: 1,
      });
      expect(later.length).toBeLessThan(50);
    }
  });
});
