import { describe, expect, test } from 'vitest';
import type { BundleModel } from '../../src/manifest/bundle.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateCall, GateContext } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import type { ReasonCode } from '../../src/policy/reason.ts';
import { approvalContext, asking } from './branches-approvals.ts';
import { denyUnless, overHttp, trifecta, withSearch } from './branches-calls.ts';
import { authority, bundle, contextWith, denied, modelCall, notGranted, toolCall, unused } from './fixture.ts';

/** One violation of each step, that changes nothing else of the call. In the order of the gate's table. */
interface Violation {
  readonly reason: ReasonCode;
  readonly call?: Partial<GateCall>;
  readonly context?: (context: GateContext) => GateContext;
}

const live = (change: Partial<typeof authority>) => (context: GateContext) => ({
  ...context,
  live: { ...(context.live ?? authority), ...change },
});
const usage = (change: Partial<GateContext['usage']>) => (context: GateContext) => ({
  ...context,
  usage: { ...context.usage, ...change },
});

const step = (change: Partial<GateContext['usage']['step']>) => (context: GateContext) =>
  usage({ step: { ...context.usage.step, ...change } })(context);

const violations: readonly Violation[] = [
  { reason: 'run.cancelled', context: (context) => ({ ...context, clock: { ...context.clock, cancelled: true } }) },
  { reason: 'halt.unreadable', context: (context) => ({ ...context, halts: { known: undefined } }) },
  { reason: 'call.malformed', call: { arguments: '{' } },
  { reason: 'tool.unknown', call: { name: 'nothing' } },
  { reason: 'args.invalid', call: { arguments: '{"id":"t-1","extra":1}' } },
  { reason: 'policy.denied', context: live({ tools: { 'default/search': denied } }) },
  {
    reason: 'policy.not_granted',
    context: (context) => ({ ...context, pinned: { ...asking, tools: { 'default/search': notGranted } } }),
  },
  { reason: 'egress.denied', context: live({ egress: [{ rule: 'AgentPolicy/default/out', hosts: [] }] }) },
  {
    reason: 'gateway.required',
    context: live({ gateways: [{ rule: 'AgentPolicy/default/ways', require: ['tool'] }] }),
  },
  { reason: 'policy.condition_false', context: live({ conditions: [denyUnless('false')] }) },
  {
    reason: 'flow.denied',
    context: (context) =>
      live({ flow: [trifecta] })(usage({ touched: new Set(['privateRead', 'untrustedRead']) })(context)),
  },
  { reason: 'limit.tool_calls', context: live({ limits: { ...authority.limits, maxToolCalls: 0 } }) },
  {
    reason: 'approval.denied',
    context: (context) => ({
      ...context,
      approvals: new Map([['draft/1.0', { id: 'a', actionDigest: '', state: 'denied' as const }]]),
    }),
  },
  { reason: 'budget.exhausted', context: live({ budgets: [{ id: 'b', scope: 'run', unit: 'calls', limit: 0 }] }) },
];

const model = (change: Partial<BundleModel>) => (context: GateContext) => {
  const was = context.bundle.models['default/small'];
  if (was === undefined) throw new TypeError('the fixture has the model');
  return { ...context, bundle: { ...context.bundle, models: { 'default/small': { ...was, ...change } } } };
};
const limit = (change: Partial<SubjectAuthority['limits']>) => (context: GateContext) =>
  live({ limits: { ...(context.live ?? authority).limits, ...change } })(context);
const refusedModel = { kind: 'deny', reason: 'model.not_allowed', rule: 'AgentPolicy/default/models' } as const;

const modelViolations: readonly Violation[] = [
  { reason: 'run.lease_lost', context: (context) => ({ ...context, clock: { ...context.clock, lost: true } }) },
  { reason: 'run.cancelled', context: (context) => ({ ...context, clock: { ...context.clock, cancelled: true } }) },
  { reason: 'run.deadline', context: (context) => ({ ...context, clock: { ...context.clock, overdue: true } }) },
  { reason: 'halt.unreadable', context: (context) => ({ ...context, halts: { known: undefined } }) },
  { reason: 'gate.authority_missing', context: (context) => ({ ...context, pinned: undefined }) },
  { reason: 'model.unknown', call: { model: 'default/other' } },
  { reason: 'model.not_allowed', context: live({ models: { 'default/small': refusedModel } }) },
  { reason: 'model.param_denied', context: model({ parameters: { maxOutputTokens: 1_000, temperature: 3 } }) },
  {
    reason: 'gateway.required',
    context: live({ gateways: [{ rule: 'AgentPolicy/default/ways', require: ['model'] }] }),
  },
  { reason: 'limit.denials', context: step({ denials: 99 }) },
  { reason: 'limit.steps', context: limit({ maxSteps: 0 }) },
  { reason: 'limit.tokens', context: limit({ maxTokens: 0 }) },
  { reason: 'limit.cost', context: limit({ maxCost: 0 }) },
  { reason: 'budget.exhausted', context: live({ budgets: [{ id: 'b', scope: 'run', unit: 'calls', limit: 0 }] }) },
];

const base = approvalContext(undefined, { bundle: withSearch({ impl: overHttp }), live: authority, usage: unused });

function refusedBy(asked: GateCall, these: readonly Violation[]): ReasonCode | undefined {
  let context: GateContext = contextWith({ ...base, bundle: base.bundle ?? bundle });
  let call = asked;
  // The later one first, so that what the earlier one changes stands.
  for (const { call: wrong, context: change } of [...these].reverse()) {
    call = { ...call, ...wrong } as GateCall;
    context = change?.(context) ?? context;
  }
  const decision = decide(call, context);
  return decision.kind === 'deny' ? decision.reason : undefined;
}

describe.each([
  ['tool', toolCall, violations],
  ['model', modelCall, modelViolations],
] as const)('of a call of a %s', (_kind, asked, all) => {
  test.each(all.slice(0, -1).map((one, index) => [one, all.slice(index + 1)] as const))(
    'one that violates $reason is told so, whatever later step it violates too',
    (one, later) => {
      for (const other of later) {
        expect([refusedBy(asked, [one, other]), other.reason]).toEqual([one.reason, other.reason]);
      }
    },
  );

  test('each but the last is one by itself', () => {
    // Before money is looked at, people are asked: by itself the last of a tool's is not reached.
    const before = all.slice(0, -1);
    expect(before.map((one) => refusedBy(asked, [one]))).toEqual(before.map(({ reason }) => reason));
  });
});
