import { describe, expect, test } from 'vitest';
import { model, policy } from '../plan/fixture.ts';
import { base, compile, granted, permission, refund, search, small, subject, verdict, writer } from './estate.ts';

const approver = (users: readonly string[], rest = {}) => ({
  approvers: { users, min: 1 },
  ttl: '15m',
  fourEyes: true,
  ...rest,
});
const ask = (asks: readonly string[]) => ({ kind: 'ask', rule: 'AgentRole/default/support', asks });

describe('who is asked', () => {
  test('a policy asks about tools with an operation, and says who approves', () => {
    const careful = policy('careful', { global: true, operations: { ask: ['write'] }, approval: approver(['ann']) });
    expect(verdict([...base, careful], 'default/refund')).toEqual(ask(['AgentPolicy/default/careful']));
    expect(verdict([...base, careful])).toMatchObject({ kind: 'allow' });
    expect(subject([...base, careful]).approvals).toEqual({
      'AgentPolicy/default/careful': {
        approvers: { groups: [], users: ['ann'], min: 1 },
        ttlMs: 900_000,
        fourEyes: true,
      },
    });
  });

  test('a ToolPermission asks about one operation of its tool', () => {
    const rules = [{ operation: 'delete', verdict: 'ask' }];
    const leads = { approvers: { groups: ['b', 'a'], min: 2 }, ttl: '24h', fourEyes: false };
    const careful = permission('careful', { toolRef: 'refund', global: true, rules, approval: leads });
    expect(verdict([...base, careful], 'default/refund')).toEqual(ask(['ToolPermission/default/careful']));
    expect(subject([...base, careful]).approvals).toEqual({
      'ToolPermission/default/careful': {
        approvers: { groups: ['a', 'b'], users: [], min: 2 },
        ttlMs: 86_400_000,
        fourEyes: false,
      },
    });
    const other = permission('careful', { toolRef: 'search', global: true, rules });
    expect(verdict([...base, other])).toMatchObject({ kind: 'allow' });
  });

  test('an agent asks about its own use of a tool, by whoever may approve', () => {
    const careful = writer({ tools: [{ toolRef: 'search', requireApproval: true }, { toolRef: 'refund' }] });
    const resources = [small, search, refund, granted, careful];
    expect(verdict(resources)).toEqual(ask(['Agent/default/writer']));
    expect(verdict(resources, 'default/refund')).toMatchObject({ kind: 'allow' });
    expect(subject(resources).approvals).toEqual({ 'Agent/default/writer': { ttlMs: 900_000, fourEyes: true } });
  });

  test('every rule that asks is one more, in any order, and a deny wins over all of them', () => {
    const one = policy('one', { global: true, operations: { ask: ['write'] } });
    const two = policy('two', { global: true, operations: { ask: ['delete', 'write'] } });
    const three = permission('three', {
      toolRef: 'refund',
      global: true,
      rules: [{ operation: 'write', verdict: 'ask' }],
    });
    const all = ask(['AgentPolicy/default/one', 'AgentPolicy/default/two', 'ToolPermission/default/three']);
    expect(verdict([...base, one, two, three], 'default/refund')).toEqual(all);
    expect(verdict([three, two, ...base, one], 'default/refund')).toEqual(all);
    const no = policy('no', { global: true, operations: { deny: ['delete'] } });
    expect(verdict([...base, one, two, three, no], 'default/refund')).toMatchObject({ reason: 'policy.denied' });
  });

  test('what nothing grants is not asked about', () => {
    const careful = policy('careful', { global: true, operations: { ask: ['read'] } });
    expect(verdict([small, search, refund, granted, writer({ roles: [] }), careful])).toMatchObject({
      reason: 'policy.not_granted',
    });
  });

  test('an estate in which nothing asks compiles to what it compiled to', () => {
    const { content, authority } = compile([...base, model('other')]);
    expect(content.engineSchema).toBe(1);
    expect(JSON.stringify(authority)).not.toContain('approvals');
  });

  test('a worker that knows nothing of asking refuses the bundle', () => {
    const careful = policy('careful', { global: true, operations: { ask: ['read'] } });
    expect(compile([...base, careful]).content.engineSchema).toBe(4);
  });
});
