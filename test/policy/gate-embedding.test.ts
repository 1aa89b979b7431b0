import { describe, expect, test } from 'vitest';
import type { Budget, SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateContext, ModelGateCall } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { embeddingPath, isEmbedding } from '../../src/policy/embedding-path.ts';
import { foldJournal } from '../../src/policy/fold-journal.ts';
import { authority, bundle, contextWith, modelCall, usageWith, withBudget, withLimits } from './fixture.ts';

const embedding: ModelGateCall = { ...modelCall, embeds: true };
const under = (row: GateContext['pinned'], change: Partial<GateContext> = {}) =>
  contextWith({ pinned: row, live: row, ...change });

describe('a model call that embeds', () => {
  test('holds its input and no output, at the price of input', () => {
    expect(decide(embedding, contextWith())).toMatchObject({
      kind: 'allow',
      maxOutputTokens: 0,
      reserve: { calls: 1, tokens: 110, cost: 330 },
    });
  });

  test('is no turn: it passes where the step has given all its answers, and where a call for an answer does not', () => {
    const used = under(withLimits({ maxSteps: 1 }), { usage: usageWith({ step: { modelCalls: 1 } }) });
    expect(decide(embedding, used).kind).toBe('allow');
    expect(decide(modelCall, used)).toMatchObject({ kind: 'deny', reason: 'limit.steps' });
  });

  test('ends with a step that was refused too often', () => {
    const refused = contextWith({ usage: usageWith({ step: { denials: 4 } }) });
    expect(decide(embedding, refused)).toMatchObject({ kind: 'deny', reason: 'limit.denials' });
  });

  test.each<[Budget['unit'], number, string]>([
    ['tokens', 110, 'budget.exhausted'],
    ['usd', 330, 'budget.exhausted'],
  ])('takes all that a budget of %s has, and not one more', (unit, limit, reason) => {
    const budget = (most: number) => under(withBudget(unit, most));
    expect(decide(embedding, budget(limit)).kind).toBe('allow');
    expect(decide(embedding, budget(limit - 1))).toMatchObject({ kind: 'deny', reason });
  });

  test.each<[string, Partial<SubjectAuthority['limits']>, Partial<SubjectAuthority['limits']>, string]>([
    ['maxTokens', { maxTokens: 110 }, { maxTokens: 109 }, 'limit.tokens'],
    ['maxCost', { maxCost: 330 }, { maxCost: 329 }, 'limit.cost'],
  ])('is held by %s of its agent', (_what, enough, short, reason) => {
    expect(decide(embedding, under(withLimits(enough))).kind).toBe('allow');
    expect(decide(embedding, under(withLimits(short)))).toMatchObject({ kind: 'deny', reason });
  });

  test('is let through for a tool node of a system, which asks models nothing else', () => {
    const subject = 'AgentSystem/default/desk' as const;
    expect(decide({ ...embedding, subject }, contextWith()).kind).toBe('allow');
    expect(decide({ ...modelCall, subject }, contextWith())).toMatchObject({ reason: 'gate.authority_missing' });
    const nobody = { ...embedding, subject: 'Agent/default/nobody' } as const;
    expect(decide(nobody, contextWith())).toMatchObject({ reason: 'gate.authority_missing' });
  });

  test('is refused like any other where no rule allows the model, and where it is not in the bundle', () => {
    expect(decide(embedding, under({ ...authority, models: {} }))).toMatchObject({ reason: 'model.not_allowed' });
    const without = contextWith({ bundle: { ...bundle, models: {} } });
    expect(decide(embedding, without)).toMatchObject({ reason: 'model.unknown' });
  });
});

test('what embedded is told by its path, and a ledger made from the journal counts it as no turn', () => {
  const path = embeddingPath('talk/1.2', 3);
  expect(path).toBe('talk/1.2.embed3');
  expect([path, `${path}~2`, 'talk/1.2', 'talk/1.summary', 'talk/1.2.embed'].map(isEmbedding)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  const row = (at: string) => ({
    path: at,
    phase: 'intent' as const,
    node: 'talk',
    kind: 'model',
    target: 'default/small',
    argsDigest: undefined,
    outcome: undefined,
    error: undefined,
    tokensReserved: 10,
    tokensIn: undefined,
    tokensOut: undefined,
    cost: 7,
  });
  const ledger = foldJournal([row('talk/1'), row(path), row(`${path}~2`)], () => 'Agent/default/support');
  const { step } = ledger.usage('talk', {
    subject: 'Agent/default/support',
    pinned: { system: 'default/desk', subjects: {} },
    live: undefined,
  });
  expect([step.modelCalls, step.tokens, step.cost]).toEqual([1, 30, 21]);
});
