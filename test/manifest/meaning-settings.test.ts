import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/manifest/json.ts';
import { riskNames } from '../../src/manifest/risk-codes.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';
import { parseSettings } from '../../src/manifest/settings.ts';
import { bytesOf } from './manifests.ts';

const groups = {
  security: {
    description: 'Who answers for what agents may do',
    github: { teams: ['acme/security'], users: ['octocat', 'ada-lovelace_acme'] },
    oidc: [{ issuer: 'https://login.example.com', claim: 'realm.groups', value: 'security' }],
  },
  finance: { oidc: [{ claim: 'groups', value: 'finance' }] },
};

const environment = {
  name: 'prod',
  branch: 'main',
  paths: ['agents'],
  drift: 'heal',
  apply: 'manual',
  windows: [
    { name: 'office-hours', verdict: 'allow', cron: '0 9 * * MON-THU', duration: '8h', timeZone: 'Europe/Berlin' },
    { verdict: 'deny', cron: '0 0 24 12 *', duration: '72h' },
  ],
  guards: {
    maxDeletes: 3,
    maxDeletePercent: 5,
    maxUpdates: 20,
    maxUpdatePercent: 50,
    protectedKinds: ['Memory', 'Secret'],
  },
  approvals: { 'access.widened': { groups: ['security'] }, R4: { groups: ['finance'], users: ['ada'], min: 2 } },
  signatures: { mode: 'require', allowedSigners: '.pawl/allowed_signers' },
  alerts: ['oncall', 'ops/oncall'],
};

describe('pawl.yaml says who approves, when and under which guards', () => {
  test('and everything of it is known', () => {
    expect(
      problemsOf({ groups, environments: [environment], ownership: [{ path: 'a', owners: ['security'] }] }),
    ).toEqual([]);
  });

  test.each([
    ['a window that never opens', { windows: [{ cron: '0 0 30 2 *', duration: '1h' }] }, 'manifest.cron_never'],
    ['a window without a length', { windows: [{ cron: '0 0 * * *' }] }, 'manifest.required Add `duration`.'],
    [
      'a window in no zone',
      { windows: [{ cron: '0 0 * * *', duration: '1h', timeZone: 'Berlin' }] },
      'manifest.time_zone A name of the IANA time zone database',
    ],
    [
      'two windows of one name',
      {
        windows: [
          { name: 'a', cron: '0 0 * * *', duration: '1h' },
          { name: 'a', cron: '0 1 * * *', duration: '1h' },
        ],
      },
      'manifest.duplicate_entry Keep one of the two.',
    ],
    [
      'a risk that is none',
      { approvals: { 'access.widend': { users: ['ada'] } } },
      'manifest.name Did you mean `access.widened`?',
    ],
    [
      'a risk that has two names',
      { approvals: { R1: { users: ['ada'] }, 'access.widened': { users: ['ada'] } } },
      'manifest.duplicate_entry Keep one of the two. (`R1` is `access.widened`, which has approvers already.)',
    ],
    [
      'a group that is none',
      { approvals: { R1: { groups: ['secruity'] } } },
      'settings.group Did you mean `security`?',
    ],
    ['nobody who approves', { approvals: { R1: {} } }, 'manifest.required Add one of them.'],
    ['too few who approve', { approvals: { R1: { users: ['ada'], min: 2 } } }, 'manifest.limit Name more'],
    ['signatures of nobody', { signatures: { mode: 'require' } }, 'manifest.required Add `allowedSigners`.'],
    [
      'signers whom nobody asks for',
      { signatures: { allowedSigners: 'a' } },
      'manifest.contradiction Say `mode: require`, or remove it.',
    ],
    [
      'signers out of the repository',
      { signatures: { mode: 'require', allowedSigners: 'a/../../b' } },
      'settings.path Use a path inside it, without `..`.',
    ],
    [
      'a kind that cannot be protected',
      { guards: { protectedKinds: ['Agnet'] } },
      'manifest.value Did you mean `Agent`?',
    ],
    ['more than all', { guards: { maxDeletePercent: 101 } }, 'manifest.limit The share'],
    ['a mode of drift that is none', { drift: 'ignore' }, 'manifest.value One of: alert, heal.'],
    ['an alert to what is no name', { alerts: ['On Call'] }, 'manifest.format The name of a resource'],
  ])('%s is refused', (_what, change, expected) => {
    const problems = problemsOf({ groups, environments: [{ ...environment, ...change } as Json] });
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ['an empty group', { a: {} }, 'manifest.limit'],
    ['a group of nobody at GitHub', { a: { github: {} } }, 'manifest.limit Members by GitHub.'],
    ['a team without its organisation', { a: { github: { teams: ['security'] } } }, 'manifest.format A team'],
    ['a user who is none', { a: { github: { users: ['-ada'] } } }, 'manifest.format A login.'],
    ['a claim without a value', { a: { oidc: [{ claim: 'groups' }] } }, 'manifest.required Add `value`.'],
    [
      'an issuer without TLS',
      { a: { oidc: [{ issuer: 'http://login.example.com', claim: 'groups', value: 'x' }] } },
      'manifest.format The issuer of the token',
    ],
    ['a name that is none', { 'A b': { github: { users: ['ada'] } } }, 'manifest.name'],
  ])('%s is refused', (_what, named, expected) => {
    const { approvals: _approvals, ...rest } = environment;
    expect(problemsOf({ groups: named, environments: [rest] })).toEqual([expect.stringContaining(expected)]);
  });

  test('an owner is one of the groups', () => {
    const { approvals: _approvals, ...rest } = environment;
    expect(problemsOf({ environments: [rest], ownership: [{ path: 'a', owners: ['nobody'] }] })).toEqual([
      expect.stringContaining('settings.group Add it to `groups` of pawl.yaml'),
    ]);
  });
});

test('each risk class has its number and its name', () => {
  const written = JSON.stringify(schemas['pawl.schema.json']);
  expect(riskNames).toHaveLength(13);
  const names = ['R1', 'R13', ...riskNames].map((name) => JSON.stringify(name));
  expect(names.filter((name) => !written.includes(name))).toEqual([]);
});

/** `code help (message)` of what is wrong, beside what this build lacks. */
function problemsOf(settings: Json): string[] {
  const text = JSON.stringify({ apiVersion: 'pawl/v1', ...(settings as object) }, undefined, 1);
  return parseSettings({ path: 'pawl.yaml', bytes: bytesOf(text) })
    .problems.filter(({ code }) => code !== 'manifest.unsupported')
    .map(({ code, help, message }) => `${code} ${help ?? ''} (${message})`);
}
