import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SubjectAuthority, Verdict } from '../../src/policy/authority.ts';
import type { GateCall, GateContext, Usage } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { answerForModel } from '../../src/policy/neutral.ts';
import { offeredTools } from '../../src/policy/offer.ts';
import { policyCodes, type ReasonCode } from '../../src/policy/reason.ts';
import { anyText } from '../support/any-text.ts';
import { authority, bundle, contextWith, modelCall, toolCall, unused } from './fixture.ts';

const verdict: fc.Arbitrary<Verdict> = fc.constantFrom(
  { kind: 'allow', rule: 'a' },
  { kind: 'deny', reason: 'policy.denied', rule: 'd' },
  { kind: 'deny', reason: 'policy.not_granted', rule: 'n' },
);

const subject: fc.Arbitrary<SubjectAuthority> = fc.record({
  models: fc.dictionary(fc.constant('default/small'), verdict, { noNullPrototype: true }),
  tools: fc.dictionary(fc.constantFrom('default/search', 'default/refund'), verdict, { noNullPrototype: true }),
  limits: fc.record(
    {
      maxSteps: fc.integer({ min: 0, max: 4 }),
      maxToolCalls: fc.integer({ min: 0, max: 4 }),
      maxTokens: fc.integer({ min: 0, max: 2000 }),
      timeoutMs: fc.constant(1000),
    },
    { requiredKeys: ['maxSteps', 'maxToolCalls', 'timeoutMs'] },
  ),
  budgets: fc.array(
    fc.record({
      id: fc.constantFrom('b0', 'b1'),
      scope: fc.constant('run' as const),
      unit: fc.constantFrom('tokens', 'usd', 'calls'),
      limit: fc.integer({ min: 0, max: 20_000 }),
    }),
    { maxLength: 3 },
  ),
});

const usage: fc.Arbitrary<Usage> = fc
  .record({
    modelCalls: fc.integer({ min: 0, max: 4 }),
    toolCalls: fc.integer({ min: 0, max: 4 }),
    tokens: fc.integer({ min: 0, max: 1500 }),
    spent: fc.record({
      calls: fc.integer({ min: 0, max: 5 }),
      tokens: fc.integer({ min: 0, max: 2000 }),
      cost: fc.integer({ min: 0, max: 20_000 }),
    }),
  })
  .map(({ spent, ...step }) => ({ ...unused, step: { ...unused.step, ...step }, budgets: new Map([['b0', spent]]) }));

const call: fc.Arbitrary<GateCall> = fc.constantFrom(toolCall, { ...toolCall, name: 'refund' }, modelCall);

function outcome(asked: GateCall, context: Partial<GateContext>): { allowed: boolean; tokens: number } {
  const decision = decide(asked, contextWith(context));
  return decision.kind === 'allow' ? { allowed: true, tokens: decision.reserve.tokens } : { allowed: false, tokens: 0 };
}

test('a live revision can only restrict, and both revisions count the same', () => {
  fc.assert(
    fc.property(call, subject, subject, usage, (asked, pinned, live, used) => {
      const alone = outcome(asked, { pinned, live: undefined, usage: used });
      const both = outcome(asked, { pinned, live, usage: used });
      const swapped = outcome(asked, { pinned: live, live: pinned, usage: used });
      if (both.allowed) expect(alone.allowed).toBe(true);
      expect(both.tokens).toBeLessThanOrEqual(alone.tokens === 0 ? both.tokens : alone.tokens);
      expect(swapped).toEqual(both);
    }),
    { numRuns: 1000 },
  );
});

test('a budget more, a limit less or a verdict turned to deny never allows what was refused', () => {
  fc.assert(
    fc.property(call, subject, subject, usage, (asked, pinned, stricter, used) => {
      const combined: SubjectAuthority = {
        models: pinned.models,
        tools: Object.fromEntries(
          Object.entries(pinned.tools).map(([name, was]) => [
            name,
            stricter.tools[name]?.kind === 'deny' ? stricter.tools[name] : was,
          ]),
        ),
        limits: { ...pinned.limits, maxSteps: Math.min(pinned.limits.maxSteps, stricter.limits.maxSteps) },
        budgets: [...stricter.budgets, ...pinned.budgets],
      };
      const before = outcome(asked, { pinned, live: undefined, usage: used });
      const after = outcome(asked, { pinned: combined, live: undefined, usage: used });
      if (after.allowed) expect(before.allowed).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('what is reserved always fits what is left', () => {
  fc.assert(
    fc.property(subject, subject, usage, (pinned, live, used) => {
      const decision = decide(modelCall, contextWith({ pinned, live, usage: used }));
      if (decision.kind !== 'allow') return;
      for (const budget of [...pinned.budgets, ...live.budgets]) {
        const spent = used.budgets.get(budget.id) ?? { calls: 0, tokens: 0, cost: 0 };
        const unit = budget.unit === 'usd' ? 'cost' : budget.unit;
        expect(spent[unit] + decision.reserve[unit]).toBeLessThanOrEqual(budget.limit);
      }
      expect(used.step.tokens + decision.reserve.tokens).toBeLessThanOrEqual(
        Math.min(pinned.limits.maxTokens ?? 1e9, live.limits.maxTokens ?? 1e9),
      );
    }),
    { numRuns: 1000 },
  );
});

test('whatever a model sends as a name and arguments, the gate answers', () => {
  fc.assert(
    fc.property(anyText(), anyText(), (name, args) => {
      expect(decide({ ...toolCall, name, arguments: args }, contextWith()).kind).toBe('deny');
    }),
    { numRuns: 500 },
  );
});

test('a model is offered only the tools that both revisions would let pass', () => {
  const agent = bundle.agents['default/support'];
  if (agent === undefined) throw new Error('the fixture has the agent');
  expect(offeredTools(agent, { pinned: authority, live: authority })).toEqual(['refund', 'search']);
  expect(offeredTools(agent, { pinned: authority, live: undefined })).toEqual(['refund', 'search']);
  const live = { ...authority, tools: { 'default/search': { kind: 'allow', rule: 'a' } } } as const;
  expect(offeredTools(agent, { pinned: authority, live })).toEqual(['search']);
});

test('a model learns of its own mistake in the arguments, and of nothing else', () => {
  const mistakes = new Set<string>(['call.malformed', 'call.too_large', 'args.invalid']);
  for (const reason of Object.keys(policyCodes) as ReasonCode[]) {
    expect(answerForModel(reason)).toEqual(
      mistakes.has(reason)
        ? { error: 'invalid_arguments', retryable: true }
        : { error: 'not_permitted', retryable: false },
    );
  }
});
