import { expect, test } from 'vitest';
import { bounded, eachAtMost } from '../../src/controller/bounded.ts';
import { backoffOf, lookAt, ordinaryPace } from '../../src/controller/pacing.ts';

test('a push that comes alone is looked at as soon as it is heard of', () => {
  expect(lookAt({ lookedAt: 0, heardAt: 10_000 }, ordinaryPace)).toBeLessThanOrEqual(10_000);
});

test('fifty pushes within ten seconds are looked at a handful of times, the last one too', () => {
  let [lookedAt, looks] = [-60_000, 0];
  let heardAt: number | undefined;
  for (let now = 0; now <= 15_000; now += 10) {
    if (now % 200 === 0 && now < 10_000) heardAt = now;
    if (heardAt === undefined || now < lookAt({ lookedAt, heardAt }, ordinaryPace)) continue;
    [lookedAt, heardAt, looks] = [now, undefined, looks + 1];
  }
  expect(looks).toBeLessThanOrEqual(6);
  expect(lookedAt).toBeGreaterThanOrEqual(9_800);
});

test('what fails is tried again at once, then less and less often, and never less than every five minutes', () => {
  const waits = Array.from({ length: 40 }, (_, failures) => backoffOf(failures, () => 1));
  expect(waits.slice(0, 6)).toEqual([0, 0, 0, 1_000, 2_000, 4_000]);
  expect(Math.max(...waits)).toBe(300_000);
  expect(backoffOf(40, () => 0)).toBe(150_000);
});

test('no more than so many are worked on at once, and the results are in their order', async () => {
  let [running, most] = [0, 0];
  const results = await eachAtMost(3, [5, 4, 3, 2, 1, 0], async (one) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < one; turn += 1) await Promise.resolve();
    running -= 1;
    return one * 10;
  });
  expect([most, results]).toEqual([3, [50, 40, 30, 20, 10, 0]]);
});

test('work that never ends is given up, told to stop, and no longer waited for', async () => {
  let told: AbortSignal | undefined;
  const hang = (signal: AbortSignal): Promise<string> => {
    told = signal;
    return new Promise(() => undefined);
  };
  const common = { expired: () => Promise.resolve('expired'), ended: () => undefined, impatient: 'impatient' };
  expect(await bounded(hang, { ...common, limitMs: 1, patienceMs: 60_000 })).toBe('expired');
  expect(told?.aborted).toBe(true);
  expect(await bounded(hang, { ...common, limitMs: 60_000, patienceMs: 1 })).toBe('impatient');
});
