import { describe, expect, test } from 'vitest';
import { type RecordedUse, tighten, type UsedStep } from '../../src/plan/tighten.ts';
import { base, triage, writer } from '../policy/estate.ts';
import { mapOf, role } from './fixture.ts';

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

  test('nothing that somebody called whom the record does not name', () => {
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
});
