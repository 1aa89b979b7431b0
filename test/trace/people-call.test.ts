import { expect, test } from 'vitest';
import { trace } from '../../src/trace/trace.ts';
import { agent, bundleWith, Journal, succeeded, waiting } from './journal-rows.ts';

test('a call that was put to people waits at its node, and names who answered', () => {
  const bundle = bundleWith({ write: agent });
  const asked = new Journal().done('write/1').open('write/1.1');
  const wait = { path: 'write/1.1/human', kind: 'human', dueAt: undefined } as const;
  const open = trace(waiting(wait), asked.rows, bundle);
  expect(open.nodes.map(({ node, kind, state }) => [node, kind, state])).toEqual([['write', 'agent', 'waiting']]);
  const answered = new Journal().done('write/1').open('write/1.1').said('write/1.1/human', 'ada').done('write/1.1');
  const { nodes } = trace(succeeded, answered.rows, bundle);
  expect(nodes.map(({ node, target }) => [node, target])).toEqual([['write', 'default/writer']]);
  expect(nodes[0]?.calls.map(({ path, answeredBy }) => [path, answeredBy])).toEqual([
    ['write/1', undefined],
    ['write/1.1', 'ada'],
  ]);
});
