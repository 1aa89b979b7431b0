import { expect, test } from 'vitest';
import { checkGitHub } from '../../src/cli/check-github.ts';

const found = {
  repository: 'acme/agents',
  kind: 'app',
  login: 'pawl[bot]',
  fault: undefined,
  missing: [],
  hasWebhookSecret: true,
} as const;

test('doctor names who pawl is, what it may not do, and that webhooks need a secret', () => {
  expect(checkGitHub(found).map(({ state }) => state)).toEqual(['ok', 'ok']);
  const checks = checkGitHub({
    ...found,
    missing: ['checks: write, for check runs of plans'],
    hasWebhookSecret: false,
  });
  expect(checks.map(({ state, detail }) => `${state} ${detail}`)).toEqual([
    'ok acme/agents as pawl[bot], with check runs',
    'warning missing checks: write, for check runs of plans',
    'warning none is taken: pull requests are found by a sweep every 5 minutes',
  ]);
  expect(checkGitHub({ ...found, kind: 'token' })[0]?.detail).toContain('commit statuses');
  expect(checkGitHub({ ...found, fault: 'github.unauthorised: no' })).toEqual([
    { name: 'github', state: 'failed', detail: 'github.unauthorised: no' },
  ]);
});
