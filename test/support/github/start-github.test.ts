import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openGitHub } from '../../../src/github/github.ts';
import { gitEnvironment } from '../git.ts';
import { startGitHub } from './start-github.ts';

const repository = { owner: 'acme', repo: 'agents' };

async function started() {
  const github = await startGitHub();
  onTestFinished(() => github.close());
  await github.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' }, roles: { ann: 'write' } });
  const key = { kind: 'text', text: github.app.privateKey } as const;
  const { octokit } = await openGitHub({
    apiUrl: github.apiUrl,
    repository,
    login: { kind: 'app', appId: github.app.id, key, installationId: undefined },
    readSecret: async () => github.app.privateKey,
  });
  return { github, octokit };
}

test('a pull request of a person is planned on, commented on and merged by an App', async () => {
  const { github, octokit } = await started();
  const head = await github.people.push('acme/agents', { branch: 'change', files: { 'b.txt': 'b\n' }, as: 'ann' });
  const pull = await github.people.openPullRequest('acme/agents', { head: 'change', title: 'Add b', as: 'ann' });
  const found = await octokit.rest.pulls.get({ ...repository, pull_number: pull.number });
  expect([found.data.mergeable, found.data.head.sha, found.data.user?.login]).toEqual([null, head, 'ann']);
  expect((await octokit.rest.pulls.get({ ...repository, pull_number: 1 })).data.mergeable).toBe(true);
  const comment = await octokit.rest.issues.createComment({ ...repository, issue_number: 1, body: 'The plan' });
  expect(comment.data.user?.login).toBe('pawl-app[bot]');
  await octokit.rest.issues.updateComment({ ...repository, comment_id: comment.data.id, body: 'The new plan' });
  const check = { name: 'pawl/plan', head_sha: head, conclusion: 'success' as const };
  await octokit.rest.checks.create({ ...repository, ...check, output: { title: 'x', summary: 'y' } });
  const checks = await octokit.rest.checks.listForRef({ ...repository, ref: head });
  expect(checks.data.check_runs.map(({ name, conclusion }) => [name, conclusion])).toEqual([['pawl/plan', 'success']]);
  const merged = await github.people.merge('acme/agents', 1, { method: 'squash' });
  expect(await github.git('acme/agents', 'rev-parse', 'main')).toBe(merged);
  expect(github.webhooks.deliveries.map(({ event, action }) => [event, action])).toEqual([
    ['push', undefined],
    ['pull_request', 'opened'],
    ['issue_comment', 'created'],
    ['issue_comment', 'edited'],
    ['pull_request', 'closed'],
    ['push', undefined],
  ]);
});

test('a real Git client clones, and pushes as whom its token says', async () => {
  const { github } = await started();
  const folder = await mkdtemp(join(tmpdir(), 'pawl-client-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const run = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: folder, env: gitEnvironment(), timeout: 15_000 })).stdout;
  const url = github.cloneUrl('acme', 'agents');
  await expect(run('clone', '--quiet', url, '.')).rejects.toThrow(/terminal prompts disabled|Authentication/);
  await run('clone', '--quiet', url.replace('//', `//x:${github.tokenOf('ann')}@`), '.');
  await writeFile(join(folder, 'c.txt'), 'c\n');
  await run('add', '--all');
  await run('commit', '--quiet', '-m', 'Add c');
  await run('push', '--quiet', 'origin', 'HEAD:change');
  await github.people.openPullRequest('acme/agents', { head: 'change', as: 'ann' });
  await run('commit', '--quiet', '--amend', '-m', 'Add c again');
  await run('push', '--quiet', '--force', 'origin', 'HEAD:change');
  expect(github.state('acme/agents').activity.map(({ kind, actor }) => [kind, actor])).toEqual([
    ['branch_creation', 'ann'],
    ['force_push', 'ann'],
  ]);
  expect(await github.git('acme/agents', 'rev-parse', 'refs/pull/1/head')).toBe(
    (await run('rev-parse', 'HEAD')).trim(),
  );
  expect(github.webhooks.deliveries.at(-1)?.action).toBe('synchronize');
  await expect(run('push', 'origin', 'HEAD:refs/pull/1/head')).rejects.toThrow(/hidden ref/);
});
