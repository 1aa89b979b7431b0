import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { GateCall, GateContext } from '../../src/policy/context.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { decide } from '../../src/policy/gate.ts';
import { policyCodes, type ReasonCode } from '../../src/policy/reason.ts';
import { accountBranches } from './branches-accounts.ts';
import { approvalBranches } from './branches-approvals.ts';
import { callBranches } from './branches-calls.ts';
import { haltBranches } from './branches-halts.ts';
import { handOffBranches } from './branches-hand-off.ts';
import { moduleBranches } from './branches-modules.ts';
import { pinBranches } from './branches-pins.ts';
import { ruleBranches } from './branches-rules.ts';
import { sharedBranches } from './branches-shared.ts';
import {
  allowed,
  authority,
  bundle,
  contextWith,
  denied,
  modelCall,
  noTools,
  notGranted,
  toolCall,
  toolNamed,
  usageWith,
  withBudget,
  withTools,
} from './fixture.ts';

const branches = [
  ...ruleBranches,
  ...accountBranches,
  ...handOffBranches,
  ...haltBranches,
  ...approvalBranches,
  ...callBranches,
  ...pinBranches,
  ...moduleBranches,
  ...sharedBranches,
];

describe('every refusal stands alone: one step to its right side, and the call passes', () => {
  test.each(branches.map((branch) => [branch.reason, branch.name, branch] as const))(
    '%s: %s',
    (_reason, _name, branch) => {
      const decision = decide(...branch.refused);
      expect(decision).toMatchObject({ kind: 'deny', reason: branch.reason });
      expect(decide(...branch.passes)).toMatchObject({ kind: 'allow' });
      if (decision.kind !== 'deny') throw new Error('unreachable');
      expect(decision.message).toMatch(/\.$/);
      expect(decision.rule).not.toBe('');
    },
  );

  test('together they meet every reason that a decision can give', () => {
    // Given by the run itself: by its guards, and when the live revision is replaced three times while it decides.
    const elsewhere: readonly ReasonCode[] = [
      'gate.conflict',
      'guard.failed',
      'guard.blocked',
      'rate.tool',
      'rate.model',
    ];
    const met = new Set<string>([...branches.map((branch) => branch.reason), ...elsewhere]);
    expect([...met].sort()).toEqual(Object.keys(policyCodes).sort());
  });
});

test('an allowed tool call carries its canonical, frozen arguments and their digest', () => {
  const decision = decide({ ...toolCall, arguments: ' {"id":"t-1", "amount": 1.0} ' }, contextWith());
  expect(decision).toMatchObject({
    kind: 'allow',
    rule: 'AgentRole/default/support',
    reserve: { calls: 1, tokens: 0, cost: 0 },
  });
  if (decision.kind !== 'allow') throw new Error('unreachable');
  expect(JSON.stringify(decision.args)).toBe('{"amount":1,"id":"t-1"}');
  expect(Object.isFrozen(decision.args)).toBe(true);
  expect(decision.argsDigest).toBe(createHash('sha256').update('{"amount":1,"id":"t-1"}').digest('hex'));
});

test('a tool with a price reserves it', () => {
  expect(decide({ ...toolCall, name: 'refund' }, contextWith())).toMatchObject({
    reserve: { calls: 1, tokens: 0, cost: 5 },
  });
});

test('a system’s own tool node is decided by the system’s row and the tool’s full name', () => {
  const call: GateCall = { ...toolCall, subject: 'AgentSystem/default/desk', name: 'default/search' };
  expect(decide(call, contextWith()).kind).toBe('allow');
  expect(decide({ ...call, name: 'search' }, contextWith())).toMatchObject({ reason: 'tool.not_declared' });
  expect(decide({ ...call, subject: 'AgentSystem/default/other' }, contextWith())).toMatchObject({
    reason: 'tool.unknown',
  });
});

test('a model call holds a tenth more than the input’s estimate, and the whole output cap', () => {
  expect(decide(modelCall, contextWith())).toEqual({
    kind: 'allow',
    rule: 'AgentRole/default/support',
    // 110 × 3 + 1000 × 15 micro-USD.
    reserve: { calls: 1, tokens: 1110, cost: 15_330 },
    inputTokens: 100,
    maxOutputTokens: 1000,
  });
});

test.each<[string, Partial<GateContext>, number]>([
  ['the agent’s tokens', { live: { ...authority, limits: { ...authority.limits, maxTokens: 400 } } }, 290],
  ['the system’s tokens', { usage: usageWith({ run: { tokens: 99_700, cost: 0 } }) }, 190],
  ['a budget in tokens', { live: withBudget('tokens', 200) }, 90],
  // 1000 − 330 micro-USD left for output at 15 each: 44.67 tokens.
  ['a budget in money', { live: withBudget('usd', 1000) }, 44],
])('the output cap shrinks to what %s leave', (_name, change, cap) => {
  const decision = decide(modelCall, contextWith(change));
  expect(decision).toMatchObject({
    kind: 'allow',
    maxOutputTokens: cap,
    reserve: { tokens: 110 + cap, cost: 330 + 15 * cap },
  });
});

test('a live revision that no longer has the subject leaves the pinned verdicts standing', () => {
  expect(decide(toolCall, contextWith({ live: undefined })).kind).toBe('allow');
  expect(decide(modelCall, contextWith({ live: undefined })).kind).toBe('allow');
  expect(decide(toolCall, contextWith({ live: undefined, pinned: withTools({ 'default/search': denied }) })).kind).toBe(
    'deny',
  );
});

test('an explicit deny of either revision explains itself before a missing grant of the other', () => {
  const context = contextWith({
    pinned: withTools({ 'default/search': notGranted }),
    live: withTools({ 'default/search': denied }),
  });
  expect(decide(toolCall, context)).toMatchObject({ reason: 'policy.denied', rule: 'AgentPolicy/default/no-search' });
});

test('a refusal after parsing names the digest of the arguments and never their value', () => {
  const decision: Decision = decide({ ...toolCall, arguments: '{"id":"canary-7f3a"}' }, contextWith({ live: noTools }));
  expect(decision).toMatchObject({ kind: 'deny', argsDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const invalid = decide({ ...toolCall, arguments: '{"id":"CANARY 7f3a"}' }, contextWith());
  const malformed = decide({ ...toolCall, arguments: '{"id":"CANARY 7f3a"' }, contextWith());
  expect(JSON.stringify([decision, invalid, malformed])).not.toMatch(/canary/i);
  expect(invalid).toMatchObject({ message: expect.stringContaining('/id') });
});

test('a tool’s own schema cannot fall back on another tool’s `$id`', () => {
  const tools = {
    'default/search': toolNamed('search', {
      inputSchema: { $id: 'https://x.test/a', type: 'object', required: ['one'] },
    }),
    'default/refund': toolNamed('refund', {
      inputSchema: { $id: 'https://x.test/a', type: 'object', required: ['two'] },
    }),
  };
  const context = contextWith({ bundle: { ...bundle, tools } });
  expect(decide({ ...toolCall, arguments: '{"one":1}' }, context).kind).toBe('allow');
  expect(decide({ ...toolCall, name: 'refund', arguments: '{"one":1}' }, context)).toMatchObject({
    reason: 'args.invalid',
  });
});

test('the grant that allowed a call is the pinned one', () => {
  const live = withTools({ 'default/search': { ...allowed, rule: 'AgentRole/default/newer' } });
  expect(decide(toolCall, contextWith({ live }))).toMatchObject({ kind: 'allow', rule: 'AgentRole/default/support' });
});
