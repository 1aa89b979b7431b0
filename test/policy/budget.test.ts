import { expect, test } from 'vitest';
import type { Budget, SubjectAuthority } from '../../src/policy/authority.ts';
import type { Drawn } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { authority, contextWith, modelCall, toolCall, usageWith, withModel } from './fixture.ts';

const id = 'AgentPolicy/default/spend#agent-tokens-day';
const account = `${id} default/triage`;
const budget = (limit: number, unit: Budget['unit'] = 'tokens'): Budget => {
  const name = id.replace('tokens', unit);
  return { id: name, scope: 'agent', window: 'day', sharedBy: 'default/triage', unit, limit };
};
const row = (...budgets: readonly Budget[]): SubjectAuthority => ({ ...authority, budgets });

function ask(limits: { readonly pinned: number; readonly live?: number }, drawn?: Drawn) {
  const { pinned, live = pinned } = limits;
  const usage = { ...usageWith({}), drawn: new Map(drawn === undefined ? [] : [[account, drawn]]) };
  return decide(modelCall, contextWith({ pinned: row(budget(pinned)), live: row(budget(live)), usage }));
}

test('a call draws what it would hold, and tells the least that it can be made with', () => {
  const decision = ask({ pinned: 5_000, live: 9_000 });
  expect(decision).toMatchObject({
    kind: 'draw',
    draws: [{ account, unit: 'tokens', window: 'day', limit: 5_000, declared: 9_000, least: 111 }],
  });
  const amount = decision.kind === 'draw' ? (decision.draws[0]?.amount ?? 0) : 0;
  expect(ask({ pinned: 5_000 }, { left: amount, dry: false, limit: 5_000 })).toMatchObject({ kind: 'allow' });
  expect(ask({ pinned: 5_000 }, { left: amount - 1, dry: false, limit: 5_000 })).toMatchObject({ kind: 'draw' });
});

test('of a dry account the answer is cut to what is left, and refused where that is none', () => {
  expect(ask({ pinned: 5_000 }, { left: 160, dry: true, limit: 5_000 })).toMatchObject({
    kind: 'allow',
    maxOutputTokens: 50,
    reserve: { tokens: 160 },
  });
  const refused = ask({ pinned: 5_000 }, { left: 110, dry: true, limit: 5_000 });
  expect(refused).toMatchObject({ kind: 'deny', reason: 'budget.exhausted', rule: id });
  expect(refused).toHaveProperty(
    'message',
    expect.stringContaining('110 tokens left for this run in this day, of 5000'),
  );
});

test('under a lower limit nothing counts that was drawn before; under a higher one nothing is dry', () => {
  expect(ask({ pinned: 5_000, live: 50 }, { left: 4_000, dry: false, limit: 5_000 })).toMatchObject({ kind: 'draw' });
  expect(ask({ pinned: 5_000 }, { left: 0, dry: true, limit: 50 })).toMatchObject({ kind: 'draw' });
});

test('a call that takes nothing in the unit of a budget does not draw, and a plan asks no account', () => {
  const pinned = row(budget(5_000), budget(5, 'calls'));
  const usage = { ...usageWith({}), drawn: new Map() };
  const decision = decide(toolCall, contextWith({ pinned, live: pinned, usage }));
  expect(decision).toMatchObject({ kind: 'draw', draws: [{ unit: 'calls', amount: 1, least: 1 }] });
  expect(decide(toolCall, contextWith({ pinned, live: pinned }))).toMatchObject({ kind: 'allow' });
});

test('money without a price is refused before anything is drawn, and a budget that nobody shares too', () => {
  const pinned = row(budget(5_000, 'usd'));
  const bundle = withModel(({ pricing: _pricing, ...model }) => model);
  const usage = { ...usageWith({}), drawn: new Map() };
  expect(decide(modelCall, contextWith({ bundle, pinned, live: pinned, usage }))).toMatchObject({
    reason: 'budget.price_unknown',
  });
  const { sharedBy: _sharedBy, ...damaged } = budget(5_000);
  const broken = row(damaged);
  expect(decide(modelCall, contextWith({ pinned: broken, live: broken, usage }))).toMatchObject({
    reason: 'gate.error',
  });
});
