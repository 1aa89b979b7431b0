import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createRepository, gitEnvironment, serveGit, type TestRepository } from './git-http.ts';

async function repositoryWithTwoCommits(): Promise<TestRepository> {
  const repository = await createRepository();
  onTestFinished(() => repository.remove());
  await repository.commit({ 'agents/one.yaml': 'kind: Agent\n', 'gone.txt': 'x' }, 'Add one');
  await repository.commit({ 'agents/two.yaml': 'kind: Agent\n', 'gone.txt': undefined }, 'Add two');
  return repository;
}

async function clone(url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-clone-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await promisify(execFile)('git', ['clone', '--quiet', url, folder], { env: gitEnvironment(), timeout: 60_000 });
  return folder;
}

test('a repository is cloned over smart HTTP with the history that was committed', async () => {
  const repository = await repositoryWithTwoCommits();
  const server = await serveGit(repository);
  onTestFinished(() => server.close());
  const folder = await clone(server.url);
  expect(await readFile(join(folder, 'agents/two.yaml'), 'utf8')).toBe('kind: Agent\n');
  await expect(readFile(join(folder, 'gone.txt'))).rejects.toThrow(/ENOENT/);
  expect(server.requests[0]).toMatch(/info\/refs\?service=git-upload-pack$/);
});

test('a repository behind basic auth is refused without the password and served with it', async () => {
  const repository = await repositoryWithTwoCommits();
  const server = await serveGit(repository, { basicAuth: { user: 'reader', password: 'open sesame' } });
  onTestFinished(() => server.close());
  await expect(clone(server.url)).rejects.toThrow(/terminal prompts disabled|Authentication failed/);
  await clone(server.url.replace('http://', 'http://reader:open%20sesame@'));
});

test('the same files give the same commit id in two repositories', async () => {
  const [one, two] = await Promise.all([repositoryWithTwoCommits(), repositoryWithTwoCommits()]);
  expect(await one.git('rev-parse', 'HEAD')).toBe(await two.git('rev-parse', 'HEAD'));
});
