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

test.each([
  ['input.order.lines', 12n],
  [' input.order.lines ', 12n],
  ['input.many', 10_000n],
  ['input.open', 10_000n],
  ['input.order.lines + input.order.lines', 10_000n],
  ['[1, 2]', 10_000n],
])('a list of the input is as long as its schema lets it be: %s', (forEach, times) => {
  const graph = graphOf(`
graph:
  each: {toolRef: t, input: {}, forEach: ${JSON.stringify(forEach)}}
input:
  schema:
    type: object
    properties:
      order: {type: object, properties: {lines: {type: array, maxItems: 12}}}
      many: {type: array, maxItems: 20000}
      open: {type: array}
`);
  expect(stepTimes(graph).get('each')).toBe(times);
});
