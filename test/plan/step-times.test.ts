import { expect, test } from 'vitest';
import { stepTimes } from '../../src/plan/step-times.ts';
import { graphOf } from '../support/graphs.ts';

test('lists, turns, attempts and cycles multiply how often a node may run', () => {
  const graph = graphOf(`
graph:
  first: {input: 1, edges: [{to: turn}]}
  turn: {toolRef: t, input: {}, retry: {maxAttempts: 2}, edges: [{to: check}]}
  check:
    toolRef: t
    input: {}
    loop: {until: output.done, maxTurns: 3}
    edges: [{to: turn, when: "true"}, {to: end, default: true}]
  each: {toolRef: t, input: {}, forEach: input.list}
limits: {maxTurns: 5}
`);
  expect(Object.fromEntries(stepTimes(graph))).toEqual({ check: 15n, each: 10_000n, first: 1n, turn: 10n });
});
