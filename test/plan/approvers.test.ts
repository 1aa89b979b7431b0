import { describe, expect, test } from 'vitest';
import type { Rules } from '../../src/manifest/rules.ts';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { keptMembership, standingOf } from '../../src/plan/approvers.ts';

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

describe('a person is of a group', () => {
  test.each([
    ['by their name', { name: 'OctoCat', groups: [] }, 'security'],
    ['by what their token carries', { name: 'ada', groups: ['security'] }, 'security'],
    ['by a claim that is a list', claimed({ groups: ['x', 'security-reviewers'] }), 'security'],
    ['by a claim that is a text', claimed({ groups: 'security-reviewers' }), 'security'],
    ['by a claim inside claims', claimed({ realm: { roles: ['approver'] } }), 'security'],
    ['by a claim whose name has dots', claimed({ 'https://example.com/team': 'platform' }), 'platform'],
  ])('%s', (_, voter, group) => {
    expect(standingOf(voter, of(group), rules)).toEqual({ may: true });
  });

  test.each([
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

  test('a refusal says what cannot be proved there', () => {
    expect(standingOf({ name: 'ada', groups: [] }, of('security'), rules)).toEqual({
      may: false,
      why: 'ada is not of group security. Teams and claims cannot be proved on the command line: only `users` of a group count here.',
    });
    expect(standingOf(claimed({}), of('security'), rules)).toEqual({
      may: false,
      why: 'oidc:ada is not of group security. Teams of GitHub cannot be proved here.',
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

  test('is judged as the person themselves would be', () => {
    const kept = { name: 'oidc:ada', ...keptMembership(full, rules) };
    expect(standingOf(kept, of('security'), rules)).toEqual({ may: true });
    const stricter = { ...rules, groups: { security: { oidc: [{ claim: 'groups', value: 'another' }] } } };
    expect(standingOf(kept, of('security'), stricter)).toMatchObject({ may: false });
  });
});
