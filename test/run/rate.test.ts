import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bucket, giveBack, type RateLimits, take } from '../../src/run/rate.ts';

const key = 'production ModelEndpoint/default/model';
const ask = { key, revision: 1, tokens: 1 };

test('calls within a rate are made at once, and one over it is told when to come again', () => {
  const limits = { requestsPerMinute: 120 };
  const first = take(undefined, { ...ask, limits, hasWaited: false }, 0);
  const second = take(first.bucket, { ...ask, limits, hasWaited: false }, 0);
  const third = take(second.bucket, { ...ask, limits, hasWaited: false }, 0);
  expect([first, second, third].map(({ answer }) => answer.waitMs)).toEqual([0, 0, 500]);
  // Whoever comes new stands behind the one who waits.
  const fourth = take(third.bucket, { ...ask, limits, hasWaited: false }, 400);
  expect(fourth.answer.waitMs).toBe(600);
  expect(take(fourth.bucket, { ...ask, limits, hasWaited: true }, 500).answer.waitMs).toBe(0);
});

test('a call of more tokens than come in a second waits for a full bucket, and leaves a debt', () => {
  const limits = { tokensPerMinute: 6_000 };
  const large = take(undefined, { ...ask, tokens: 3_000, limits, hasWaited: false }, 0);
  expect(large.answer.waitMs).toBe(0);
  expect(take(large.bucket, { ...ask, tokens: 100, limits, hasWaited: false }, 0).answer.waitMs).toBe(30_000);
  // What it did not use comes back.
  const settled = giveBack(large.bucket, 2_900);
  expect(take(settled, { ...ask, tokens: 100, limits, hasWaited: false }, 1_000).answer.waitMs).toBe(0);
});

test('limits are those of the newest revision that asked', () => {
  const wide = take(undefined, { ...ask, revision: 7, limits: { requestsPerMinute: 600 }, hasWaited: false }, 0);
  const old = take(wide.bucket, { ...ask, revision: 6, limits: { requestsPerMinute: 1 }, hasWaited: false }, 0);
  expect(old.bucket.limits).toEqual({ requestsPerMinute: 600 });
});

test('nobody stands behind those who never come', () => {
  const limits = { requestsPerMinute: 60 };
  let bucket: Bucket | undefined;
  for (let at = 0; at < 100; at += 1) bucket = take(bucket, { ...ask, limits, hasWaited: false }, 0).bucket;
  expect(bucket?.waitingUntil).toBe(99_000);
  expect(take(bucket, { ...ask, limits, hasWaited: false }, 2_000).answer.waitMs).toBeGreaterThan(0);
  expect(take(bucket, { ...ask, limits, hasWaited: false }, 5_000).answer.waitMs).toBe(0);
});

const limitsArbitrary = fc.record<RateLimits>(
  { requestsPerMinute: fc.integer({ min: 1, max: 3_000 }), tokensPerMinute: fc.integer({ min: 60, max: 100_000 }) },
  { requiredKeys: [] },
);

interface Call {
  at: number;
  readonly tokens: number;
  hasWaited: boolean;
}

/** Plays callers that come at those times and come again when they are told to; gives the calls that were made. */
function play(limits: RateLimits, calls: readonly { readonly at: number; readonly tokens: number }[]) {
  const open: Call[] = calls.map((call) => ({ ...call, hasWaited: false }));
  const made: { readonly at: number; readonly tokens: number }[] = [];
  let bucket: Bucket | undefined;
  let turns = 0;
  while (open.length > 0) {
    turns += 1;
    open.sort((a, b) => a.at - b.at);
    const [call] = open;
    if (call === undefined || turns > 20_000) break;
    const taken = take(bucket, { key, revision: 1, limits, tokens: call.tokens, hasWaited: call.hasWaited }, call.at);
    bucket = taken.bucket;
    if (taken.answer.waitMs === 0) made.push(...open.splice(0, 1));
    else Object.assign(call, { at: call.at + taken.answer.waitMs, hasWaited: true });
  }
  return { made, left: open.length, turns };
}

test('in no minute are there more than the limit and a bucket beyond, and everybody is let through', () => {
  const call = fc.record({ at: fc.integer({ min: 0, max: 90_000 }), tokens: fc.integer({ min: 1, max: 5_000 }) });
  fc.assert(
    fc.property(limitsArbitrary, fc.array(call, { maxLength: 150 }), (limits, calls) => {
      const { made, left } = play(limits, calls);
      expect(left).toBe(0);
      const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
      for (const { at } of made) {
        const minute = made.filter((one) => one.at >= at && one.at < at + 60_000);
        expect(minute.length).toBeLessThanOrEqual(requestsPerMinute + Math.max(1, requestsPerMinute / 60) + 1e-3);
        const tokens = minute.reduce((sum, one) => sum + one.tokens, 0);
        const largest = Math.max(0, ...minute.map((one) => one.tokens));
        const chunk = Math.max(1, tokensPerMinute / 60, largest);
        expect(tokens).toBeLessThanOrEqual(tokensPerMinute + 2 * chunk + 1e-3);
      }
    }),
    { seed: 20_261_121, numRuns: 200 },
  );
});

test('a thousand who come at once are asked a few times each, not again and again', () => {
  const calls = Array.from({ length: 1_000 }, () => ({ at: 0, tokens: 1 }));
  expect(play({ requestsPerMinute: 600 }, calls).turns).toBeLessThan(2_100);
});
