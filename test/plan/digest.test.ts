import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Order, planInOrder } from './digest-plan.ts';

const original = planInOrder((entries) => entries);

describe('the digest of a plan', () => {
  test('is the same in a hundred orders of files, rows, keys and contents', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
        const made = planInOrder(shuffledBy(seed));
        expect(made.digest).toBe(original.digest);
      }),
      { numRuns: 100 },
    );
  });

  test('is the same on every version of Node that runs these tests', async () => {
    await expect(`${original.digest}\n`).toMatchFileSnapshot('golden-digest.txt');
  });

  test('covers what it says: a change of each kind is in it', () => {
    expect(original.summary).toMatchObject({ add: 1, change: 4, remove: 1 });
  });
});

/** The same seed gives the same orders: a failure can be run again. */
function shuffledBy(seed: number): Order {
  let state = seed;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return (entries) => {
    const keyed = entries.map((entry) => ({ entry, rank: next() }));
    return keyed.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
  };
}
