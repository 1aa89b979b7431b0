import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { agent, mapOf, model, policy, resource, role, system, tool } from '../plan/fixture.ts';

const triage = system('triage', { draft: { agentRef: 'writer', edges: [] } });
const search = tool('search', { operation: ['read'] });
const refund = tool('refund', { operation: ['delete', 'write'] });
const writer = (spec: JsonObject = {}, labels: JsonObject = {}) =>
  agent('writer', { tools: [{ toolRef: 'search' }, { toolRef: 'refund' }], roles: ['support'], ...spec }, { labels });
const small = model('small');
const granted = role('support', ['tool:search:read', 'tool:refund:*']);

const compile = (resources: readonly Resource[], one = triage) => compileBundle(one, mapOf([...resources, one]));
const subject = (resources: readonly Resource[], address = 'Agent/default/writer', one = triage) => {
  const found = compile(resources, one).authority.subjects[address];
  if (found === undefined) throw new TypeError(`no ${address}`);
  return found;
};
const base = [small, search, refund, granted, writer()];
const verdict = (resources: readonly Resource[], path = 'default/search') => subject(resources).tools[path];

const permission = (name: string, spec: JsonObject) => resource({ kind: 'ToolPermission', name, spec });
const denied = (rule: string) => ({ kind: 'deny', reason: 'policy.denied', rule });

describe('grants', () => {
  test('a listed tool with a role that permits every operation is allowed by that role', () => {
    expect(verdict(base)).toEqual({ kind: 'allow', rule: 'AgentRole/default/support' });
    expect(verdict(base, 'default/refund')).toEqual({ kind: 'allow', rule: 'AgentRole/default/support' });
  });

  test('a tool that the agent does not list is not there, whatever its roles give', () => {
    expect(verdict([...base.slice(0, 4), writer({ tools: [] })])).toBeUndefined();
  });

  test('a listed tool without a role that gives it is denied, with what is missing', () => {
    const partly = role('support', ['tool:search:read', 'tool:refund:write']);
    expect(verdict([small, search, refund, partly, writer()], 'default/refund')).toEqual({
      kind: 'deny',
      reason: 'policy.not_granted',
      rule: 'Agent/default/writer',
      missing: ['tool:default/refund:delete'],
    });
  });

  test('a role that the agent does not have gives it nothing', () => {
    expect(verdict([...base.slice(0, 4), writer({ roles: [] })])).toMatchObject({ reason: 'policy.not_granted' });
  });

  test('a wildcard stands for a whole part only', () => {
    const with_ = (text: string) => verdict([small, search, refund, role('support', [text]), writer()])?.kind;
    expect(with_('tool:*:read')).toBe('allow');
    expect(with_('tool:search:*')).toBe('allow');
    expect(with_('tool:*:*')).toBe('allow');
    expect(with_('tool:sea*:read')).toBe('deny');
    expect(with_('tool:search')).toBe('deny');
    expect(with_('*:*:*')).toBe('deny');
    expect(with_('capability:*')).toBe('deny');
  });

  test('a role speaks of the tools of its own namespace', () => {
    const foreign = tool('search', { operation: ['read'] }, { namespace: 'other' });
    const reader = writer({ tools: [{ toolRef: 'other/search' }] });
    expect(verdict([small, foreign, granted, reader], 'other/search')).toMatchObject({ kind: 'deny' });
    const theirs = role('searcher', ['tool:search:read'], { namespace: 'other' });
    const both = writer({ tools: [{ toolRef: 'other/search' }], roles: ['support', 'other/searcher'] });
    expect(verdict([small, foreign, granted, theirs, both], 'other/search')).toEqual({
      kind: 'allow',
      rule: 'AgentRole/other/searcher',
    });
  });

  test('permissions of several roles add up, and the verdict names them all', () => {
    const roles = [role('a', ['tool:refund:write']), role('b', ['tool:refund:delete'])];
    expect(verdict([small, search, refund, ...roles, writer({ roles: ['b', 'a'] })], 'default/refund')).toEqual({
      kind: 'allow',
      rule: 'AgentRole/default/a, AgentRole/default/b',
    });
  });
});

describe('ToolPermission', () => {
  const capable = role('support', ['capability:lookup']);
  const needs = (spec: JsonObject) => permission('guard', { toolRef: 'search', global: true, ...spec });

  test('what it requires takes the place of the ordinary permission', () => {
    const required = ['capability:lookup'];
    expect(verdict([small, search, refund, capable, writer(), needs({ required })])).toEqual({
      kind: 'allow',
      rule: 'AgentRole/default/support',
    });
    expect(verdict([...base, needs({ required })])).toEqual({
      kind: 'deny',
      reason: 'policy.not_granted',
      rule: 'ToolPermission/default/guard',
      missing: required,
    });
  });

  test('all means all, any means one', () => {
    const required = ['capability:lookup', 'capability:other'];
    const kind = (match: string) =>
      verdict([small, search, refund, capable, writer(), needs({ required, match })])?.kind;
    expect(kind('all')).toBe('deny');
    expect(kind('any')).toBe('allow');
  });

  test('each one that reaches the agent must be satisfied', () => {
    const second = permission('second', { toolRef: 'search', agents: ['writer'], required: ['capability:other'] });
    const first = needs({ required: ['capability:lookup'] });
    expect(verdict([small, search, refund, capable, writer(), first, second])).toMatchObject({
      rule: 'ToolPermission/default/second',
    });
    const elsewhere = permission('second', { toolRef: 'search', agents: ['other'], required: ['capability:other'] });
    expect(verdict([small, search, refund, capable, writer(), first, elsewhere])).toMatchObject({ kind: 'allow' });
  });

  test('one that requires nothing does not stand in for the grant', () => {
    const rules = [{ operation: 'read', verdict: 'allow' }];
    for (const spec of [{ rules }, { required: [], rules }]) {
      expect(verdict([small, search, refund, role('support', []), writer(), needs(spec)])).toMatchObject({
        reason: 'policy.not_granted',
      });
    }
  });

  test('a rule that denies an operation denies the tool that has it', () => {
    const rules = [
      { operation: 'read', verdict: 'allow' },
      { operation: 'delete', verdict: 'deny' },
    ];
    const guard = permission('guard', { toolRef: 'refund', agents: ['writer'], rules });
    expect(verdict([...base, guard], 'default/refund')).toEqual(denied('ToolPermission/default/guard'));
    expect(verdict([...base, guard])).toMatchObject({ kind: 'allow' });
  });
});

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

describe('a system with tool nodes', () => {
  const desk = system(
    'desk',
    { look: { toolRef: 'search', edges: [{ to: 'draft', default: false }] }, draft: { agentRef: 'writer', edges: [] } },
    { spec: { roles: ['support'] } },
  );

  test('is a subject of its own, with its own roles', () => {
    const found = subject(base, 'AgentSystem/default/desk', desk);
    expect(found.tools).toEqual({ 'default/search': { kind: 'allow', rule: 'AgentRole/default/support' } });
    expect(found.limits).toEqual({ maxSteps: 1, maxToolCalls: 1, timeoutMs: 1_800_000 });
    expect(compile(base).authority.subjects['AgentSystem/default/triage']).toBeUndefined();
  });

  test('a policy on its agents leaves its tool nodes alone, one on the system does not', () => {
    const on = (targets: JsonObject) =>
      subject([...base, policy('p', { targets, tools: { allow: [] } })], 'AgentSystem/default/desk', desk).tools[
        'default/search'
      ]?.kind;
    expect(on({ agents: ['writer'] })).toBe('allow');
    expect(on({ systems: ['desk'] })).toBe('deny');
  });

  test('compiles the graph with what comes before each node', () => {
    const { content } = compile(base, desk);
    expect(content.entries).toEqual(['look']);
    expect(content.nodes['draft']).toMatchObject({ kind: 'agent', agent: 'default/writer', from: ['look'] });
    expect(content.nodes['look']).toMatchObject({ kind: 'tool', tool: 'default/search', from: [] });
  });
});

describe('content', () => {
  test('holds what a call needs, and of a Secret only the keys in use', () => {
    const secret = resource({
      kind: 'Secret',
      name: 'crm',
      spec: { keys: { token: 'PAWL_SECRET_CRM', unused: 'PAWL_SECRET_OTHER' } },
    });
    const http = tool('search', {
      type: 'http',
      operation: ['read'],
      http: { method: 'GET', url: 'https://crm.example/', headers: {}, query: {} },
      egress: { hosts: ['crm.example'], allowPrivate: false },
      auth: { profile: 'bearer', secretRef: { name: 'crm', key: 'token' } },
      cost: { perCall: 5_000 },
    });
    const priced = model('small', { pricing: { inputPerMTok: 150_000, outputPerMTok: 600_000 } });
    const { content } = compile([priced, http, refund, granted, writer(), secret]);
    expect(content.secrets).toEqual({ 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } });
    expect(content.tools['default/search']).toMatchObject({
      costPerCall: 5_000,
      timeoutMs: 30_000,
      impl: { type: 'http', auth: { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } },
    });
    expect(content.models['default/small']?.pricing).toEqual({ inputPerMTok: 150_000, outputPerMTok: 600_000 });
    expect(content.agents['default/writer']?.tools).toEqual({ refund: 'default/refund', search: 'default/search' });
  });
});

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
