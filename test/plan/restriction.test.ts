import { describe, expect, test } from 'vitest';
import { restrictionsOf, asksOf, uncovered } from '../../src/plan/restriction.ts';
import type { ApprovalTerms } from '../../src/policy/approval.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';

type Rules = Partial<SubjectAuthority>;

function authority(rules: Rules): SubjectAuthority {
  const limits = { maxSteps: 10, maxToolCalls: 50, timeoutMs: 300_000 };
  return { models: {}, tools: {}, limits, budgets: [], ...rules };
}

/** What the rules before demand that those after do not, and the other way round. */
function between(before: Rules, after: Rules, together = true): { lost: readonly string[]; gained: readonly string[] } {
  const [was, is] = [before, after].map((rules) => restrictionsOf(authority(rules), () => together));
  const lines = (from = was, by = is) => uncovered(from ?? [], by ?? []).map(({ kind, rule }) => `${kind} ${rule}`);
  return { lost: lines(was, is), gained: lines(is, was) };
}

const p = 'AgentPolicy/default/p';
const terms: ApprovalTerms = {
  approvers: { groups: ['a'], users: [], min: 2 },
  ttlMs: 900_000,
  fourEyes: true,
};
const people = (change: Partial<NonNullable<ApprovalTerms['approvers']>>): ApprovalTerms => ({
  ...terms,
  approvers: { groups: ['a'], users: [], min: 2, ...change },
});

const condition = (expr: string, id = `${p}#a`): Rules => ({ conditions: [{ id, kind: 'denyUnless', expr }] });
const flow = (rule: Partial<NonNullable<SubjectAuthority['flow']>[number]>): Rules => ({
  flow: [{ id: `${p}#flow-0`, when: ['privateRead'], what: 'deny', target: 'externalWrite', ...rule }],
  approvals: { [p]: terms },
});
const rate = (limit: number, id = `${p}#rate-0`): Rules => ({ rates: [{ id, key: 'run', limit, windowMs: 60_000 }] });

describe('a rule that is looser, or not there any more, is lost; its opposite is gained', () => {
  const looser: readonly [string, Rules, Rules][] = [
    ['a condition less', condition('args.n < 3'), {}],
    ['a flow rule less', flow({}), {}],
    ['a flow rule that starts later', flow({}), flow({ when: ['privateRead', 'untrustedRead'] })],
    ['a flow rule that asks', flow({}), flow({ what: 'ask', asks: p })],
    ['a higher rate', rate(3), rate(9)],
    ['a rate less', rate(3), {}],
    [
      'a host more',
      { egress: [{ rule: p, hosts: ['a.example'] }] },
      { egress: [{ rule: p, hosts: ['a.example', 'b.example'] }] },
    ],
    ['any host', { egress: [{ rule: p, hosts: [] }] }, {}],
    [
      'a pattern of hosts',
      { egress: [{ rule: p, hosts: ['a.b.example'] }] },
      { egress: [{ rule: p, hosts: ['*.b.example'] }] },
    ],
    ['a lower floor', { isolation: { rule: p, min: 'sandbox' } }, { isolation: { rule: p, min: 'process' } }],
    ['no floor', { isolation: { rule: p, min: 'sandbox' } }, {}],
    [
      'a gateway not required',
      { gateways: [{ rule: p, require: ['model', 'tool'] }] },
      { gateways: [{ rule: p, require: ['tool'] }] },
    ],
    [
      'a gateway more',
      { gateways: [{ rule: p, require: ['model'], allow: ['default/a'] }] },
      { gateways: [{ rule: p, require: ['model'], allow: ['default/a', 'default/b'] }] },
    ],
    [
      'any gateway',
      { gateways: [{ rule: p, require: ['model'], allow: [] }] },
      { gateways: [{ rule: p, require: ['model'] }] },
    ],
    ['a guard less', { guards: ['default/g'] }, {}],
  ];

  test.each(looser)('%s', (_title, tight, loose) => {
    expect(between(tight, loose).lost).toHaveLength(1);
    expect(between(loose, tight).lost).toEqual([]);
    expect(between(loose, tight).gained).toHaveLength(1);
  });

  test.each([
    ['an expression', condition('args.n < 3'), condition('args.n < 4')],
    ['the kind of a flow rule’s calls', flow({}), flow({ target: 'untrustedRead' })],
    ['a guard', { guards: ['default/a'] }, { guards: ['default/b'] }],
    ['the window of a rate', rate(3), { rates: [{ id: `${p}#rate-0`, key: 'run', limit: 3, windowMs: 1000 }] }],
  ] as const)('another text of %s is not provably narrower, whichever way it changes', (_title, one, other) => {
    expect(between(one, other).lost).toHaveLength(1);
    expect(between(other, one).lost).toHaveLength(1);
  });
});

test('a condition on labels says another thing of other labels', () => {
  const rules = condition('agent.labels.team == "x"');
  const of = (team: string): Rules => ({ ...rules, facts: { agent: { team } } });
  expect(between(of('x'), of('y')).lost).toEqual([`condition ${p}#a`]);
  expect(
    between({ ...condition('args.n < 3'), facts: { agent: { team: 'x' } } }, condition('args.n < 3')).lost,
  ).toEqual([]);
});

describe('the same rule elsewhere says nothing', () => {
  const q = 'AgentPolicy/default/q';

  test.each([
    ['a condition of another policy, under another name', condition('x'), condition('x', `${q}#b`)],
    ['a rate of a policy that reaches as many', rate(3), rate(3, `${q}#rate-0`)],
    [
      'hosts in another order',
      { egress: [{ rule: p, hosts: ['a', 'b'] }] },
      { egress: [{ rule: q, hosts: ['b', 'a'] }] },
    ],
    ['a floor of another policy', { isolation: { rule: p, min: 'wasm' } }, { isolation: { rule: q, min: 'wasm' } }],
  ] as const)('%s', (_title, before, after) => {
    expect(between(before, after)).toEqual({ lost: [], gained: [] });
  });

  test('but for an account that fewer share: cut in two, it is twice as much', () => {
    expect(between(rate(3), rate(3, `${q}#rate-0`), false).lost).toEqual([`rate ${p}#rate-0`]);
    const budget = (id: string): Rules => ({ budgets: [{ id, scope: 'run', unit: 'calls', limit: 5 }] });
    expect(between(budget(`${p}#0`), budget(`${q}#0`), false).lost).toEqual([`budget ${p}#0`]);
    expect(between(budget(`${p}#0`), budget(`${q}#0`)).lost).toEqual([]);
  });
});

describe('who is asked', () => {
  const asked = (approval: ApprovalTerms | undefined, rule = p): SubjectAuthority =>
    authority({
      tools: { 'default/refund': { kind: 'ask', rule: 'AgentRole/default/r', asks: [rule] } },
      ...(approval === undefined ? {} : { approvals: { [rule]: approval } }),
    });
  const lost = (before: ApprovalTerms, after: ApprovalTerms, rule = p): number =>
    uncovered(asksOf(asked(before), 'default/refund'), asksOf(asked(after, rule), 'default/refund')).length;

  test.each([
    ['one fewer has to agree', terms, people({ min: 1 })],
    ['others may agree too', terms, people({ groups: ['a', 'b'] })],
    ['a person may agree too', terms, people({ users: ['ada'] })],
    ['an agreement holds longer', terms, { ...terms, ttlMs: 3_600_000 }],
    ['two eyes are enough', terms, { ...terms, fourEyes: false }],
    ['whoever is an approver may agree', terms, { ttlMs: 900_000, fourEyes: true }],
  ])('%s', (_title, tight, loose) => {
    expect(lost(tight, loose)).toBe(1);
  });

  test('fewer people, who all have to agree sooner, are no loss, whoever asks them', () => {
    const stricter = { ...people({ groups: ['a'], min: 3 }), ttlMs: 60_000 };
    expect(lost(terms, stricter)).toBe(0);
    expect(lost(terms, stricter, 'ToolPermission/default/q')).toBe(0);
  });

  test('a condition that asks is as strict as the people whom it asks', () => {
    const askIf = (approval: ApprovalTerms): Rules => ({
      conditions: [{ id: `${p}#a`, kind: 'askIf', expr: 'x', asks: p }],
      approvals: { [p]: approval },
    });
    expect(between(askIf(terms), askIf(people({ min: 1 }))).lost).toEqual([`condition ${p}#a`]);
    expect(between(askIf(people({ min: 1 })), askIf(terms))).toEqual({ lost: [], gained: [`condition ${p}#a`] });
  });
});
