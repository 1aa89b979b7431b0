import { describe, expect, test } from 'vitest';
import type { Condition } from '../../src/policy/authority.ts';
import { type ConditionVariables, evaluateRule } from '../../src/policy/condition.ts';
import { decide } from '../../src/policy/gate.ts';
import { where } from './branches-approvals.ts';
import { denyUnless, ruled } from './branches-calls.ts';
import { contextWith, toolCall } from './fixture.ts';

const variables: ConditionVariables = {
  args: { amount: 40, to: ['a@example.com'], nested: { deep: true } },
  tool: { name: 'refund', namespace: 'shop', operations: ['write'], risk: 'high', dataClass: '' },
  agent: { name: 'writer', namespace: 'default', labels: { tier: 'gold' } },
  system: { name: 'desk', namespace: 'default', labels: {} },
  run: { id: 'run-1', input: { customer: 'c-1' } },
  now: '2026-03-01T10:30:00.000Z',
};

describe('a condition reads', () => {
  test.each([
    'args.amount <= 100',
    'args.amount + 60 == 100',
    'args.to.all(one, one.endsWith("@example.com"))',
    'args.nested.deep',
    '!has(args.reason)',
    'tool.name == "refund" && tool.namespace == "shop"',
    '"write" in tool.operations && tool.risk == "high" && tool.dataClass == ""',
    'agent.name == "writer" && agent.labels.tier == "gold"',
    'system.namespace == "default" && !("tier" in system.labels)',
    'run.id == "run-1" && run.input.customer == "c-1"',
    'now.getHours("UTC") == 10 && now < timestamp("2026-04-01T00:00:00Z")',
    're2(args.to[0], "^[a-z]+@example[.]com$")',
  ])('%s', (expr) => {
    expect(evaluateRule(expr, variables)).toBe(true);
    expect(evaluateRule(`!(${expr})`, variables)).toBe(false);
  });
});

test.each([
  'args.reason == "x"',
  'agent.labels.team == "x"',
  'args.amount',
  'args.amount ==',
  'args.amount / 0 == 1',
  'input.x',
  'args.to.all(a, args.to.all(b, a == b))',
  'matches("a", "a")',
])('what fails, or is no boolean, is neither true nor false: %s', (expr) => {
  expect(evaluateRule(expr, variables)).toBeUndefined();
});

describe('a comprehension', () => {
  const list = (length: number, text = '') => ({ ...variables, args: { list: Array.from({ length }, () => 1), text } });

  test('goes over a list', () => {
    expect(evaluateRule('args.list.all(one, one == 1)', list(1_000))).toBe(true);
  });

  test('goes over no more than it may, whatever the model sends', () => {
    expect(evaluateRule('args.list.all(one, one == 1)', list(10_001))).toBeUndefined();
    expect(evaluateRule('args.list.all(one, one in args.list)', list(5_000))).toBeUndefined();
    expect(evaluateRule('args.list.all(one, re2(args.text, "a*b"))', list(100, 'a'.repeat(200_000)))).toBeUndefined();
    const literal = `[${'1, '.repeat(99)}1].all(one, re2(args.text, "a*b"))`;
    expect(evaluateRule(literal, list(1, 'a'.repeat(200_000)))).toBeUndefined();
  });

  test('a condition without one reads what there is', () => {
    expect(
      evaluateRule('args.list.size() == 20000 && args.text.size() == 200000', list(20_000, 'a'.repeat(200_000))),
    ).toBe(true);
  });
});

test('an argument of a name that JavaScript knows gives nothing that was not sent', () => {
  const strange = JSON.parse('{"__proto__": {"amount": 1}}') as Record<string, never>;
  expect(evaluateRule('has(args.amount)', { ...variables, args: strange })).not.toBe(true);
  const unreadable = JSON.parse('{"constructor": 2}') as Record<string, never>;
  expect(evaluateRule('!has(args.amount)', { ...variables, args: unreadable })).toBeUndefined();
});

const askIf = (expr: string): Condition => ({
  id: 'AgentPolicy/default/careful#big',
  kind: 'askIf',
  expr,
  asks: 'AgentPolicy/default/careful',
});
const approvals = { 'AgentPolicy/default/careful': { ttlMs: 1000, fourEyes: true } };

test.each([
  ['args.id == "t-1"', 'ask'],
  ['args.id == "t-2"', 'allow'],
  ['args.amount > 1', 'ask'],
  ['args.id', 'ask'],
])('a call is made unasked only when the condition is exactly false: %s → %s', (expr, kind) => {
  const context = contextWith({ live: ruled({ conditions: [askIf(expr)], approvals }) });
  expect(decide(toolCall, context).kind).toBe(kind);
});

test('each condition asks for itself, by the terms of its policy', () => {
  const conditions = [askIf('true'), { ...askIf('true'), id: 'AgentPolicy/default/careful#other' }];
  const terms = approvals['AgentPolicy/default/careful'];
  expect(decide(toolCall, contextWith({ live: ruled({ conditions, approvals }) }))).toMatchObject({
    kind: 'ask',
    asks: [
      { rule: 'AgentPolicy/default/careful#big', ...terms },
      { rule: 'AgentPolicy/default/careful#other', ...terms },
    ],
  });
});

test('a condition that denies is said before one that asks', () => {
  const conditions = [askIf('true'), denyUnless('false')];
  const context = contextWith({ live: ruled({ conditions, approvals }) });
  expect(decide(toolCall, context)).toMatchObject({ reason: 'policy.condition_false' });
});

test('the conditions of each revision see the facts of that revision', () => {
  const facts = (tier: string) => ({ agent: { tier }, tools: { 'default/search': { operations: ['write'] } } });
  const gold = { conditions: [denyUnless('agent.labels.tier == "gold" && "write" in tool.operations')] };
  const context = (pinned: string, live: string) =>
    contextWith({ pinned: ruled({ ...gold, facts: facts(pinned) }), live: ruled({ ...gold, facts: facts(live) }) });
  expect(decide(toolCall, context('gold', 'gold')).kind).toBe('allow');
  expect(decide(toolCall, context('gold', 'lead'))).toMatchObject({ reason: 'policy.condition_false' });
  expect(decide(toolCall, context('lead', 'gold'))).toMatchObject({ reason: 'policy.condition_false' });
});

test('a condition of a run sees its input and the time; a question has neither', () => {
  const live = ruled({
    conditions: [denyUnless('run.input.customer == "c-1" && now > timestamp("2025-12-31T00:00:00Z")')],
  });
  const place = { ...where, input: { customer: 'c-1' } };
  expect(decide(toolCall, contextWith({ live, where: place })).kind).toBe('allow');
  expect(decide(toolCall, contextWith({ live, where }))).toMatchObject({ reason: 'gate.condition_error' });
  expect(decide(toolCall, contextWith({ live }))).toMatchObject({ reason: 'gate.condition_error' });
});

test('a refusal names the condition and no argument', () => {
  const live = ruled({ conditions: [denyUnless('args.id == "canary-2"')] });
  const decision = decide({ ...toolCall, arguments: '{"id":"canary-1"}' }, contextWith({ live }));
  expect(decision).toMatchObject({ rule: 'AgentPolicy/default/careful#small' });
  expect(JSON.stringify(decision)).not.toContain('canary');
});
