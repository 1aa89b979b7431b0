import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { policy, role } from '../plan/fixture.ts';
import { base, compile, denied, refund, search, small, subject, verdict, writer } from './estate.ts';

describe('policies', () => {
  const all = (spec: JsonObject) => policy('p', { global: true, ...spec });

  test('a denied tool or operation is denied though a role grants it, and the explicit deny is what is told', () => {
    expect(verdict([...base, all({ tools: { deny: ['search'] } })])).toEqual(denied('AgentPolicy/default/p'));
    expect(verdict([...base, all({ operations: { deny: ['delete'] } })], 'default/refund')).toEqual(
      denied('AgentPolicy/default/p'),
    );
    const ungranted = [small, search, refund, role('support', []), writer()];
    expect(verdict([...ungranted, all({ tools: { deny: ['default/search'] } })])).toEqual(
      denied('AgentPolicy/default/p'),
    );
  });

  test('an absent list restricts nothing, an empty list allows nothing', () => {
    expect(verdict([...base, all({ tools: {}, models: {} })])?.kind).toBe('allow');
    expect(verdict([...base, all({ tools: { allow: [] } })])).toEqual(denied('AgentPolicy/default/p'));
    expect(subject([...base, all({ models: { allow: [] } })]).models).toEqual({
      'default/small': { kind: 'deny', reason: 'model.not_allowed', rule: 'AgentPolicy/default/p' },
    });
    expect(subject([...base, all({ models: {} })]).models).toEqual({
      'default/small': { kind: 'allow', rule: 'Agent/default/writer' },
    });
  });

  test('allow lists of several policies intersect', () => {
    const [a, b] = [['search', 'refund'], ['refund']].map((allow, at) =>
      policy(`p${at}`, { global: true, tools: { allow } }),
    );
    const found = subject([...base, ...(a && b ? [a, b] : [])]).tools;
    expect(found['default/search']).toEqual(denied('AgentPolicy/default/p1'));
    expect(found['default/refund']?.kind).toBe('allow');
  });

  test('names are exact, or a whole wildcard', () => {
    const kind = (entry: string) => verdict([...base, all({ tools: { deny: [entry] } })])?.kind;
    expect(kind('*')).toBe('deny');
    expect(kind('default/search')).toBe('deny');
    expect(kind('other/search')).toBe('allow');
    expect(kind('sear*')).toBe('allow');
    expect(kind('Search')).toBe('allow');
  });

  test.each([
    ['by agent', { agents: ['writer'] }, true],
    ['by any entry of a list', { agents: ['other', 'default/writer'] }, true],
    ['not another agent', { agents: ['other'] }, false],
    ['by system', { systems: ['triage'] }, true],
    ['by namespace', { namespaces: ['default'] }, true],
    ['by labels, all of them', { labels: { team: 'support', tier: '1' } }, true],
    ['not by some of its labels', { labels: { team: 'support', tier: '2' } }, false],
    ['only where every kind of list agrees', { agents: ['writer'], systems: ['other'] }, false],
    ['nobody by an empty list', { agents: [] }, false],
    ['an agent of the same name elsewhere', { agents: ['other/writer'] }, false],
  ])('reach %s', (_title, targets, reaches) => {
    const labelled = writer({}, { team: 'support', tier: '1' });
    const found = verdict([...base.slice(0, 4), labelled, policy('p', { targets, tools: { allow: [] } })]);
    expect(found?.kind).toBe(reaches ? 'deny' : 'allow');
  });

  test('limits take the minimum and budgets add up', () => {
    const policies = [
      policy('a', { global: true, limits: { maxSteps: 4, timeout: '1m' }, budgets: [budget('usd', 0.25)] }),
      policy('b', { global: true, limits: { maxSteps: 6, maxTokens: 900 }, budgets: [budget('calls', 5)] }),
    ];
    const found = subject([...base, ...policies]);
    expect(found.limits).toEqual({ maxSteps: 4, maxToolCalls: 50, maxTokens: 900, timeoutMs: 60_000 });
    expect(found.budgets).toEqual([
      { id: 'AgentPolicy/default/a#0', scope: 'run', unit: 'usd', limit: 250_000 },
      { id: 'AgentPolicy/default/b#0', scope: 'run', unit: 'calls', limit: 5 },
    ]);
  });

  test('a policy cannot raise a limit', () => {
    expect(subject([...base, all({ limits: { maxSteps: 999, maxToolCalls: 999, timeout: '1h' } })]).limits).toEqual({
      maxSteps: 10,
      maxToolCalls: 50,
      timeoutMs: 300_000,
    });
  });
});

const budget = (unit: string, limit: number) => ({ scope: 'run', unit, limit });

describe('properties', () => {
  const someNames = fc.subarray(['search', 'refund', '*', 'other/search']);
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const spec = fc
    .record({
      targets: maybe(
        fc.record(
          {
            agents: fc.subarray(['writer', 'other']),
            systems: fc.subarray(['triage', 'other']),
            namespaces: fc.subarray(['default', 'other']),
            labels: fc.constantFrom({ team: 'support' }, { team: 'other' }),
          },
          { requiredKeys: [] },
        ),
      ),
      tools: maybe(fc.record({ allow: someNames, deny: someNames }, { requiredKeys: [] })),
      operations: maybe(fc.record({ deny: fc.subarray(['read', 'write', 'delete', 'execute', 'admin']) })),
      models: maybe(fc.record({ allow: fc.subarray(['small', 'other']) })),
      limits: maybe(
        fc.record({ maxSteps: fc.integer({ min: 1, max: 20 }), maxTokens: fc.integer({ min: 1, max: 99 }) }),
      ),
      budgets: maybe(fc.array(fc.record({ scope: fc.constant('run'), unit: fc.constant('calls'), limit: fc.nat(9) }))),
    })
    .map(({ targets, ...rest }) =>
      JSON.parse(JSON.stringify({ ...rest, ...(targets ? { targets } : { global: true }) })),
    );
  const policies = fc.array(spec, { maxLength: 5 }).map((specs) => specs.map((one, at) => policy(`p${at}`, one)));
  const labelled = [...base.slice(0, 4), writer({}, { team: 'support' })];

  test('adding a policy never turns a deny into an allow, nor raises a limit, nor drops a budget', () => {
    fc.assert(
      fc.property(policies, spec, (some, extra) => {
        const before = subject([...labelled, ...some]);
        const after = subject([...labelled, ...some, policy('extra', extra)]);
        for (const kind of ['models', 'tools'] as const) {
          for (const [path, was] of Object.entries(before[kind])) {
            if (was.kind === 'deny') expect(after[kind][path]?.kind).toBe('deny');
          }
        }
        expect(after.limits.maxSteps).toBeLessThanOrEqual(before.limits.maxSteps);
        expect(after.limits.maxTokens ?? Infinity).toBeLessThanOrEqual(before.limits.maxTokens ?? Infinity);
        expect(after.budgets).toEqual(expect.arrayContaining([...before.budgets]));
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('the order of files and of rules never matters', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed).reverse()
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .map(([key, child]) => [key, reversed(child)])
                .reverse(),
            )
          : value;
    fc.assert(
      fc.property(policies, (some) => {
        const one = [...labelled, ...some];
        const other = one.map((entry) =>
          entry.kind === 'AgentPolicy' || entry.kind === 'AgentRole'
            ? { ...entry, manifest: reversed(entry.manifest) as JsonObject }
            : entry,
        );
        expect(compile(other.reverse()).digest).toBe(compile(one).digest);
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});
