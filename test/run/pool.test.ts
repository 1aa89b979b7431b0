import { expect, test } from 'vitest';
import { choosePool, type Pool, poolName } from '../../src/run/pool.ts';

const eu: Pool = { name: 'support/eu', region: 'eu-central-1' };
const euGpu: Pool = { name: 'support/eu-gpu', region: 'eu-central-1', gpu: true, models: ['llama-3.3-70b'] };
const acme: Pool = { name: 'support/acme', region: 'eu-central-1', labels: { tenant: 'acme', tier: 'gold' } };
const pools = [euGpu, acme, eu];

test('a run that asks for nothing gets the pool `default`, which is there without a manifest', () => {
  expect(choosePool(pools)).toEqual({ name: 'default' });
  expect(choosePool(pools, { gpu: false, labels: {} })).toEqual({ name: 'default' });
});

test('the pool `default` has the bounds of the WorkerPool default in the namespace default', () => {
  expect(poolName('default', 'default')).toBe('default');
  expect(poolName('support', 'default')).toBe('support/default');
  const bounded = { name: 'default', maxQueued: 7 };
  expect(choosePool([...pools, bounded])).toBe(bounded);
});

test('of the pools that have what is asked for, the one with the least beyond it is taken, whatever their order', () => {
  for (const order of [pools, [...pools].reverse()]) {
    expect(choosePool(order, { region: 'eu-central-1' })).toBe(eu);
    expect(choosePool(order, { gpu: true })).toBe(euGpu);
    expect(choosePool(order, { labels: { tenant: 'acme' } })).toBe(acme);
    expect(choosePool(order, { model: 'llama-3.3-70b', region: 'eu-central-1' })).toBe(euGpu);
  }
});

test('of pools that have the same, the first by name is taken', () => {
  const twins = ['b/pool', 'a/pool', 'c/pool'].map((name) => ({ name, gpu: true }));
  expect(choosePool(twins, { gpu: true }).name).toBe('a/pool');
});

test('where none has it all, what was asked for and what the nearest lacks is said', () => {
  const asked = { region: 'eu-central-1', gpu: true, labels: { tenant: 'acme' } };
  expect(() => choosePool(pools, asked)).toThrow(
    'No pool has what the run asks for: the region eu-central-1, a GPU, and the label tenant=acme. ' +
      'The nearest, support/acme, lacks a GPU.',
  );
  expect(() => choosePool([], { model: 'm' })).toThrow(
    'No pool has what the run asks for: the model m. There is no WorkerPool that it may use.',
  );
  expect(() => choosePool(pools, { labels: { constructor: 'x' } })).toThrow('the label constructor=x');
});
