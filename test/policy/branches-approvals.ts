import type { Action, ApprovalState, ApprovalTerms } from '../../src/policy/approval.ts';
import { actionDigest } from '../../src/policy/approval.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateContext } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { authority, type Branch, contextWith, toolCall } from './fixture.ts';

export const terms: ApprovalTerms = { ttlMs: 900_000, fourEyes: true };

/** The subject's rules when one of them asks about the tool `search`. */
export const asking: SubjectAuthority = {
  ...authority,
  tools: {
    ...authority.tools,
    'default/search': { kind: 'ask', rule: 'AgentRole/default/support', asks: ['AgentPolicy/default/careful'] },
  },
  approvals: { 'AgentPolicy/default/careful': terms },
};

export const where: NonNullable<GateContext['where']> = {
  environment: 'prod',
  run: 'run-1',
  step: 'draft',
  call: 'draft/1.0',
  input: {},
  now: '2026-01-01T00:00:00.000Z',
};

/** A call in a run, about which a rule of the run's revision asks, and what people said. */
export function approvalContext(said?: Partial<ApprovalState>, change: Partial<GateContext> = {}): GateContext {
  const context = contextWith({ pinned: asking, where, ...change });
  if (said === undefined) return context;
  const state = { id: 'a-1', actionDigest: boundDigest(), state: 'approved' as const, ...said };
  return { ...context, approvals: new Map([[where.call, state]]) };
}

export function actionAsked(change: Partial<GateContext> = {}): Action {
  const decision = decide(toolCall, contextWith({ pinned: asking, where, ...change }));
  if (decision.kind !== 'ask') throw new TypeError(`a decision that asks, not ${decision.kind}`);
  return decision.action;
}

function boundDigest(): string {
  return actionDigest(actionAsked());
}

export const approvalBranches: readonly Branch[] = [
  {
    reason: 'approval.denied',
    name: 'a call that somebody denied',
    refused: [toolCall, approvalContext({ state: 'denied' })],
    passes: [toolCall, approvalContext({})],
  },
  {
    reason: 'approval.expired',
    name: 'a call that nobody approved in time',
    refused: [toolCall, approvalContext({ state: 'expired' })],
    passes: [toolCall, approvalContext({})],
  },
  {
    reason: 'approval.mismatch',
    name: 'another action than the one that was approved',
    refused: [{ ...toolCall, arguments: '{"id":"t-2"}' }, approvalContext({})],
    passes: [toolCall, approvalContext({})],
  },
  {
    reason: 'approval.mismatch',
    name: 'another action than the one whose approval was consumed',
    refused: [{ ...toolCall, arguments: '{"id":"t-2"}' }, approvalContext({ state: 'consumed' })],
    passes: [toolCall, approvalContext({ state: 'consumed' })],
  },
];
