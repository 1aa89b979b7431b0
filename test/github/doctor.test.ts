import { afterAll, beforeAll, expect, test } from 'vitest';
import { typist } from '../story/example.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';

let hub: TestGitHub;
let repository: TestRepository;
beforeAll(async () => {
  [hub, repository] = await Promise.all([startGitHub(), createRepository()]);
  await hub.createRepository({ owner: 'acme', name: 'agents', files: { 'README.md': 'Agents.\n' } });
  await repository.commit({
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [agents] }]\n',
  });
});
afterAll(async () => {
  await repository.remove();
  await hub.close();
});

type Settings = Readonly<Record<string, string>>;

async function doctor(settings: Settings) {
  const pawl = typist(repository.path, {
    PAWL_GITHUB_API_URL: hub.apiUrl,
    PAWL_GITHUB_REPOSITORY: 'acme/agents',
    ...settings,
  });
  const { stdout, stderr } = await pawl('doctor', '-o', 'json');
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Record<string, string>[] };
  return { said: stdout + stderr, checks: checks.filter(({ name = '' }) => name.startsWith('github')) };
}

const app = (): Settings => ({ PAWL_GITHUB_APP_ID: String(hub.app.id), PAWL_GITHUB_APP_KEY: hub.app.privateKey });

test('doctor asks GitHub who pawl is there and what it may do, and shows no key', async () => {
  const { checks, said } = await doctor({ ...app(), PAWL_GITHUB_WEBHOOK_SECRET: 'hush-7f3a' });
  expect(checks).toEqual([
    { name: 'github', state: 'ok', detail: `acme/agents as ${hub.app.login}, with check runs` },
    { name: 'github webhook', state: 'ok', detail: 'taken at /hooks/github, with a secret' },
  ]);
  expect(said).not.toContain('hush-7f3a');
  expect(said).not.toContain(hub.app.privateKey.split('\n')[1]);
});

test('doctor says why GitHub lets nobody in, and shows no token', async () => {
  const { checks, said } = await doctor({ PAWL_GITHUB_TOKEN: 'ghp_canary7f3a' });
  expect(checks).toMatchObject([{ name: 'github', state: 'failed', detail: expect.stringMatching(/^github\.\w+: /) }]);
  expect(said).not.toContain('canary7f3a');
});

test('doctor names a repository that the App is not installed on', async () => {
  const { checks } = await doctor({ ...app(), PAWL_GITHUB_REPOSITORY: 'acme/elsewhere' });
  expect(checks).toMatchObject([{ name: 'github', state: 'failed', detail: expect.stringMatching(/^github\.\w+: /) }]);
});
