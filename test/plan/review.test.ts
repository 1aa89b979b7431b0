import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/change.ts';
import { reviewRefusal, type Shown } from '../../src/plan/review.ts';

/** Of a plan, what is compared. */
function planned(addresses: readonly string[], risks: readonly string[]): Plan {
  return {
    digest: 'of-the-merge',
    target: { tree: 'tree-2' },
    changes: addresses.map((address) => ({ address, action: 'update', afterDigest: `${address}-2` })),
    risks: risks.map((content) => ({ id: `R1-${content}`, class: 'access.widened', content })),
  } as unknown as Plan;
}

function shown(number: number, addresses: readonly string[], risks: readonly string[]): Shown {
  const { changes } = planned(addresses, []);
  return {
    number,
    isShown: true,
    mergeTree: `tree-of-${number}`,
    planDigest: `plan-of-${number}`,
    operations: changes.map(({ address, action, afterDigest }) => [address, action, afterDigest ?? null]),
    risks: risks.map((content) => ['access.widened', content]),
  };
}

describe('after a merge', () => {
  test('what the pull requests showed together goes on', () => {
    expect(reviewRefusal(planned(['a', 'b'], ['x']), [shown(1, ['a'], ['x']), shown(2, ['b'], [])])).toBeUndefined();
  });

  test('two that widen nothing each and widen together wait', () => {
    const found = reviewRefusal(planned(['a', 'b'], ['together']), [shown(1, ['a'], []), shown(2, ['b'], [])]);
    expect(found).toMatchObject({ id: 'review.changed', acknowledgeable: true });
    expect(found?.message).toBe('This is not what was reviewed: 1 risk that #1, #2 did not show: R1-together.');
  });

  test('an operation that nobody showed, or with another content, waits and is named', () => {
    expect(reviewRefusal(planned(['a', 'b'], []), [shown(1, ['a'], [])])?.addresses).toEqual(['b']);
  });

  test('less than was shown is no news', () => {
    expect(reviewRefusal(planned(['a'], []), [shown(1, ['a', 'b'], ['x'])])).toBeUndefined();
  });

  test('the very plan of the very tree goes on whatever else is kept of it', () => {
    const same = { ...shown(1, [], []), mergeTree: 'tree-2', planDigest: 'of-the-merge' };
    expect(reviewRefusal(planned(['a'], ['x']), [same])).toBeUndefined();
    expect(reviewRefusal(planned(['a'], ['x']), [{ ...same, mergeTree: 'tree-3' }])).toBeDefined();
  });
});
