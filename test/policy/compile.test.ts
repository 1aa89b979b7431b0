import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { model, policy, resource, role, system, tool } from '../plan/fixture.ts';
import {
  base,
  compile,
  denied,
  granted,
  permission,
  refund,
  search,
  small,
  subject,
  verdict,
  writer,
} from './estate.ts';

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

  test('of another namespace than the tool it only narrows', () => {
    const foreign = resource({
      kind: 'ToolPermission',
      name: 'guard',
      namespace: 'other',
      spec: { toolRef: 'default/search', global: true, required: ['capability:lookup'] },
    });
    expect(verdict([small, search, refund, capable, writer(), foreign])).toMatchObject({
      kind: 'deny',
      missing: ['tool:default/search:read'],
    });
    expect(verdict([...base, foreign])).toMatchObject({ kind: 'deny', missing: ['capability:lookup'] });
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
    expect(content.engineSchema).toBe(1);
    const kept = resource({ kind: 'Secret', name: 'crm', spec: { source: 'stored', keys: { token: '' } } });
    // A worker that knows no stored values must leave such a run to others.
    expect(compile([priced, http, refund, granted, writer(), kept]).content).toMatchObject({
      engineSchema: 4,
      secrets: { 'default/crm': { source: 'stored', keys: { token: '' } } },
    });
    expect(content.tools['default/search']).toMatchObject({
      costPerCall: 5_000,
      timeoutMs: 30_000,
      impl: { type: 'http', auth: { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } },
    });
    expect(content.models['default/small']?.pricing).toEqual({ inputPerMTok: 150_000, outputPerMTok: 600_000 });
    expect(content.agents['default/writer']?.tools).toEqual({ refund: 'default/refund', search: 'default/search' });
  });
});
