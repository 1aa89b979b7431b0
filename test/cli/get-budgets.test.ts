import { expect, test } from 'vitest';
import type { BudgetRecord } from '../../src/api/operations-budget.ts';
import type { Door } from '../../src/cli/app-port.ts';
import { triggerListing, triggersNamed } from '../../src/cli/get-triggers.ts';

const record = (policy: string, change: Partial<BudgetRecord> = {}): BudgetRecord => ({
  budget: `AgentPolicy/${policy}#namespace-usd-day`,
  sharedBy: 'support',
  unit: 'usd',
  endsAt: '2026-03-02T00:00:00.000Z',
  limit: 50_000_000,
  used: 1_250_000,
  drawn: 300,
  ...change,
});

const records = [record('support/house'), record('sales/house', { unit: 'calls', limit: 9, used: 2, drawn: 1 })];
const states = [{ used: 9 }, { used: 10 }, { used: 3, onTrial: true }, { used: 10, onTrial: true }];

async function rows(filter: { readonly namespace?: string; readonly name?: string }) {
  // The one operation that the listing asks.
  const door = { operations: { budgets: () => Promise.resolve(records) } } as unknown as Door;
  const query = { of: 'budgets', environment: 'production', namespace: filter.namespace, name: filter.name } as const;
  return (await triggerListing(door, query)).rows;
}

test('budgets are listed in their own units, by the policy that declares them', async () => {
  expect(triggersNamed('Budgets')).toBe('budgets');
  const day = '2026-03-02 00:00Z';
  const money = [record('support/house').budget, 'support', 'usd', '$1.25', '$0.0003', '$50.00', day, '-'];
  const calls = [record('sales/house').budget, 'support', 'calls', '2', '1', '9', day, '-'];
  expect(await rows({})).toEqual([money, calls]);
  expect(await rows({ namespace: 'sales' })).toEqual([calls]);
  expect(await rows({ name: 'house' })).toEqual([money, calls]);
  expect(await rows({ name: 'other' })).toEqual([]);
});

test('a budget says whether it is used up, was overrun, or is on trial alone', async () => {
  const budgets = states.map((change) => record('support/house', { unit: 'calls', limit: 9, ...change }));
  const door = { operations: { budgets: () => Promise.resolve(budgets) } } as unknown as Door;
  const query = { of: 'budgets', environment: 'production', namespace: undefined, name: undefined } as const;
  const { rows: listed } = await triggerListing(door, query);
  expect(listed.map((row) => row.at(-1))).toEqual(['used up', 'over', 'on trial', 'on trial, over']);
});
