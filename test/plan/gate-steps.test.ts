import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { checksOf, gateChecks, gateSteps } from '../../src/plan/gate-steps.ts';
import { policyCodes } from '../../src/policy/reason.ts';

const listed = gateChecks.flatMap(({ reasons }) => reasons);
/** Codes of the checks before a call of one sort is made, or of those behind it. */
const codesOf = (sort: 'tool' | 'model', isBehind: boolean) =>
  checksOf(sort).flatMap(({ reasons, needs }) => ((needs === 'call') === isBehind ? reasons : []));

describe('the gate’s checks', () => {
  test('give every reason of the gate to one of them, and of the checks before or behind a call to no other', () => {
    expect(Object.keys(policyCodes).filter((reason) => !listed.includes(reason))).toEqual([]);
    for (const sort of ['tool', 'model'] as const)
      for (const isBehind of [false, true]) {
        const each = codesOf(sort, isBehind);
        expect(each.filter((reason, index) => each.indexOf(reason) !== index)).toEqual([]);
      }
  });

  test('name no reason that nothing documents, but for rates', () => {
    expect(listed.filter((reason) => !Object.hasOwn(codes, reason) && !reason.startsWith('rate.'))).toEqual([]);
  });

  test('are in the order of their numbers, for tools and for models', () => {
    for (const sort of ['tool', 'model'] as const) {
      const numbers = checksOf(sort).map(({ step }) => Number(step.slice(1)));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    const stepsOf = (sort: 'tool' | 'model') => new Set(checksOf(sort).map(({ step }) => step));
    expect([...stepsOf('tool')]).toEqual(Array.from({ length: 20 }, (_, index) => `T${index}`));
    expect([...stepsOf('model')]).toEqual(Array.from({ length: 14 }, (_, index) => `M${index}`));
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

  test.each(['guard.blocked', 'guard.failed'])('%s is of what a call sends, or of what came back of it', (reason) => {
    const refused = (isMade: boolean, sort: 'tool' | 'model') =>
      gateSteps({ kind: 'deny', reason, isMade }, 'call', sort).filter(({ outcome }) => outcome === 'refused');
    expect([refused(false, 'tool'), refused(true, 'tool')]).toMatchObject([[{ step: 'T5' }], [{ step: 'T18' }]]);
    expect([refused(false, 'model'), refused(true, 'model')]).toMatchObject([[{ step: 'M7' }], [{ step: 'M13' }]]);
  });

  test('a model’s call has its own steps', () => {
    expect(outcomes({ kind: 'deny', reason: 'model.not_allowed' }, 'rules', 'model')).toMatchObject({
      M2: 'passed',
      M3: 'refused',
      M9: 'not reached',
    });
  });
});
