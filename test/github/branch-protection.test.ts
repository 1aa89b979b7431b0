import { afterAll, beforeAll, expect, test } from 'vitest';
import { branchProtection } from '../../src/github/branch-protection.ts';
import { openGitHub } from '../../src/github/github.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';

let forge: TestGitHub;

beforeAll(async () => {
  forge = await startGitHub();
  await forge.createRepository({ owner: 'acme', name: 'agents', files: { 'a.yaml': 'a: 1\n' } });
});

afterAll(async () => {
  await forge.close();
});

function ask(login: string) {
  const token = { kind: 'token', token: { kind: 'text', text: forge.tokenOf(login) } } as const;
  const readSecret = async () => forge.tokenOf(login);
  const repository = { owner: 'acme', repo: 'agents' };
  return openGitHub({ apiUrl: forge.apiUrl, repository, login: token, readSecret, limits: { secondMs: 1 } });
}

test('what a branch asks of people is read at each question', async () => {
  const github = ask('acme');
  expect(await branchProtection(github, 'main')).toEqual({ requiresSignatures: false, reviews: 0 });
  await forge.protect('acme/agents', 'main', { requiredSignatures: true, requiredReviews: 2 });
  expect(await branchProtection(github, 'main')).toEqual({ requiresSignatures: true, reviews: 2 });
  await forge.protect('acme/agents', 'main', { requiredSignatures: false, requiredReviews: 1 });
  expect(await branchProtection(github, 'main')).toEqual({ requiresSignatures: false, reviews: 1 });
});

test('what pawl may not see asks for nothing', async () => {
  forge.setRole('acme/agents', 'reader', 'read');
  await forge.protect('acme/agents', 'main', { requiredSignatures: true, requiredReviews: 2 });
  expect(await branchProtection(ask('reader'), 'main')).toMatchObject({ reviews: 0 });
});

test('a forge that is away is an error, and never protection or its absence', async () => {
  forge.faults.failNext(503, '/rules/branches/main');
  forge.faults.failNext(503, '/rules/branches/main');
  forge.faults.failNext(503, '/rules/branches/main');
  await expect(branchProtection(ask('acme'), 'main')).rejects.toMatchObject({ code: 'github.unreachable' });
});
