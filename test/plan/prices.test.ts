import { expect, test } from 'vitest';
import { priceDigestOf } from '../../src/plan/prices.ts';
import { agent, model, snapshotOf } from './fixture.ts';

const pricing = { inputPerMTok: 150_000, outputPerMTok: 600_000 };
const digestOf = (...resources: Parameters<typeof snapshotOf>[0][number][]): string =>
  priceDigestOf(snapshotOf(resources));

test('the prices of the target are one digest, and nothing else is in it', () => {
  const original = digestOf(model('small', { pricing }), agent('writer'));
  expect(digestOf(agent('other'), model('small', { pricing, model: 'another' }))).toBe(original);
  expect(digestOf(model('small', { pricing: { ...pricing, outputPerMTok: 1 } }))).not.toBe(original);
  expect(digestOf(model('large', { pricing }))).not.toBe(original);
  expect(digestOf(model('small'))).not.toBe(original);
});
