import { expect, test } from 'vitest';
import { keysBetween, noteOrigin } from '../../src/manifest/succession.ts';

const next = (before: ReadonlyMap<string, number>, ...keys: readonly string[]) =>
  noteOrigin(new Map(before), before, keys);

test('the keys between two maps are those of every step, whichever was made of the other', () => {
  const first = new Map([['a', 1]]);
  const second = next(first, 'a');
  const third = next(second, 'b', 'c');
  expect(keysBetween(first, first)).toEqual(new Set());
  expect(keysBetween(first, third)).toEqual(new Set(['a', 'b', 'c']));
  expect(keysBetween(third, first)).toEqual(new Set(['a', 'b', 'c']));
  expect(keysBetween(third, second)).toEqual(new Set(['b', 'c']));
});

test('of maps of which neither was made of the other, or many steps ago, nothing is known', () => {
  const first = new Map([['a', 1]]);
  const [left, right] = [next(first, 'a'), next(first, 'b')];
  expect(keysBetween(left, right)).toBeUndefined();
  expect(keysBetween(first, new Map(first))).toBeUndefined();
  let last: ReadonlyMap<string, number> = first;
  for (let step = 0; step < 4; step += 1) last = next(last, String(step));
  expect(keysBetween(first, last)?.size).toBe(4);
  expect(keysBetween(first, next(last, 'more'))).toBeUndefined();
});
