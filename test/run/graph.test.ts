import { expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { firedEdges, firedSources, lastNodes, next, type NodeState } from '../../src/run/graph.ts';
import { bundleOf, type NodePlan } from '../support/runs.ts';

/** Plays a graph to its end: each started node ends at once, its conditions answered by name. */
function play(nodes: Readonly<Record<string, NodePlan>>, isTrue: (when: string) => boolean = () => true) {
  const bundle = bundleOf({ nodes });
  const state = new Map<string, NodeState>();
  const order: string[][] = [];
  for (;;) {
    const { ready, skipped } = next(bundle, state);
    for (const name of skipped) state.set(name, { kind: 'skipped' });
    if (ready.length === 0) return { bundle, state, order };
    order.push([...ready]);
    for (const name of ready) finish(bundle, state, { name, isTrue });
  }
}

function finish(
  bundle: Bundle,
  state: Map<string, NodeState>,
  { name, isTrue }: { readonly name: string; readonly isTrue: (when: string) => boolean },
): void {
  const node = bundle.nodes[name];
  if (node === undefined) throw new Error(`no node ${name}`);
  const fired = firedEdges(node, isTrue);
  if (fired === undefined) throw new Error(`edge.no_match at ${name}`);
  state.set(name, { kind: 'done', output: name, fired });
}

test('a join waits for the longest of unequal paths', () => {
  const { order } = play({ a: { to: ['join', 'b'] }, b: { to: ['c'] }, c: { to: ['join'] }, join: {} });
  expect(order).toEqual([['a'], ['b'], ['c'], ['join']]);
});

test('a conditional edge that never fires does not hold a join up', () => {
  const { order, state, bundle } = play(
    { a: { to: ['left', { to: 'right', when: 'no' }] }, left: { to: ['join'] }, right: { to: ['join'] }, join: {} },
    () => false,
  );
  expect(order).toEqual([['a'], ['left'], ['join']]);
  expect(state.get('right')).toEqual({ kind: 'skipped' });
  expect(firedSources(bundle, state, 'join')).toEqual(['left']);
});

test('a join whose every way died is skipped, and so is what hangs on it', () => {
  const { order, state } = play(
    {
      a: {
        to: [
          { to: 'b', when: 'no' },
          { to: 'other', default: true },
        ],
      },
      b: { to: ['join'] },
      join: { to: ['after'] },
      after: {},
      other: {},
    },
    () => false,
  );
  expect(order).toEqual([['a'], ['other']]);
  expect(['b', 'join', 'after'].map((name) => state.get(name)?.kind)).toEqual(['skipped', 'skipped', 'skipped']);
});

test('the default is taken only when no other edge is', () => {
  const nodes = {
    a: {
      to: [
        { to: 'b', when: 'yes' },
        { to: 'c', default: true },
      ],
    },
    b: {},
    c: {},
  };
  expect(play(nodes, () => true).order).toEqual([['a'], ['b']]);
  expect(play(nodes, () => false).order).toEqual([['a'], ['c']]);
});

test('all true edges fire', () => {
  const { order } = play({
    a: {
      to: [
        { to: 'b', when: 'x' },
        { to: 'c', when: 'y' },
      ],
    },
    b: {},
    c: {},
  });
  expect(order).toEqual([['a'], ['b', 'c']]);
});

test('no true edge and no default is nothing to take', () => {
  const { bundle } = play({ a: {} });
  const node = {
    ...(bundle.nodes['a'] ?? { kind: 'tool', tool: 'default/echo', from: [] }),
    edges: [{ to: 'b', when: 'no', default: false }],
  };
  expect(firedEdges(node, () => false)).toBeUndefined();
});

test('an edge to end finishes its branch, whose output counts among the last', () => {
  const { order, bundle, state } = play({ a: { to: ['b', 'c'] }, b: { to: ['end'] }, c: {} });
  expect(order).toEqual([['a'], ['b', 'c']]);
  expect(lastNodes(bundle, state)).toEqual(['b', 'c']);
});

test('a hundred branches start together and their join once', () => {
  const branches = Array.from({ length: 100 }, (_, index) => `b${String(index).padStart(3, '0')}`);
  const { order } = play({
    a: { to: branches },
    ...Object.fromEntries(branches.map((name) => [name, { to: ['join'] }])),
    join: {},
  });
  expect(order).toEqual([['a'], branches, ['join']]);
});
