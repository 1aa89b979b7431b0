import { expect, test } from 'vitest';
import { durationText, goDurationMs } from '../../../src/manifest/import/go-duration.ts';

test.each([
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['1.5s', 1_500],
  ['250us', 0.25],
  ['0', 0],
  ['0s', 0],
])('%s is %d milliseconds', (text, ms) => {
  expect(goDurationMs(text)).toBe(ms);
});

test.each(['', '30', '-5s', '5 s', 's', '1d', 'x'.repeat(100)])('%s is no duration', (text) => {
  expect(goDurationMs(text)).toBeUndefined();
});

test('a duration is written in the largest unit that divides it', () => {
  expect([90_000, 60_000, 7_200_000, 1_500, 0.25].map(durationText)).toEqual(['90s', '1m', '2h', '1500ms', '1ms']);
});
