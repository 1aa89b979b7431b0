import { describe, expect, test } from 'vitest';
import { trialLimit } from '../../src/policy/budget.ts';
import type { Drawn } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { approvalContext, asking, terms } from './branches-approvals.ts';
import { denyUnless, ruled } from './branches-calls.ts';
import {
  authority,
  contextWith,
  denied,
  modelCall,
  toolCall,
  unused,
  withBudget,
  withLimits,
  withTools,
} from './fixture.ts';

const onTrial = (audit: typeof authority) => ({ ...authority, audit });

test.each([
  ['a deny', withTools({ 'default/search': denied }), 'policy.denied'],
  ['a condition', ruled({ conditions: [denyUnless('args.id == "t-2"')] }), 'policy.condition_false'],
  ['a limit', withLimits({ maxToolCalls: 0 }), 'limit.tool_calls'],
  ['a budget', withBudget('calls', 0), 'budget.exhausted'],
])('%s on trial is recorded and changes nothing', (_name, audit, reason) => {
  for (const revision of ['pinned', 'live'] as const) {
    const { would, ...decision } = decide(toolCall, contextWith({ [revision]: onTrial(audit) })) as never as {
      would: unknown;
    };
    expect(decision).toEqual(decide(toolCall, contextWith()));
    expect(would).toMatchObject({ kind: 'deny', reason, rule: expect.any(String) });
  }
});

test('a model call has policies on trial too', () => {
  expect(decide(modelCall, contextWith({ live: onTrial(withBudget('tokens', 1)) }))).toMatchObject({
    kind: 'allow',
    would: { kind: 'deny', reason: 'budget.exhausted' },
  });
});

test('where a policy on trial says the same, nothing is recorded', () => {
  expect(decide(toolCall, contextWith({ live: onTrial(authority) }))).not.toHaveProperty('would');
  const live = { ...withTools({ 'default/search': denied }), audit: withTools({ 'default/search': denied }) };
  expect(decide(toolCall, contextWith({ live }))).not.toHaveProperty('would');
});

test('a rule on trial that asks is recorded beside those that people have satisfied', () => {
  expect(decide(toolCall, contextWith({ live: onTrial(asking) }))).toMatchObject({
    kind: 'allow',
    would: { kind: 'ask', rule: 'AgentPolicy/default/careful' },
  });
  const same = approvalContext({}, { pinned: { ...asking, audit: asking }, live: undefined });
  expect(decide(toolCall, same)).toMatchObject({ reason: 'approval.mismatch' });
  const more = { ...asking, approvals: { ...asking.approvals, 'AgentPolicy/default/trial': terms } };
  const audit = {
    ...more,
    tools: {
      ...asking.tools,
      'default/search': {
        kind: 'ask',
        rule: 'AgentRole/default/support',
        asks: ['AgentPolicy/default/careful', 'AgentPolicy/default/trial'],
      } as const,
    },
  };
  expect(decide(toolCall, contextWith({ pinned: { ...asking, audit } }))).toMatchObject({
    kind: 'ask',
    asks: [{ rule: 'AgentPolicy/default/careful' }],
    would: { kind: 'ask', rule: 'AgentPolicy/default/trial' },
  });
});

test('a policy on trial that makes the gate fail changes nothing', () => {
  const broken = { ...asking, approvals: {} };
  expect(decide(toolCall, contextWith({ live: onTrial(broken) }))).toMatchObject({
    kind: 'allow',
    would: { kind: 'deny', reason: 'gate.error' },
  });
});

describe('a shared budget on trial', () => {
  const shared = (limit: number) => ({
    id: 'AgentPolicy/default/trial#agent-calls-day',
    scope: 'agent' as const,
    unit: 'calls' as const,
    window: 'day' as const,
    sharedBy: 'default/writer',
    limit,
  });
  const tried = { ...authority, audit: { ...authority, budgets: [shared(5)] } };
  const key = 'AgentPolicy/default/trial#agent-calls-day default/writer';
  const asked = (drawn: ReadonlyMap<string, Drawn>, live = tried) =>
    decide(toolCall, contextWith({ pinned: tried, live, usage: { ...unused, drawn } }));

  test('is drawn from without a limit, under the one that is shown', () => {
    const draw = { account: key, declared: 5, limit: trialLimit };
    expect(asked(new Map())).toMatchObject({ kind: 'draw', draws: [draw] });
  });

  test('refuses nothing, and says what it would have refused once all runs have used it', () => {
    const drawn = (spent: number) => new Map([[key, { left: 3, dry: false, limit: trialLimit, spent }]]);
    expect(asked(drawn(4))).not.toHaveProperty('would');
    expect(asked(drawn(5))).toMatchObject({ kind: 'allow', would: { kind: 'deny', reason: 'budget.exhausted' } });
  });

  test('is held to its limit where one of both revisions enforces it', () => {
    const live = { ...tried, budgets: [shared(5)] };
    expect(asked(new Map(), live)).toMatchObject({ kind: 'draw', draws: [{ account: key, limit: 5 }] });
    expect(asked(new Map([[key, { left: 0, dry: true, limit: 5 }]]), live)).toMatchObject({
      kind: 'deny',
      reason: 'budget.exhausted',
    });
  });
});
