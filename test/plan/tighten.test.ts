import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { RecordedUse, UsedStep } from '../../src/plan/recorded-use.ts';
import { tighten } from '../../src/plan/tighten.ts';
import { base, triage, writer } from '../policy/estate.ts';
import { mapOf, policy, role } from './fixture.ts';

const exact = role('support', ['tool:search:read', 'tool:refund:delete', 'tool:refund:write', 'capability:money']);
const estate = mapOf([...base.filter(({ kind }) => kind !== 'AgentRole'), exact, triage]);
const step: UsedStep = { agent: 'default/writer', models: 2, tools: 3, tokens: 100, cost: 5 };
const call = { kind: 'tool', target: 'default/search', calls: 9, last: '2026-01-01T00:00:00.000Z' } as const;

function use(change: Partial<RecordedUse> = {}): RecordedUse {
  return {
    days: 30,
    runs: 40,
    runsMax: 5_000,
    ages: [{ address: 'Agent/default/writer', days: 90 }],
    calls: [{ ...call, agent: 'default/writer', isKnown: true }],
    steps: Array.from({ length: 40 }, () => step),
    most: { calls: 5, tokens: 100, usd: 5 },
    budgets: [],
    ...change,
  };
}

const lines = (recorded: RecordedUse, resources = estate): readonly string[] =>
  tighten(resources, recorded).proposals.flatMap(({ address, evidence }) =>
    evidence.map(({ field, before, after }) => `${address} ${field}: ${before} -> ${after}`),
  );

describe('what recorded use justifies', () => {
  test('a tool that was not called, the permissions for it, and limits with room to grow', () => {
    expect(lines(use())).toEqual([
      'Agent/default/writer spec.tools["default/refund"]: listed -> removed',
      'Agent/default/writer spec.limits.maxSteps: 10 -> 3',
      'Agent/default/writer spec.limits.maxToolCalls: 50 -> 5',
      'AgentRole/default/support spec.permissions["tool:refund:delete"]: given -> removed',
      'AgentRole/default/support spec.permissions["tool:refund:write"]: given -> removed',
    ]);
  });

  test('the one execution that used most counts', () => {
    const most = { ...step, models: 6, tools: 30 };
    expect(lines(use({ steps: [...use().steps, most] }))).toEqual(
      expect.arrayContaining(['Agent/default/writer spec.limits.maxSteps: 10 -> 9']),
    );
  });

  test('never raises a limit', () => {
    const most = { ...step, models: 9, tools: 60 };
    expect(lines(use({ steps: [...use().steps, most] })).filter((line) => line.includes('limits'))).toEqual([]);
  });

  test.each([
    ['worked too seldom', use({ steps: [step] }), 'it worked 1 times, and 20 say something'],
    ['is too new', use({ ages: [{ address: 'Agent/default/writer', days: 3 }] }), 'it is there for 3 of 30 days'],
    ['was never applied', use({ ages: [] }), 'it is there for 0 of 30 days'],
  ])('nothing of an agent that %s', (_title, recorded, because) => {
    expect(tighten(estate, recorded)).toEqual({ proposals: [], left: [{ address: 'Agent/default/writer', because }] });
  });

  test('nothing that somebody called whom nobody can name', () => {
    const nested = { ...call, target: 'default/refund', agent: undefined, isKnown: false };
    expect(lines(use({ calls: [...use().calls, nested] }))).toEqual([]);
  });

  test('no tool that an answer must have behind it, and no permission with a star', () => {
    const required = writer({ execution: { onDeny: 'inform', maxDenials: 3, requiredTools: ['refund'] } });
    expect(
      lines(use(), new Map([...estate, [required.address, required]])).filter((one) => /removed/.test(one)),
    ).toEqual([]);
    const starred = role('support', ['tool:*:*']);
    expect(lines(use(), new Map([...estate, [starred.address, starred]])).filter((one) => /Role/.test(one))).toEqual(
      [],
    );
  });

  test('the same for the same record', () => {
    expect(JSON.stringify(tighten(estate, use()))).toBe(JSON.stringify(tighten(estate, use())));
  });

  describe('of policies', () => {
    const name = 'AgentPolicy/default/house';
    const day = { scope: 'agent', unit: 'calls', window: 'day', limit: 900 };
    const money = { scope: 'namespace', unit: 'usd', window: 'month', limit: '50' };
    const house = (spec: JsonObject) => new Map([...estate, [name, policy('house', spec)]]) as typeof estate;
    const ofPolicy = (recorded: RecordedUse, spec: JsonObject) =>
      lines(recorded, house(spec)).filter((line) => line.startsWith('AgentPolicy'));

    test('budgets leave room for the window or the run that used most, and half as much again', () => {
      const budgets = [
        { budget: `${name}#agent-calls-day`, windows: 9, most: 40 },
        { budget: `${name}#namespace-usd-month`, windows: 5, most: 1_200_000 },
      ];
      const spec = { global: true, budgets: [day, money, { scope: 'run', unit: 'tokens', limit: 20_000 }] };
      expect(ofPolicy(use({ budgets }), spec)).toEqual([
        `${name} spec.budgets[agent-calls-day].limit: 900 -> 60`,
        `${name} spec.budgets[namespace-usd-month].limit: 50 -> 1.8`,
        `${name} spec.budgets[run-tokens].limit: 20000 -> 150`,
      ]);
    });

    test('a budget stays of which too little is known, or that is tight already', () => {
      const few = [{ budget: `${name}#agent-calls-day`, windows: 4, most: 4 }];
      const tight = [{ budget: `${name}#agent-calls-day`, windows: 9, most: 700 }];
      const spec = { global: true, budgets: [day] };
      for (const budgets of [[], few, tight]) expect(ofPolicy(use({ budgets }), spec)).toEqual([]);
      const ofRun = { global: true, budgets: [{ scope: 'run', unit: 'calls', limit: 500 }] };
      expect(ofPolicy(use({ runs: 19 }), ofRun)).toEqual([]);
    });

    test('a model is allowed that an agent names or that was asked, whether or not it was needed', () => {
      const asked = { ...call, agent: 'default/writer', isKnown: true, kind: 'model', target: 'default/rare' } as const;
      const spec = { global: true, models: { allow: ['small', 'rare', 'forgotten'] } };
      expect(ofPolicy(use({ calls: [...use().calls, asked] }), spec)).toEqual([
        `${name} spec.models.allow["default/forgotten"]: allowed -> removed`,
      ]);
      expect(ofPolicy(use({ runs: 3 }), spec)).toEqual([]);
    });
  });
});
