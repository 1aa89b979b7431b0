import fc from 'fast-check';
import { expect, test } from 'vitest';
import { affordableOutput, costOf, reservedInput, settleModelCall } from '../../src/policy/cost.ts';

const pricing = { inputPerMTok: 3_000_000, outputPerMTok: 15_000_000 };

test('a fraction of a micro-dollar is charged as a whole one', () => {
  expect(costOf(pricing, 1000, 500)).toBe(10_500);
  expect(costOf({ inputPerMTok: 1, outputPerMTok: 0 }, 1, 0)).toBe(1);
  expect(costOf({ inputPerMTok: 1, outputPerMTok: 1 }, 500_000, 500_000)).toBe(1);
  expect(costOf({ inputPerMTok: 1, outputPerMTok: 1 }, 500_000, 500_001)).toBe(2);
  expect(costOf({ inputPerMTok: 0, outputPerMTok: 0 }, 10, 10)).toBe(0);
  // Beyond 2^53 on the way: 10^9 tokens at 10^9 micro-USD each million.
  expect(costOf({ inputPerMTok: 1_000_000_007, outputPerMTok: 0 }, 1_000_000_001, 0)).toBe(1_000_000_008_001);
});

test('what is affordable costs no more than there is, and one token more would', () => {
  const price = fc.integer({ min: 0, max: 100_000_000 });
  fc.assert(
    fc.property(
      price,
      price,
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1_000_000_000 }),
      (inPrice, outPrice, input, money) => {
        const prices = { inputPerMTok: inPrice, outputPerMTok: outPrice };
        const output = affordableOutput(prices, input, money);
        if (output < 0) {
          expect(costOf(prices, input, 0)).toBeGreaterThan(money);
          return;
        }
        if (output === Number.MAX_SAFE_INTEGER) {
          expect(outPrice).toBe(0);
          return;
        }
        expect(costOf(prices, input, output)).toBeLessThanOrEqual(money);
        expect(costOf(prices, input, output + 1)).toBeGreaterThan(money);
      },
    ),
    { numRuns: 500 },
  );
});

test('a tenth is added to an estimate, rounded up', () => {
  expect([0, 1, 10, 100, 101].map(reservedInput)).toEqual([0, 2, 11, 110, 112]);
});

test('a call is charged what the provider reports, even above its cap, and everything held when it reports nothing', () => {
  const call = { reserve: { calls: 1, tokens: 1110, cost: 15_330 }, maxOutputTokens: 1000, pricing };
  expect(settleModelCall({ ...call, usage: { inputTokens: 90, outputTokens: 40 } })).toEqual({
    tokensIn: 90,
    tokensOut: 40,
    cost: 870,
  });
  expect(settleModelCall({ ...call, usage: { inputTokens: 90, outputTokens: 4000 } }).tokensOut).toBe(4000);
  expect(settleModelCall({ ...call, usage: undefined })).toEqual({ tokensIn: 110, tokensOut: 1000, cost: 15_330 });
  expect(settleModelCall({ ...call, pricing: undefined, usage: { inputTokens: 9, outputTokens: 4 } }).cost).toBe(0);
});
