import { describe, expect, test } from 'vitest';
import type { Rules } from '../../src/manifest/rules.ts';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { keptMembership, standingOf, type Voter, voterKey } from '../../src/plan/approvers.ts';

const issuer = 'https://login.example.com';
const rules: Rules = {
  ...ordinaryRules,
  groups: {
    security: {
      github: { users: ['octocat'], teams: ['acme/security'] },
      oidc: [
        { claim: 'groups', value: 'security-reviewers' },
        { issuer, claim: 'realm.roles', value: 'approver' },
      ],
    },
    platform: { oidc: [{ claim: 'https://example.com/team', value: 'platform' }] },
  },
};
const of = (...groups: string[]) => ({ groups, users: [], min: 1 });
const claimed = (values: Record<string, never> | object, from = issuer) => ({
  name: 'oidc:ada',
  groups: [],
  claims: { issuer: from, values: values as Record<string, never> },
});

const gitHub = (login: string, ...teams: string[]): Voter => {
  return { name: `github:${login}`, groups: [], proof: 'github', github: { login, teams } };
};

describe('a person is of a group', () => {
  test.each<[string, Voter, string]>([
    ['by their name', { name: 'OctoCat', groups: [] }, 'security'],
    ['by what their token carries', { name: 'ada', groups: ['security'] }, 'security'],
    ['by a claim that is a list', claimed({ groups: ['x', 'security-reviewers'] }), 'security'],
    ['by a claim that is a text', claimed({ groups: 'security-reviewers' }), 'security'],
    ['by a claim inside claims', claimed({ realm: { roles: ['approver'] } }), 'security'],
    ['by the login that GitHub has authenticated', gitHub('OctoCat'), 'security'],
    ['by a team that GitHub says they are of', gitHub('ada', 'Acme/Security'), 'security'],
    ['by a claim whose name has dots', claimed({ 'https://example.com/team': 'platform' }), 'platform'],
  ])('%s', (_, voter, group) => {
    expect(standingOf(voter, of(group), rules)).toEqual({ may: true });
  });

  test.each<[string, Voter, string]>([
    ['whose token is named like a login of GitHub', { name: 'octocat', groups: [], proof: 'token' }, 'security'],
    [
      'whose provider names them like a login of GitHub',
      { ...claimed({}), name: 'octocat', proof: 'oidc' },
      'security',
    ],
    ['who says on GitHub that their name is another', { ...gitHub('eve'), name: 'octocat' }, 'security'],
    ['whose team is of another organisation', gitHub('ada', 'evil/security'), 'security'],
    ['whose team is named like a group', gitHub('ada', 'security'), 'security'],
    ['whose name only looks alike', { name: '\u212Acat', groups: [] }, 'security'],
    ['whose token carries another', { name: 'ada', groups: ['platform'] }, 'security'],
    ['whose token carries one that no rule defines', { name: 'ada', groups: ['ghosts'] }, 'ghosts'],
    ['whose claim has other letters', claimed({ groups: ['Security-Reviewers'] }), 'security'],
    ['whose claim has the value inside a longer text', claimed({ groups: 'security-reviewers-not' }), 'security'],
    [
      'whose claim is of another issuer',
      claimed({ realm: { roles: ['approver'] } }, 'https://evil.example'),
      'security',
    ],
    ['whose claim is inherited', claimed(Object.create({ groups: 'security-reviewers' })), 'security'],
    ['who is of a team, which is not proved', { name: 'ada', groups: [] }, 'security'],
  ])('and nobody else: %s', (_, voter, group) => {
    expect(standingOf(voter, of(group), rules)).toMatchObject({ may: false });
  });

  test('one person counts once, whatever door they came by', () => {
    const keys = [gitHub('Ada'), { name: 'ada' }, { name: 'oidc:ada' }, { name: 'github:ada' }].map(voterKey);
    expect(new Set(keys)).toEqual(new Set(['ada']));
  });

  test('a refusal says what cannot be proved there', () => {
    expect(standingOf({ name: 'ada', groups: [] }, of('security'), rules)).toEqual({
      may: false,
      why: 'ada is not of group security. Teams and claims cannot be proved on the command line: only `users` of a group count here.',
    });
    expect(standingOf(claimed({}), of('security'), rules)).toEqual({
      may: false,
      why: 'oidc:ada is not of group security. Teams of GitHub cannot be proved here.',
    });
    expect(standingOf({ name: 'octocat', groups: [], proof: 'token' }, of('security'), rules)).toEqual({
      may: false,
      why: 'octocat is not of group security. The name of a token proves no login of GitHub: give the token the group, or answer on the pull request.',
    });
    expect(standingOf(gitHub('ada'), of('security'), rules)).toEqual({
      may: false,
      why: 'github:ada is not of group security.',
    });
  });
});

describe('what is kept of a membership', () => {
  const full = claimed({
    groups: ['payroll', 'security-reviewers'],
    email: 'ada@example.com',
    realm: { roles: ['approver', 'x'] },
  });

  test('is only what the rules name', () => {
    expect(keptMembership(full, rules)).toEqual({
      groups: [],
      claims: { issuer, values: { groups: ['security-reviewers'], 'realm.roles': ['approver'] } },
    });
  });

  test('says which door and which login it was', () => {
    const { name: _name, ...membership } = gitHub('ada', 'acme/security');
    expect(keptMembership(membership, rules)).toEqual(membership);
  });

  test('is judged as the person themselves would be', () => {
    const kept = { name: 'oidc:ada', ...keptMembership(full, rules) };
    expect(standingOf(kept, of('security'), rules)).toEqual({ may: true });
    const stricter = { ...rules, groups: { security: { oidc: [{ claim: 'groups', value: 'another' }] } } };
    expect(standingOf(kept, of('security'), stricter)).toMatchObject({ may: false });
  });
});
