import { describe, expect, test } from 'vitest';
import type { Activation } from '../../src/run/activation.ts';
import { GraphState } from '../../src/run/graph.ts';
import { firedBy } from '../../src/run/view.ts';
import { bundleOf, type NodePlan } from '../support/runs.ts';
import { graphOf } from '../support/graphs.ts';
import { Play } from './graph-play.ts';

/** Plays a graph to its end: whatever is ready together ends together, its conditions answered by `isTrue`. */
function rounds(nodes: Readonly<Record<string, NodePlan>>, isTrue: (when: string) => boolean = () => true) {
  const graph = bundleOf({ nodes });
  const state = new GraphState(graph, () => undefined);
  const order: string[][] = [];
  for (let ready = state.take(); ready.length > 0; ready = state.take()) {
    order.push(ready.map(({ node }) => node));
    for (const activation of ready) end(state, activation, isTrue);
  }
  return { state, order };

  function end(of: GraphState, activation: Activation, answers: (when: string) => boolean): void {
    const node = graph.nodes[activation.node];
    const fired = (node?.edges ?? []).flatMap(({ when, default: isDefault }, index) =>
      !isDefault && (when === undefined || answers(when)) ? [index] : [],
    );
    const fallback = (node?.edges ?? []).findIndex((edge) => edge.default);
    const taken = fired.length === 0 && fallback !== -1 ? [fallback] : fired;
    of.end(activation, { kind: 'done', output: activation.node, fired: taken });
  }
}

describe('edges and joins', () => {
  test('a join waits for the longest of unequal paths', () => {
    const { order } = rounds({ a: { to: ['join', 'b'] }, b: { to: ['c'] }, c: { to: ['join'] }, join: {} });
    expect(order).toEqual([['a'], ['b'], ['c'], ['join']]);
  });

  test('a conditional edge that never fires does not hold a join up', () => {
    const { order, state } = rounds(
      { a: { to: ['left', { to: 'right', when: 'no' }] }, left: { to: ['join'] }, right: { to: ['join'] }, join: {} },
      () => false,
    );
    expect(order).toEqual([['a'], ['left'], ['join']]);
    expect(Object.keys(state.outputs())).toEqual(['a', 'join', 'left']);
    expect(state.isSettled()).toBe(true);
  });

  test('a join whose every way died is skipped, and so is what hangs on it', () => {
    const elsewhere = [
      { to: 'b', when: 'no' },
      { to: 'other', default: true },
    ];
    const { order, state } = rounds(
      { a: { to: elsewhere }, b: { to: ['join'] }, join: { to: ['after'] }, after: {}, other: {} },
      () => false,
    );
    expect(order).toEqual([['a'], ['other']]);
    expect(state.isSettled()).toBe(true);
  });

  test('all true edges fire, and the default only when no other does', () => {
    const nodes = {
      a: {
        to: [
          { to: 'b', when: 'x' },
          { to: 'c', when: 'y' },
          { to: 'd', default: true },
        ],
      },
      b: {},
      c: {},
      d: {},
    };
    expect(rounds(nodes, () => true).order).toEqual([['a'], ['b', 'c']]);
    expect(rounds(nodes, () => false).order).toEqual([['a'], ['d']]);
  });

  test('no true edge and no default is nothing to take', () => {
    const graph = bundleOf({ nodes: { a: { to: [{ to: 'b', when: 'false' }] }, b: {} } });
    const view = () => ({ input: {}, nodes: {} });
    expect(() => firedBy('a', graph, view)).toThrow(/No edge of node a fires/);
  });

  test('an edge to end finishes its branch, whose output counts among the last', () => {
    const { order, state } = rounds({ a: { to: ['b', 'c'] }, b: { to: ['end'] }, c: {} });
    expect(order).toEqual([['a'], ['b', 'c']]);
    expect(state.lastNodes()).toEqual(['b', 'c']);
  });

  test('five hundred branches start together and their join once', () => {
    const branches = Array.from({ length: 498 }, (_, index) => `b${String(index).padStart(3, '0')}`);
    const { order } = rounds({
      a: { to: branches },
      ...Object.fromEntries(branches.map((name) => [name, { to: ['join'] }])),
      join: {},
    });
    expect(order).toEqual([['a'], branches, ['join']]);
  });
});

describe('joins that do not wait for all', () => {
  const fan = (join: string): string => `
graph:
  a: {input: {}, edges: [{to: x}, {to: y}, {to: z}]}
  x: {input: {}, edges: [{to: j}]}
  y: {input: {}, edges: [{to: j}]}
  z: {input: {}, edges: [{to: j}]}
  j: {input: {}, join: ${join}, edges: [{to: after}]}
  after: {input: {}}
`;

  test('any starts with the first that arrives, once, and ignores the others', () => {
    const play = new Play(graphOf(fan('{mode: any}')));
    play.end('a', 'y');
    expect(play.running()).toEqual(['j', 'x', 'z']);
    expect(play.sources('j')).toEqual(['y']);
    play.end('x', 'j', 'z', 'after');
    expect(play.places()).toEqual(['a', 'after', 'j', 'x', 'y', 'z']);
  });

  test('a quorum starts with what it needs; a percent is of the edges that lead on to it, rounded up', () => {
    for (const join of ['{mode: quorum, count: 2}', '{mode: quorum, percent: 34}']) {
      const play = new Play(graphOf(fan(join)));
      play.end('a', 'z');
      expect(play.running()).not.toContain('j');
      play.end('x');
      expect(play.sources('j')).toEqual(['z', 'x']);
      play.end('y', 'j', 'after');
      expect(play.places()).toContain('j');
    }
  });

  test('what a join saw is seen again, whatever arrives first now', () => {
    const play = new Play(graphOf(fan('{mode: quorum, count: 2}')), { joined: { j: ['z', 'x'] } });
    play.end('a', 'y', 'x');
    expect(play.running()).not.toContain('j');
    play.end('z');
    expect(play.sources('j')).toEqual(['z', 'x']);
    expect(play.reads('j')).toEqual(['a', 'x', 'z']);
  });

  test.each([
    ['fail', ['j'], { arrived: 1, needed: 2 }],
    ['partial', ['j'], undefined],
    ['skip', [], undefined],
  ])('a quorum that cannot be met any more: %s', (onFailure, running, unreached) => {
    const play = new Play(graphOf(fan(`{mode: quorum, count: 2, onFailure: ${onFailure}}`)));
    play.end('a', 'x');
    play.fire('y');
    play.fire('z');
    expect(play.running()).toEqual(running);
    expect(play.started.get('j')?.unreached).toEqual(unreached);
  });

  test('a quorum in a branch that was never taken is skipped, and has not failed', () => {
    const play = new Play(graphOf(fan('{mode: quorum, count: 2}')));
    play.fire('a');
    expect(play.running()).toEqual([]);
    expect(play.state.isSettled()).toBe(true);
  });

  test('a failed input counts as missing where the join can do without it', () => {
    const play = new Play(graphOf(fan('{mode: all, onFailure: skip}')));
    play.end('a', 'x', 'y');
    play.fail('z');
    expect(play.sources('j')).toEqual(['x', 'y']);
    const none = new Play(graphOf(fan('{mode: all, onFailure: partial}')));
    none.end('a');
    for (const name of ['x', 'y', 'z']) none.fail(name);
    expect(none.state.isSettled()).toBe(true);
    expect(none.places()).not.toContain('j');
  });
});
