import { expect, test } from 'vitest';
import type { Address } from '../../src/manifest/resource.ts';
import { budgetsOf, ratesOf } from '../../src/policy/compile-budget.ts';
import type { Rule, Subject } from '../../src/policy/reach.ts';

const spend: Address = 'AgentPolicy/finance/spend';

function policy(spec: Partial<Rule<'AgentPolicy'>['spec']>): Rule<'AgentPolicy'> {
  return { address: spend, namespace: 'finance', spec: spec as Rule<'AgentPolicy'>['spec'], reaches: () => true };
}

/** An agent of `payments` in a system of it that a system of `web` nests. */
const charger: Subject = {
  address: 'Agent/payments/charger',
  agent: 'payments/charger',
  systems: ['web/shop', 'payments/charge'],
  way: [],
  namespaces: ['payments', 'web'],
  labels: [],
};

const shared = (scope: 'agent' | 'system' | 'namespace', targets: object = { namespaces: ['payments', 'web'] }) =>
  budgetsOf(policy({ targets, budgets: [{ scope, unit: 'calls', limit: 5, window: 'day' }] }), charger).map(
    ({ id, sharedBy }) => [id, sharedBy],
  );

test('an agent shares its budget with its other runs, and a tool node of a system is no agent', () => {
  expect(shared('agent')).toEqual([[`${spend}#agent-calls-day`, 'payments/charger']]);
  const { agent: _, ...node } = charger;
  const budgets = [{ scope: 'agent', unit: 'calls', limit: 5, window: 'day' }] as const;
  expect(budgetsOf(policy({ budgets: [...budgets] }), { ...node, agent: undefined })).toEqual([]);
});

test('systems and namespaces share a budget that names them, else the outermost system and its namespace do', () => {
  expect(shared('system', { systems: ['payments/charge'] }).map(([, of]) => of)).toEqual(['payments/charge']);
  expect(shared('system').map(([, of]) => of)).toEqual(['web/shop']);
  expect(shared('namespace', { namespaces: ['payments'] }).map(([, of]) => of)).toEqual(['payments']);
  expect(shared('namespace').map(([, of]) => of)).toEqual(['payments', 'web']);
  expect(shared('namespace', { systems: ['payments/charge'] }).map(([, of]) => of)).toEqual(['web']);
});

test('an account keeps its name whatever is written beside its budget, and whatever its limit is', () => {
  const day = { scope: 'namespace', unit: 'usd', window: 'day' } as const;
  const ids = (budgets: NonNullable<Rule<'AgentPolicy'>['spec']['budgets']>) =>
    budgetsOf(policy({ budgets }), charger).map(({ id, limit }) => [id.slice(spend.length), limit]);
  expect(ids([{ ...day, limit: 0.25 }])).toEqual([['#namespace-usd-day', 250_000]]);
  const more = [
    { scope: 'run', unit: 'tokens', limit: 9 },
    { ...day, limit: 50 },
    { ...day, window: 'hour', limit: 5 },
  ] as const;
  expect(ids([...more])).toEqual([
    ['#0', 9],
    ['#namespace-usd-day', 50_000_000],
    ['#namespace-usd-hour', 5_000_000],
  ]);
});

test('rates that are one in two spellings are one, with the lower limit', () => {
  const rates = [
    { key: 'tool', limit: 60, window: '1m' },
    { key: 'tool', limit: 50, window: '60s' },
    { key: 'namespace', limit: 5, window: '1h' },
  ] as const;
  expect(ratesOf([policy({ targets: { namespaces: ['payments'] }, rates: [...rates] })], charger)).toEqual({
    rates: [
      { id: `${spend}#rate-namespace-3600000`, key: 'namespace', sharedBy: 'payments', limit: 5, windowMs: 3_600_000 },
      { id: `${spend}#rate-tool-60000`, key: 'tool', limit: 50, windowMs: 60_000 },
    ],
  });
  expect(ratesOf([policy({})], charger)).toEqual({});
});
