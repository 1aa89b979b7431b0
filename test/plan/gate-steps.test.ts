import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { checksOf, gateChecks, gateSteps } from '../../src/plan/gate-steps.ts';
import { policyCodes } from '../../src/policy/reason.ts';

const listed = gateChecks.flatMap(({ reasons }) => reasons);

describe('the gate’s checks', () => {
  test('give every reason of the gate to exactly one of them', () => {
    expect(Object.keys(policyCodes).filter((reason) => !listed.includes(reason))).toEqual([]);
    expect(listed.filter((reason, index) => listed.indexOf(reason) !== index)).toEqual([]);
  });

  test('name no reason that nothing documents, but for rates', () => {
    expect(listed.filter((reason) => !Object.hasOwn(codes, reason) && !reason.startsWith('rate.'))).toEqual([]);
  });

  test('are in the order of their numbers, for tools and for models', () => {
    for (const sort of ['tool', 'model'] as const) {
      const numbers = checksOf(sort).map(({ step }) => Number(step.slice(1)));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    expect(new Set(checksOf('tool').map(({ step }) => step)).size).toBe(20);
  });
});

describe('a decision as steps', () => {
  const outcomes = (...asked: Parameters<typeof gateSteps>) =>
    Object.fromEntries(gateSteps(...asked).map(({ step, outcome }) => [step, outcome]));

  test('what comes after a refusal was not reached', () => {
    const found = outcomes({ kind: 'deny', reason: 'policy.not_granted' }, 'arguments');
    expect(found).toMatchObject({ T0: 'not asked', T2: 'passed', T6: 'passed', T7: 'refused', T11: 'not reached' });
  });

  test('a question without arguments asks rules alone', () => {
    expect(outcomes({ kind: 'allow' }, 'rules')).toMatchObject({ T2: 'not asked', T7: 'passed', T9: 'not asked' });
  });

  test('who has to be asked stands between limits and budgets', () => {
    const found = outcomes({ kind: 'ask' }, 'arguments');
    expect(found).toMatchObject({ T11: 'passed', T13: 'asks', T14: 'not reached' });
  });

  test('a model’s call has its own steps', () => {
    expect(outcomes({ kind: 'deny', reason: 'model.not_allowed' }, 'rules', 'model')).toMatchObject({
      M2: 'passed',
      M3: 'refused',
      M9: 'not reached',
    });
  });
});
