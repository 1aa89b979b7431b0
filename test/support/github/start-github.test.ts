import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openGitHub } from '../../../src/github/github.ts';
import { gitEnvironment } from '../git.ts';
import { type GitHubOptions, startGitHub } from './start-github.ts';

const repository = { owner: 'acme', repo: 'agents' };

async function started(options: GitHubOptions = {}) {
  const github = await startGitHub(options);
  onTestFinished(() => github.close());
  await github.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' }, roles: { ann: 'write' } });
  const key = { kind: 'text', text: github.app.privateKey } as const;
  const { octokit } = openGitHub({
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
    (await promisify(execFile)('git', args, { cwd: folder, env: gitEnvironment(), timeout: 60_000 })).stdout;
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

test('the forge signs merges and squashes with a key of its own, and rebased commits not at all', async () => {
  const { github, octokit } = await started({ signsMerges: true });
  const verified = async (method: 'merge' | 'squash' | 'rebase') => {
    await github.people.push('acme/agents', { branch: method, files: { [`${method}.txt`]: 'x\n' }, as: 'ann' });
    const pull = await github.people.openPullRequest('acme/agents', { head: method, as: 'ann' });
    const sha = await github.people.merge('acme/agents', pull.number, { method });
    const { data } = await octokit.rest.repos.getCommit({ ...repository, ref: sha });
    return [data.commit.verification?.reason, data.commit.verification?.verified];
  };
  expect(await verified('squash')).toEqual(['valid', true]);
  expect(await verified('rebase')).toEqual(['unsigned', false]);
  expect(await verified('merge')).toEqual(['valid', true]);
  const home = await mkdtemp(join(tmpdir(), 'pawl-gnupg-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const environment = gitEnvironment({ GNUPGHOME: home });
  await writeFile(join(home, 'key.asc'), await github.forgeKey());
  await promisify(execFile)('gpg', ['--batch', '--quiet', '--import', join(home, 'key.asc')], { env: environment });
  await github.git('acme/agents', 'update-ref', 'refs/heads/signed', 'main');
  const folder = join(home, 'clone.git');
  const url = github.cloneUrl('acme', 'agents').replace('//', `//x:${github.tokenOf('ann')}@`);
  const git = (...args: string[]) => promisify(execFile)('git', args, { env: environment, timeout: 60_000 });
  await git('clone', '--quiet', '--bare', url, folder);
  const { stderr } = await git('--git-dir', folder, 'verify-commit', 'signed');
  expect(stderr).toContain('Good signature from "GitHub <noreply@github.com>"');
});

test('a token of the App ends, and an App that is not installed is told nothing', async () => {
  const { github } = await started({ tokenLifeMs: -1 });
  const ask = (token: string) => fetch(`${github.apiUrl}/repos/acme/agents`, { headers: { authorization: token } });
  expect((await ask(`token ${github.installationToken()}`)).status).toBe(401);
  await github.createRepository({ owner: 'acme', name: 'other', installed: false });
  const jwt = 'bearer eyJhbGciOiJub25lIn0.eyJpc3MiOjc3fQ.';
  expect((await ask(jwt)).status).toBe(401);
});

test('an outage of the API or of Git is no end of what there is', async () => {
  const { github, octokit } = await started();
  github.faults.apiDown = true;
  github.faults.gitDown = true;
  const down = await fetch(`${github.apiUrl}/repos/acme/agents`);
  expect([down.status, (await fetch(`${github.cloneUrl('acme', 'agents')}/info/refs`)).status]).toEqual([503, 503]);
  github.faults.apiDown = false;
  expect((await octokit.rest.repos.get(repository)).data.default_branch).toBe('main');
});
