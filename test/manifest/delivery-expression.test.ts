import { expect, test } from 'vitest';
import { evaluateFilter, evaluateInput } from '../../src/manifest/delivery-expression.ts';

const delivery = {
  payload: { action: 'opened', number: 3, issue: { title: 'It burns' }, labels: ['a', 'b'] },
  headers: { 'x-github-event': 'issues' },
};

test('a filter reads the payload and the headers', () => {
  const both = 'payload.action == "opened" && headers["x-github-event"] == "issues"';
  expect(evaluateFilter(both, delivery)).toBe(true);
  expect(evaluateFilter('has(payload.nothing)', delivery)).toBe(false);
  expect(evaluateFilter('"x-github-event" in headers && !("x-else" in headers)', delivery)).toBe(true);
});

test('what is neither true nor false is a failure, never a no', () => {
  for (const filter of ['payload.action', 'payload.nothing == 1', 'headers["x-else"] == "a"', '1'])
    expect(() => evaluateFilter(filter, delivery), filter).toThrow(/failed/);
});

test('an input is made of the request, with the types of its values', () => {
  const input = { title: '${ payload.issue.title }', next: '${ payload.number + 1 }', text: 'No. ${ payload.number }' };
  expect(evaluateInput(input, delivery)).toEqual({ title: 'It burns', next: 4, text: 'No. 3' });
});

test('what the request holds is not evaluated', () => {
  const hostile = { ...delivery, payload: { title: '${ headers }' } };
  expect(evaluateInput({ title: '${ payload.title }' }, hostile)).toEqual({ title: '${ headers }' });
});

test('a comprehension over what a sender made large is refused', () => {
  const many = { ...delivery, payload: { list: Array.from({ length: 10_001 }, (_, at) => at) } };
  expect(() => evaluateFilter('payload.list.exists(one, one == -1)', many)).toThrow(/10,000 values/);
});
