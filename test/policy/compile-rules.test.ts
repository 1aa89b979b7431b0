import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { policy, tool } from '../plan/fixture.ts';
import { base, compile, granted, permission, refund, search, small, subject, verdict, writer } from './estate.ts';

const careful = (spec: JsonObject, name = 'careful') => policy(name, { global: true, ...spec });
const rule = 'AgentPolicy/default/careful';

describe('what policies say of single calls', () => {
  test('conditions are named by their policy, and those that ask bring whom', () => {
    const conditions = [
      { name: 'small', kind: 'denyUnless', expr: 'args.amount <= 1' },
      { name: 'big', kind: 'askIf', expr: 'args.amount > 1' },
    ];
    const row = subject([...base, careful({ conditions })]);
    expect(row.conditions).toEqual([
      { id: `${rule}#big`, kind: 'askIf', expr: 'args.amount > 1', asks: rule },
      { id: `${rule}#small`, kind: 'denyUnless', expr: 'args.amount <= 1' },
    ]);
    expect(row.approvals).toEqual({ [rule]: { ttlMs: 900_000, fourEyes: true } });
    expect(row).not.toHaveProperty('facts');
  });

  test('a flow rule without a name is named by what it says', () => {
    const flow = [
      { when: ['untrustedRead', 'privateRead'], deny: 'externalWrite' },
      { name: 'ask-first', when: ['privateRead'], ask: 'externalWrite' },
    ];
    const row = subject([...base, careful({ flow })]);
    expect(row.flow).toEqual([
      { id: `${rule}#ask-first`, when: ['privateRead'], what: 'ask', target: 'externalWrite', asks: rule },
      {
        id: `${rule}#flow-privateRead-untrustedRead-deny-externalWrite`,
        when: ['privateRead', 'untrustedRead'],
        what: 'deny',
        target: 'externalWrite',
      },
    ]);
    expect(subject([...base, careful({ flow: [...flow].reverse() })])).toEqual(row);
  });

  test('the facts that rules look at are there, without what is at its default', () => {
    const risky = tool('search', { operation: ['read'], risk: 'high', dataClass: 'untrustedRead' });
    const resources = [small, refund, granted, risky, writer({}, { tier: 'gold' })];
    const expr = 'agent.labels.tier == "gold" && tool.risk != "critical"';
    const row = subject([...resources, careful({ conditions: [{ name: 'x', kind: 'denyUnless', expr }] })]);
    expect(row.facts).toEqual({
      agent: { tier: 'gold' },
      tools: {
        'default/refund': { operations: ['delete', 'write'] },
        'default/search': { operations: ['read'], risk: 'high', classes: ['untrustedRead'] },
      },
    });
  });

  test('hosts, gateways and clamps of every policy hold', () => {
    const one = careful({
      egress: { hosts: ['b.example', 'a.example'] },
      gateways: { require: ['model'], allow: ['z', 'x/y'] },
      models: { maxOutputTokens: 100 },
    });
    const two = careful({ egress: { hosts: [] }, models: { maxOutputTokens: 50 } }, 'other');
    expect(subject([...base, two, one])).toMatchObject({
      egress: [
        { rule, hosts: ['a.example', 'b.example'] },
        { rule: 'AgentPolicy/default/other', hosts: [] },
      ],
      gateways: [{ rule, require: ['model'], allow: ['default/z', 'x/y'] }],
      maxOutputTokens: { rule: 'AgentPolicy/default/other', tokens: 50 },
    });
  });

  test('an estate that says none of it compiles to what it compiled to', () => {
    expect(Object.keys(subject(base)).sort()).toEqual(['budgets', 'limits', 'models', 'tools']);
  });
});

describe('models', () => {
  test('a policy takes models away, whatever another allows', () => {
    const allows = careful({ models: { allow: ['small'] } }, 'allows');
    expect(subject([...base, allows]).models['default/small']).toMatchObject({ kind: 'allow' });
    expect(subject([...base, allows, careful({ models: { deny: ['small'] } })]).models['default/small']).toEqual({
      kind: 'deny',
      reason: 'model.not_allowed',
      rule,
    });
  });
});

describe('keeping tools apart', () => {
  const http = (spec: JsonObject = {}) =>
    tool('search', {
      type: 'http',
      operation: ['read'],
      builtin: undefined as never,
      http: { method: 'GET', url: 'https://a.example/', headers: {}, query: {} },
      egress: { hosts: ['a.example'], allowPrivate: false },
      ...spec,
    });
  const withTool = (one: ReturnType<typeof tool>) => [...base.filter((other) => other !== search), one];
  const unavailable = (by: string) => ({ kind: 'deny', reason: 'isolation.unavailable', rule: by });
  const asks = permission('asks', {
    toolRef: 'search',
    global: true,
    rules: [{ operation: 'read', verdict: 'ask' }],
  });

  test.each(['high', 'critical'])('a tool of %s risk that runs elsewhere needs people', (risk) => {
    expect(verdict(withTool(http({ risk })))).toEqual(unavailable('Tool/default/search'));
    expect(verdict([...withTool(http({ risk })), asks])).toMatchObject({ kind: 'ask' });
    expect(verdict(withTool(http({ risk: 'low' })))).toMatchObject({ kind: 'allow' });
  });

  test('a tool of pawl’s own runs in the tier of its type, however risky', () => {
    expect(verdict(withTool(tool('search', { operation: ['read'], risk: 'critical' })))).toMatchObject({
      kind: 'allow',
    });
  });

  test('under a floor, what runs elsewhere needs people and what runs within pawl is refused', () => {
    const floor = careful({ isolation: { min: 'sandbox' } });
    expect(verdict([...withTool(http()), floor])).toEqual(unavailable(rule));
    expect(verdict([...withTool(http()), asks, floor])).toMatchObject({ kind: 'ask' });
    expect(verdict([...base, floor])).toEqual(unavailable(rule));
    expect(verdict([...base, asks, floor])).toEqual(unavailable(rule));
    expect(verdict([...base, careful({ isolation: { min: 'inline' } })])).toMatchObject({ kind: 'allow' });
  });

  test('the strongest floor holds, and a deny is said before it', () => {
    const floors = [careful({ isolation: { min: 'process' } }), careful({ isolation: { min: 'wasm' } }, 'strong')];
    expect(subject([...base, ...floors]).isolation).toEqual({ rule: 'AgentPolicy/default/strong', min: 'wasm' });
    const no = careful({ tools: { deny: ['search'] } }, 'no');
    expect(verdict([...base, ...floors, no])).toMatchObject({ reason: 'policy.denied' });
    expect(verdict([small, search, refund, granted, writer({ roles: [] }), ...floors])).toMatchObject({
      reason: 'policy.not_granted',
    });
  });
});

describe('policies on trial', () => {
  test('stand beside the row that holds, with all others', () => {
    const limits = careful({ limits: { maxSteps: 8 } }, 'limits');
    const trial = careful({ mode: 'audit', tools: { deny: ['search'] }, limits: { maxSteps: 4 } });
    const { audit, ...row } = subject([...base, limits, trial]);
    expect(row).toEqual(subject([...base, limits]));
    expect(audit?.limits.maxSteps).toBe(4);
    expect(audit?.tools['default/search']).toMatchObject({ reason: 'policy.denied', rule });
    expect(audit).not.toHaveProperty('audit');
    expect(compile([...base, trial]).content.engineSchema).toBe(4);
  });
});
