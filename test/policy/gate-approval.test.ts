import { expect, test } from 'vitest';
import { actionDigest } from '../../src/policy/approval.ts';
import type { BatchState } from '../../src/policy/approval.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import { decide } from '../../src/policy/gate.ts';
import { offeredTools } from '../../src/policy/offer.ts';
import { actionAsked, approvalContext, asking, terms, where } from './branches-approvals.ts';
import { authority, bundle, contextWith, toolCall, toolNamed, withBudget, withLimits, withTools } from './fixture.ts';

const rule = 'AgentPolicy/default/careful';

test('a call that a rule asks about waits for people, who are shown the whole action', () => {
  const decision = decide(toolCall, approvalContext());
  expect(decision).toMatchObject({
    kind: 'ask',
    rule: 'AgentRole/default/support',
    asks: [{ rule, ...terms }],
    args: { id: 't-1' },
    action: {
      environment: 'prod',
      run: 'run-1',
      step: 'draft',
      call: 'draft/1.0',
      subject: 'Agent/default/support',
      tool: 'default/search',
      isolation: 'inline',
      egress: [],
      secrets: [],
    },
  });
  if (decision.kind !== 'ask') throw new Error('unreachable');
  expect(decision.action.args).toBe(decision.argsDigest);
  expect(decision.actionDigest).toBe(actionDigest(decision.action));
});

test.each(['pending', 'cancelled'] as const)('a request that is %s releases nothing', (state) => {
  expect(decide(toolCall, approvalContext({ state })).kind).toBe('ask');
});

test('a call consumes the approval of its own action, and a further attempt at it consumes none', () => {
  expect(decide(toolCall, approvalContext({}))).toMatchObject({ kind: 'allow', approval: 'a-1' });
  const again = decide({ ...toolCall, again: true }, approvalContext({ state: 'consumed' }));
  expect(again.kind).toBe('allow');
  expect(again).not.toHaveProperty('approval');
});

test('the approval of one call is not another’s, and of a question nobody approves anything', () => {
  const elsewhere = approvalContext({}, { where: { ...where, call: 'draft/1.1' } });
  expect(decide(toolCall, elsewhere).kind).toBe('ask');
  const { where: _nowhere, ...question } = approvalContext({});
  expect(decide(toolCall, question).kind).toBe('ask');
});

const http = toolNamed('search', {
  impl: {
    type: 'http',
    method: 'POST',
    url: 'https://a.example/x',
    headers: {},
    query: {},
    egress: { hosts: ['a.example'], allowPrivate: false },
    auth: { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } },
  },
});
const withTool = (tool: typeof http) => ({ ...bundle, tools: { ...bundle.tools, 'default/search': tool } });

test('the action names hosts and secrets, never a value', () => {
  expect(actionAsked({ bundle: withTool(http) })).toMatchObject({
    egress: ['a.example'],
    secrets: ['default/crm/token'],
  });
});

test.each<[string, Parameters<typeof actionAsked>[0]]>([
  ['the tool’s definition', { bundle: withTool(toolNamed('search', { description: 'Another.' })) }],
  ['the live rules', { live: withLimits({ maxSteps: 9 }) }],
  ['that live has rules at all', { live: undefined }],
  ['the pinned rules', { pinned: { ...asking, limits: { ...asking.limits, maxSteps: 9 } } }],
  ['the run', { where: { ...where, run: 'run-2' } }],
  ['the environment', { where: { ...where, environment: 'test' } }],
  ['the step', { where: { ...where, step: 'draft#2' } }],
])('an approval is bound to %s', (_name, change) => {
  expect(actionDigest(actionAsked(change))).not.toBe(actionDigest(actionAsked()));
  expect(decide(toolCall, approvalContext({}, change))).toMatchObject({ reason: 'approval.mismatch' });
});

const live = (approvals: SubjectAuthority['approvals'], rules = [rule]): SubjectAuthority => ({
  ...withTools({ 'default/search': { kind: 'ask', rule: 'AgentRole/default/newer', asks: rules } }),
  ...(approvals === undefined ? {} : { approvals }),
});
const asksOf = (row: SubjectAuthority, pinned = asking) => {
  const decision = decide(toolCall, contextWith({ pinned, live: row }));
  return decision.kind === 'ask' ? { rule: decision.rule, asks: decision.asks } : decision;
};

test('every rule of either revision that asks is asked for itself', () => {
  const other = 'ToolPermission/default/search';
  const both = live({ [rule]: terms, [other]: { ...terms, ttlMs: 1000 } }, [other, rule]);
  const asks = [
    { rule, ...terms },
    { rule: other, ...terms, ttlMs: 1000 },
  ];
  expect(asksOf(both)).toEqual({ rule: 'AgentRole/default/support', asks });
  expect(asksOf(both, authority)).toEqual({ rule: 'AgentRole/default/support', asks });
});

test('of one rule in both revisions the shorter time and four eyes hold, and other people are asked besides', () => {
  expect(asksOf(live({ [rule]: { ttlMs: 60_000, fourEyes: false } }))).toMatchObject({
    asks: [{ rule, ttlMs: 60_000, fourEyes: true }],
  });
  const approvers = { groups: ['leads'], users: [], min: 2 };
  expect(asksOf(live({ [rule]: { ...terms, approvers } }))).toMatchObject({
    asks: [
      { rule, ...terms },
      { rule: `${rule} (live)`, ...terms, approvers },
    ],
  });
});

test('a rule that asks and says nothing of whom refuses', () => {
  expect(asksOf(live(undefined, ['AgentPolicy/default/other']), authority)).toMatchObject({ reason: 'gate.error' });
});

test('deny comes before ask, whichever revision says which', () => {
  const denied = withTools({ 'default/search': { kind: 'deny', reason: 'policy.not_granted', rule: 'x' } });
  expect(decide(toolCall, approvalContext({}, { live: denied }))).toMatchObject({ reason: 'policy.not_granted' });
  const context = approvalContext({}, { pinned: denied, live: asking });
  expect(decide(toolCall, context)).toMatchObject({ reason: 'policy.not_granted' });
});

test('limits come before people, and people before budgets', () => {
  expect(decide(toolCall, approvalContext(undefined, { live: withLimits({ maxToolCalls: 0 }) }))).toMatchObject({
    reason: 'limit.tool_calls',
  });
  expect(decide(toolCall, approvalContext(undefined, { live: withBudget('calls', 0) })).kind).toBe('ask');
});

test('a model is offered the tools that people are asked about', () => {
  const [agent] = Object.values(bundle.agents);
  if (agent === undefined) throw new Error('unreachable');
  expect(offeredTools(agent, { pinned: asking, live: undefined })).toEqual(['refund', 'search']);
});

/** One approval also releases calls that have the argument `id` in common. */
const batch = { max: 2, same: ['id'] };
const batching = (more: Partial<SubjectAuthority> = {}): SubjectAuthority => ({
  ...asking,
  approvals: { [rule]: { ...terms, batch } },
  ...more,
});
const classAsked = (change: Parameters<typeof contextWith>[0] = {}, call = toolCall) => {
  const decision = decide(call, contextWith({ pinned: batching(), where, ...change }));
  if (decision.kind !== 'ask') throw new TypeError(`a decision that asks, not ${decision.kind}`);
  return decision.batch?.classDigest;
};
/** Another call of the run, whose own request says nothing, after one of the same class was approved. */
const along = (said: Partial<BatchState> = {}, change: Parameters<typeof contextWith>[0] = {}) => {
  const state = { classDigest: classAsked() ?? '', left: 1, used: [where.call], ...said };
  const approvals = new Map([[where.call, { id: 'a-1', actionDigest: 'x', state: 'approved' as const, batch: state }]]);
  return contextWith({ pinned: batching(), where: { ...where, call: 'draft/2.0' }, approvals, ...change });
};

test('an approval of a class of calls releases further ones of it, as long as it has any left', () => {
  const decision = decide(toolCall, along());
  expect(decision).toMatchObject({ kind: 'allow', approval: 'a-1', consumes: { classDigest: classAsked() } });
  expect(decide(toolCall, along({ left: 0 })).kind).toBe('ask');
  expect(decide(toolCall, along({ classDigest: 'another' })).kind).toBe('ask');
  const again = decide({ ...toolCall, again: true }, along({ left: 0, used: ['draft/2.0'] }));
  expect([again.kind, 'approval' in again]).toEqual(['allow', false]);
});

test('a class is of one caller, tool, place and set of rules, and of the arguments that are named', () => {
  const here = classAsked();
  expect(here).toMatch(/^[0-9a-f]{64}$/);
  expect(classAsked({ where: { ...where, call: 'draft/3.0' } })).toBe(here);
  const others = [
    classAsked({ where: { ...where, run: 'run-2' } }),
    classAsked({ where: { ...where, step: 'other' } }),
    classAsked({}, { ...toolCall, arguments: '{"id":"t-2"}' }),
    classAsked({ pinned: batching({ egress: [] }) }),
    classAsked({ live: batching({ approvals: { [rule]: { ...terms, batch: { max: 2, same: ['id', 'more'] } } } }) }),
  ];
  expect(new Set([here, ...others]).size).toBe(6);
});

test('only what every rule allows is released along, and nothing of a tool whose risk is critical', () => {
  const other = 'AgentPolicy/default/other';
  const cell = { kind: 'ask', rule: 'AgentRole/default/support', asks: [rule, other] } as const;
  const both = (second: object) =>
    batching({
      tools: { ...authority.tools, 'default/search': cell },
      approvals: { [rule]: { ...terms, batch }, [other]: { ...terms, ...second } },
    });
  expect(classAsked({ pinned: both({}) })).toBeUndefined();
  expect(decide(toolCall, contextWith({ pinned: both({ batch: { max: 1, same: ['more'] } }), where }))).toMatchObject({
    batch: { max: 1, same: ['id', 'more'] },
  });
  const critical = {
    ...bundle,
    tools: { ...bundle.tools, 'default/search': toolNamed('search', { risk: 'critical' }) },
  };
  expect(classAsked({ bundle: critical })).toBeUndefined();
  expect(decide(toolCall, along({}, { bundle: critical })).kind).toBe('ask');
  expect(classAsked({ live: asking })).toBeUndefined();
});
