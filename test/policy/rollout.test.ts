import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Move,
  nextMove,
  type Progress,
  type RolloutPlan,
  rolloutPlanOf,
  settlementOf,
  sideOf,
} from '../../src/policy/rollout.ts';

const seeded = { seed: 20_25, numRuns: 300 };
const system = 'default/work';

describe('the side of a new run', () => {
  test('only moves from old to new when the weight is raised', () => {
    const weights = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(weights, fc.string(), (pair, identity) => {
        const [low = 0, high = 0] = [...pair].sort((a, b) => a - b);
        if (sideOf({ system, weight: low }, {}, identity) === 'new')
          expect(sideOf({ system, weight: high }, {}, identity)).toBe('new');
      }),
      seeded,
    );
  });

  test('is that of its key, whatever its id', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 100 }), fc.string(), fc.string(), (customer, weight, a, b) => {
        const routed = { system, weight, key: 'input.customer' };
        expect(sideOf(routed, { customer }, a)).toBe(sideOf(routed, { customer }, b));
      }),
      seeded,
    );
  });

  test('is that of its identity where the key gives no value', () => {
    const routed = { system, weight: 50 };
    for (const id of ['a', 'b', 'c', 'd'])
      expect(sideOf({ ...routed, key: 'input.customer' }, {}, id)).toBe(sideOf(routed, {}, id));
  });

  test('is never the new one at 0, always at 100, and about as often as the weight says', () => {
    const ids = Array.from({ length: 4_000 }, (_, index) => `run-${index}`);
    const share = (weight: number) => ids.filter((id) => sideOf({ system, weight }, {}, id) === 'new').length;
    expect([share(0), share(100)]).toEqual([0, 4_000]);
    expect(share(10)).toBeGreaterThan(320);
    expect(share(10)).toBeLessThan(480);
  });
});

const analysis = { minRuns: 10, maxErrorRate: 0.1, maxLatencyMs: 1_000 };
const canary: RolloutPlan = {
  strategy: 'canary',
  steps: [{ weight: 10, pauseMs: 60_000, analysis }, { weight: 50 }, { weight: 100 }],
};
const since = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:01:00Z');
const none = { runs: 0, failed: 0 };
const at = (more: Partial<Progress> = {}): Progress => ({
  plan: canary,
  state: 'progressing',
  step: 0,
  stepSince: since,
  ...more,
});

describe('a rollout by itself', () => {
  test('goes on when the step’s time is over and enough runs kept to what is asked', () => {
    const good = { from: none, to: { runs: 10, failed: 1, latencyMs: 900 } };
    expect(nextMove(at(), good, since)).toEqual({ kind: 'stay' });
    expect(nextMove(at(), { from: none, to: { runs: 9, failed: 0 } }, later)).toEqual({ kind: 'stay' });
    expect(nextMove(at(), good, later)).toEqual({ kind: 'step', step: 1 });
  });

  test('waits for somebody where a step has no time, and is done where all runs see the new revision', () => {
    expect(nextMove(at({ step: 1 }), { from: none, to: none }, later)).toEqual({ kind: 'stay' });
    expect(nextMove(at({ step: 2 }), { from: none, to: none }, later)).toEqual({ kind: 'done' });
  });

  test('is aborted by too many failures or by slow runs, and says both sides', () => {
    const failing = { from: { runs: 90, failed: 1 }, to: { runs: 10, failed: 2 } };
    expect(nextMove(at(), failing, since)).toEqual({
      kind: 'abort',
      reason: '2 of 10 runs of the new revision failed, more than 10 %; of the old one 1 of 90.',
    });
    const slow = { from: { runs: 90, failed: 0, latencyMs: 400 }, to: { runs: 10, failed: 0, latencyMs: 1_500 } };
    expect(nextMove(at({ state: 'paused' }), slow, since)).toEqual({
      kind: 'abort',
      reason: '95 of 100 runs of the new revision took up to 1.5 s, more than 1.0 s; of the old one: 0.4 s.',
    });
  });

  test('never goes back: through any figures it moves forward, or is aborted for good', () => {
    const figures = fc.record({
      runs: fc.integer({ min: 0, max: 40 }),
      failed: fc.integer({ min: 0, max: 6 }),
      latencyMs: fc.integer({ min: 0, max: 1_200 }),
    });
    const looks = fc.array(fc.tuple(figures, figures, fc.integer({ min: 0, max: 90_000 })), { maxLength: 30 });
    fc.assert(
      fc.property(looks, (seen) => {
        let progress = at();
        let now = since.getTime();
        for (const [from, to, passed] of seen) {
          now += passed;
          const move: Move = nextMove(progress, { from, to }, new Date(now));
          if (progress.state === 'aborted') expect(move.kind).toBe('stay');
          if (move.kind === 'step') {
            expect(move.step).toBe(progress.step + 1);
            progress = { ...progress, step: move.step, stepSince: new Date(now) };
          }
          if (move.kind === 'abort') progress = { ...progress, state: 'aborted' };
          if (move.kind === 'done') return;
        }
      }),
      seeded,
    );
  });
});

describe('the plan of a rollout', () => {
  test('is read from the manifest, and rolling is none', () => {
    expect(rolloutPlanOf({ strategy: 'rolling' })).toBeUndefined();
    expect(rolloutPlanOf({ strategy: 'blueGreen', key: 'input.a' })).toEqual({
      strategy: 'blueGreen',
      key: 'input.a',
      steps: [{ weight: 0 }],
    });
    const step = { weight: 10, pause: '1m', analysis: { minRuns: 10, maxErrorRate: 0.1, maxLatency: '1s' } };
    expect(rolloutPlanOf({ strategy: 'canary', steps: [step, { weight: 50 }, { weight: 100 }] })).toEqual(canary);
  });
});

describe('an apply', () => {
  const apply = { before: 'a', after: 'b', isRecompiled: false, isRollback: false, plan: canary };
  const open = { from: 'a', plan: canary };

  test('begins a rollout only where an author changes a system that was there', () => {
    expect(settlementOf(apply)).toEqual({ kind: 'begin', from: 'before' });
    for (const one of [
      { ...apply, before: undefined },
      { ...apply, isRecompiled: true },
      { ...apply, isRollback: true },
      { ...apply, plan: undefined },
      { ...apply, after: undefined },
    ])
      expect(settlementOf(one)).toEqual({ kind: 'none' });
  });

  test('that comes during a rollout takes its place, from the side that all runs saw last', () => {
    expect(settlementOf({ ...apply, before: 'b', after: 'c', open })).toEqual({ kind: 'begin', from: 'open' });
    expect(settlementOf({ ...apply, before: 'b', after: 'a', open })).toEqual({ kind: 'end', state: 'reverted' });
    const rollback = { ...apply, before: 'b', after: 'c', isRollback: true, open };
    expect(settlementOf(rollback)).toEqual({ kind: 'end', state: 'superseded' });
    const rebuilt = { ...apply, before: 'b', after: 'c', isRecompiled: true, open };
    expect(settlementOf(rebuilt)).toEqual({ kind: 'retarget' });
    expect(settlementOf({ ...apply, before: 'b', after: undefined, open })).toEqual({ kind: 'none' });
  });
});
