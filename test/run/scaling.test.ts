import fc from 'fast-check';
import { expect, test } from 'vitest';
import { desiredWorkers, type Measured, type ScalingMetric, Steady } from '../../src/run/scaling.ts';

const idle: Measured = { workers: 0, slots: 0, queueDepth: 0, oldestQueuedAge: 0, activeRuns: 0, runsPerSecond: 0 };
const bounds = { minWorkers: 0, maxWorkers: 10 };
const scaledBy = (metric: ScalingMetric, target: number) => ({
  ...bounds,
  scaling: { metrics: [{ metric, target }], scaleDownAfterMs: 300_000 },
});

test('a pool with nothing to do has as few workers as it may have', () => {
  expect(desiredWorkers(bounds, idle)).toBe(0);
  expect(desiredWorkers({ minWorkers: 2, maxWorkers: 3 }, idle)).toBe(2);
  expect(desiredWorkers(scaledBy('queueDepth', 5), idle)).toBe(0);
});

test('a pool without metrics has a worker as soon as there is something to do', () => {
  expect(desiredWorkers(bounds, { ...idle, queueDepth: 1_000 })).toBe(1);
});

test('a metric asks for as many workers as keep it at its target', () => {
  expect(desiredWorkers(scaledBy('queueDepth', 5), { ...idle, queueDepth: 21 })).toBe(5);
  expect(desiredWorkers(scaledBy('activeRuns', 10), { ...idle, activeRuns: 20 })).toBe(2);
  expect(desiredWorkers(scaledBy('runsPerSecond', 0.1), { ...idle, runsPerSecond: 0.3 })).toBe(3);
  expect(
    desiredWorkers(scaledBy('oldestQueuedAge', 30), { ...idle, workers: 2, queueDepth: 1, oldestQueuedAge: 60 }),
  ).toBe(4);
  expect(desiredWorkers(scaledBy('cpu', 0.5), { ...idle, workers: 4, activeRuns: 1, cpu: 0.75 })).toBe(6);
  expect(desiredWorkers(scaledBy('memory', 0.5), { ...idle, workers: 4, activeRuns: 1 })).toBe(1);
});

test('the most that any metric asks for is wanted, never beyond the bounds', () => {
  const metrics = [
    { metric: 'queueDepth', target: 10 },
    { metric: 'activeRuns', target: 1 },
  ] as const;
  const pool = { minWorkers: 1, maxWorkers: 6, scaling: { metrics, scaleDownAfterMs: 0 } };
  expect(desiredWorkers(pool, { ...idle, queueDepth: 20, activeRuns: 4 })).toBe(4);
  expect(desiredWorkers(pool, { ...idle, queueDepth: 2_000 })).toBe(6);
});

test('there are fewer workers only when fewer were enough for the whole time', () => {
  const steady = new Steady(300);
  const followed = [
    [4, 0],
    [2, 100],
    [3, 200],
    [1, 299],
    [1, 300],
    [1, 501],
  ] as const;
  expect(followed.map(([wanted, now]) => steady.follow(wanted, now))).toEqual([4, 4, 4, 4, 3, 1]);
});

test('what is followed is never less than what is wanted, and at most what was wanted within the time', () => {
  const wishes = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 200 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(wishes, (list) => {
      const steady = new Steady(500);
      let now = 0;
      const seen: { at: number; wanted: number }[] = [];
      for (const [wanted, later] of list) {
        now += later;
        seen.push({ at: now, wanted });
        const most = Math.max(...seen.filter(({ at }) => at > now - 500).map((one) => one.wanted));
        expect(steady.follow(wanted, now)).toBe(most);
      }
    }),
    { seed: 20_261_121 },
  );
});
