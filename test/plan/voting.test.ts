import { describe, expect, test } from 'vitest';
import type { Rules } from '../../src/manifest/rules.ts';
import { countedFor, type Electorate, namesOf, outcomeOf } from '../../src/plan/voting.ts';
import { personKey } from '../../src/plan/approvers.ts';
import type { Ask } from '../../src/policy/approval.ts';
import { localPerson, type Person } from '../../src/policy/person.ts';

const rules = {
  groups: { leads: { github: { users: ['grace'] } } },
  ownership: [],
  approvals: {},
  guards: {},
} as unknown as Rules;
const ask = (change: Partial<Ask> = {}): Ask => ({ rule: 'AgentPolicy/ns/p', ttlMs: 1, fourEyes: true, ...change });
const leads = { groups: ['leads'], users: [], min: 1 };
const electorate = (asks: readonly Ask[], change: Partial<Electorate> = {}): Electorate => ({
  asks,
  namespace: 'ns',
  rules,
  involved: [{ keys: namesOf('Ada <ada@example.com>').map(personKey), why: 'submitted the run' }],
  ...change,
});
const person = (name: string, change: Partial<Person> = {}): Person => ({
  name,
  proof: 'token',
  groups: [],
  roles: [],
  ...change,
});

describe('whose word counts', () => {
  test('where a rule names nobody: who has the role in the namespace of the run, and in no other', () => {
    const approver = (namespace: string) => person('bob', { roles: [{ role: 'approver', namespaces: [namespace] }] });
    expect(countedFor(approver('ns'), 'approve', electorate([ask()]))).toEqual({ kind: 'counts', asks: [0] });
    expect(countedFor(approver('other'), 'approve', electorate([ask()]))).toMatchObject({
      code: 'approval.not_approver',
    });
    expect(countedFor(person('bob', { roles: [{ role: 'operator' }] }), 'approve', electorate([ask()]))).toMatchObject({
      code: 'approval.not_approver',
      why: 'bob is not asked: AgentPolicy/ns/p asks whoever has the role approver in ns, four eyes.',
    });
  });

  test('where a rule names people: they alone, whatever roles others have', () => {
    const of = electorate([ask({ approvers: leads })]);
    expect(countedFor(person('bob', { groups: ['leads'] }), 'approve', of)).toEqual({ kind: 'counts', asks: [0] });
    expect(countedFor(localPerson('grace'), 'approve', of)).toEqual({ kind: 'counts', asks: [0] });
    // A login of GitHub is not proved by a token whose maker gave it that name.
    expect(countedFor(person('grace'), 'approve', of)).toMatchObject({ code: 'approval.not_approver' });
    expect(countedFor(localPerson('root'), 'approve', of)).toMatchObject({ code: 'approval.not_approver' });
    const nobody = electorate([ask({ approvers: { groups: [], users: [], min: 1 } })]);
    expect(countedFor(localPerson('root'), 'approve', nobody)).toMatchObject({ code: 'approval.not_approver' });
  });

  test('under four eyes not who is involved, by any of their names; unless the rule says otherwise', () => {
    for (const name of ['ada', 'ADA', 'a\u200bda', 'oidc:ada@example.com', '12+ada@users.noreply.github.com']) {
      const said = countedFor(
        localPerson(name),
        'approve',
        electorate([ask()], { involved: [{ keys: ['ada', 'ada@example.com'], why: 'submitted the run' }] }),
      );
      expect(said, name).toMatchObject({ code: 'approval.four_eyes' });
    }
    const claims = { issuer: 'https://id', values: { email: 'ada@example.com' } };
    const known = electorate([ask()], {
      involved: [{ keys: ['ada@example.com'], why: 'wrote Agent/ns/a at 1234567' }],
    });
    expect(countedFor(person('0001', { claims, roles: [{ role: 'admin' }] }), 'approve', known)).toMatchObject({
      code: 'approval.four_eyes',
      why: '0001 wrote Agent/ns/a at 1234567: somebody else has to approve.',
    });
    const alone = electorate([ask({ fourEyes: false }), ask()], {
      involved: [{ keys: ['ada'], why: 'submitted the run' }],
    });
    expect(countedFor(localPerson('ada'), 'approve', alone)).toEqual({ kind: 'counts', asks: [0] });
  });

  test('to deny lets nothing through: who is involved may', () => {
    const of = electorate([ask()], { involved: [{ keys: ['ada'], why: 'submitted the run' }] });
    expect(countedFor(localPerson('ada'), 'deny', of)).toEqual({ kind: 'counts', asks: [0] });
  });
});

describe('what a request has come to', () => {
  const yes = (key: string, asks: readonly number[] = [0]) => ({ key, as: 'approve' as const, asks });
  const two = ask({ approvers: { ...leads, min: 2 } });

  test('each rule is satisfied by itself, by as many different people as it says', () => {
    expect(outcomeOf([two], [yes('ada')])).toBe('pending');
    expect(outcomeOf([two], [yes('ada'), yes('ada')])).toBe('pending');
    expect(outcomeOf([two], [yes('ada'), yes('bob')])).toBe('approved');
    expect(outcomeOf([two, ask()], [yes('ada'), yes('bob')])).toBe('pending');
    expect(outcomeOf([two, ask()], [yes('ada'), yes('bob'), yes('eve', [1])])).toBe('approved');
  });

  test('names that look alike are one person', () => {
    expect(
      outcomeOf(
        [two],
        ['ada', 'Ａda', 'ad\u0301a\u200d'].map((name) => yes(personKey(name))),
      ),
    ).toBe('pending');
  });

  test('one denial denies, and nobody asked is nobody satisfied', () => {
    expect(outcomeOf([two], [yes('ada'), { key: 'bob', as: 'deny', asks: [0] }])).toBe('denied');
    expect(outcomeOf([], [yes('ada')])).toBe('pending');
  });
});

test('the only person of a machine approves alone what four eyes would want, unless the rule names somebody else', () => {
  const ada = localPerson('ada');
  const involved = [{ keys: ['ada'], why: 'submitted the run' }];
  const alone = (one: Partial<Ask>) => countedFor(ada, 'approve', electorate([ask(one)], { isAlone: true, involved }));
  expect(alone({})).toEqual({ kind: 'counts', asks: [0], alone: true });
  expect(alone({ approvers: { groups: [], users: ['ada'], min: 1 } })).toMatchObject({ alone: true });
  expect(alone({ fourEyes: false })).toEqual({ kind: 'counts', asks: [0] });
  expect(alone({ approvers: { groups: [], users: ['ada', 'bob'], min: 1 } })).toMatchObject({
    code: 'approval.four_eyes',
  });
  expect(countedFor(ada, 'approve', electorate([ask()], { involved }))).toMatchObject({ code: 'approval.four_eyes' });
});
