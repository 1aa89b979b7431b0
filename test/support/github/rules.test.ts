import { createHmac } from 'node:crypto';
import { Octokit } from '@octokit/rest';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bodyOf, listen, type LoopbackServer } from '../loopback.ts';
import { startGitHub, type TestGitHub } from './start-github.ts';
import type { Pull } from './state.ts';

const name = 'acme/agents';
const repository = { owner: 'acme', repo: 'agents' };
let github: TestGitHub;
let app: Octokit;
let ann: Octokit;
let number = 0;

beforeAll(async () => {
  github = await startGitHub();
  const roles = { ann: 'write', rob: 'read' } as const;
  await github.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' }, roles });
  ann = as('ann');
  app = new Octokit({ baseUrl: github.apiUrl, auth: github.installationToken(), log: quiet });
});
afterAll(() => github.close());
beforeEach(() => {
  number += 1;
});

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function as(login: string): Octokit {
  return new Octokit({ baseUrl: github.apiUrl, auth: github.tokenOf(login), log: quiet });
}

async function opened(files: Readonly<Record<string, string>> = {}): Promise<Pull> {
  const branch = `change-${number}`;
  await github.people.push(name, { branch, files: { [`${branch}.txt`]: 'x\n', ...files }, as: 'ann' });
  return github.people.openPullRequest(name, { head: branch, title: `Change ${number}`, as: 'ann' });
}

async function headOf(branch: string): Promise<string> {
  return github.git(name, 'rev-parse', branch);
}

test('a comment over 65,536 characters is refused, and one of exactly that many is taken', async () => {
  const pull = await opened();
  const on = { ...repository, issue_number: pull.number };
  await app.rest.issues.createComment({ ...on, body: 'x'.repeat(65_536) });
  const tooLong = app.rest.issues.createComment({ ...on, body: '\u{1F600}'.repeat(32_769) });
  await expect(tooLong).rejects.toMatchObject({ status: 422, message: expect.stringContaining('65536') });
});

test("a check's output over 65,535 characters, or 51 annotations at once, is refused; annotations add up", async () => {
  const check = { ...repository, name: 'pawl', head_sha: await headOf('main') };
  const summary = 'x'.repeat(65_536);
  await expect(app.rest.checks.create({ ...check, output: { title: 't', summary } })).rejects.toMatchObject({
    status: 422,
  });
  const level = 'warning' as const;
  const annotation = { path: 'a.txt', start_line: 1, end_line: 1, annotation_level: level, message: 'm' };
  const output = (count: number) => ({
    title: 't',
    summary: 's',
    annotations: Array.from({ length: count }, () => annotation),
  });
  await expect(app.rest.checks.create({ ...check, output: output(51) })).rejects.toMatchObject({ status: 422 });
  const { data } = await app.rest.checks.create({ ...check, output: output(50) });
  const more = await app.rest.checks.update({ ...repository, check_run_id: data.id, output: output(7) });
  expect(more.data.output.annotations_count).toBe(57);
});

test('the thousand-and-first status of a commit and context is refused', async () => {
  const sha = await headOf('main');
  const status = { id: 1, sha, state: 'pending', context: 'c', description: null, targetUrl: null };
  const created = { user: 'ann', createdAt: '2026-01-01T00:00:00Z' };
  for (let count = 0; count < 999; count += 1) github.state(name).statuses.push({ ...status, ...created });
  const write = () => ann.rest.repos.createCommitStatus({ ...repository, sha, state: 'success', context: 'c' });
  await write();
  await expect(write()).rejects.toMatchObject({ status: 422 });
  const combined = await app.rest.repos.getCombinedStatusForRef({ ...repository, ref: sha });
  expect([combined.data.state, combined.data.total_count]).toEqual(['success', 1]);
});

test('check runs are for Apps, and what one may not see is not there', async () => {
  const sha = await headOf('main');
  const refused = ann.rest.checks.create({ ...repository, name: 'pawl', head_sha: sha });
  await expect(refused).rejects.toMatchObject({ status: 403 });
  await expect(as('stranger').rest.pulls.list(repository)).rejects.toMatchObject({ status: 404 });
  const readOnly = as('rob').rest.git.createRef({ ...repository, ref: 'refs/heads/rob', sha });
  await expect(readOnly).rejects.toMatchObject({ status: 404 });
  const bad = new Octokit({ baseUrl: github.apiUrl, auth: 'ghp_wrong', log: quiet });
  await expect(bad.rest.pulls.list(repository)).rejects.toMatchObject({ status: 401 });
  const { data } = await app.rest.repos.getCollaboratorPermissionLevel({ ...repository, username: 'rob' });
  expect([data.permission, data.role_name]).toEqual(['read', 'read']);
});

test('a reference is made once, moves forward only, and takes its pull request along when it goes', async () => {
  const pull = await opened();
  const [sha, main] = [pull.head.sha, await headOf('main')];
  const branch = `refs/heads/change-${number}`;
  await expect(app.rest.git.createRef({ ...repository, ref: branch, sha })).rejects.toThrow('Reference already exists');
  const ref = `heads/change-${number}`;
  const back = app.rest.git.updateRef({ ...repository, ref, sha: main });
  await expect(back).rejects.toMatchObject({ status: 422, message: expect.stringContaining('not a fast forward') });
  await app.rest.git.updateRef({ ...repository, ref, sha: main, force: true });
  expect(await headOf(`refs/pull/${pull.number}/head`)).toBe(main);
  await app.rest.git.deleteRef({ ...repository, ref });
  expect((await app.rest.pulls.get({ ...repository, pull_number: pull.number })).data.state).toBe('closed');
});

test('a commit, branch and pull request are made through the API alone', async () => {
  const main = await headOf('main');
  const { data: blob } = await app.rest.git.createBlob({ ...repository, content: 'made\n' });
  const tree = await app.rest.git.createTree({
    ...repository,
    base_tree: await headOf('main^{tree}'),
    tree: [
      { path: 'made/here.txt', mode: '100644', type: 'blob', sha: blob.sha },
      { path: 'a.txt', mode: '100644', type: 'blob', sha: null },
    ],
  });
  const message = 'Make it';
  const { data: commit } = await app.rest.git.createCommit({
    ...repository,
    message,
    tree: tree.data.sha,
    parents: [main],
  });
  await app.rest.git.createRef({ ...repository, ref: 'refs/heads/made', sha: commit.sha });
  const wish = { ...repository, head: 'made', base: 'main', title: 'Made' };
  const { data: pull } = await app.rest.pulls.create(wish);
  await expect(app.rest.pulls.create(wish)).rejects.toThrow('A pull request already exists for acme:made.');
  const { data: files } = await app.rest.pulls.listFiles({ ...repository, pull_number: pull.number });
  expect(files.map(({ filename, status }) => [filename, status])).toEqual([
    ['a.txt', 'removed'],
    ['made/here.txt', 'added'],
  ]);
  expect(pull.user.login).toBe('pawl-app[bot]');
});

test('a squash is one commit, a rebase makes each anew and unsigned, a merge has two parents', async () => {
  const pulls: Pull[] = [];
  for (const method of ['squash', 'rebase', 'merge'] as const) {
    number += 1;
    const pull = await opened();
    await github.people.push(name, { branch: `change-${number}`, files: { [`${number}-2.txt`]: 'y\n' }, as: 'ann' });
    const [before, trial] = [await headOf('main'), pull.mergeCommit];
    const merged = await github.people.merge(name, pull.number, { method, as: 'rob' });
    expect(await headOf(`${merged}^{tree}`), method).toBe(await headOf(`${trial}^{tree}`));
    const count = await github.git(name, 'rev-list', '--count', '--first-parent', `${before}..${merged}`);
    const parents = (await github.git(name, 'log', '-1', '--format=%P', merged)).split(' ').length;
    expect([method, count, parents]).toEqual([method, method === 'rebase' ? '2' : '1', method === 'merge' ? 2 : 1]);
    const { data } = await app.rest.repos.listPullRequestsAssociatedWithCommit({ ...repository, commit_sha: merged });
    expect(data.map((one) => one.number)).toEqual([pull.number]);
    pulls.push(pull);
  }
  expect(pulls.map(({ merged, mergedBy }) => [merged, mergedBy])).toEqual(pulls.map(() => [true, 'rob']));
});

test('a pull request from a fork outlives the fork, without a repository', async () => {
  await github.people.fork(name, { owner: 'mallory' });
  await github.people.push('mallory/agents', { branch: 'evil', files: { 'evil.txt': 'x\n' } });
  const pull = await github.people.openPullRequest(name, { head: 'evil', fork: 'mallory/agents', as: 'mallory' });
  const get = async () => (await app.rest.pulls.get({ ...repository, pull_number: pull.number })).data.head;
  expect((await get()).repo?.full_name).toBe('mallory/agents');
  await github.people.deleteRepository('mallory/agents');
  expect([(await get()).repo, (await get()).label]).toEqual([null, 'mallory:evil']);
  expect(await headOf(`refs/pull/${pull.number}/head`)).toBe(pull.head.sha);
});

test('drafts, other bases and the merge queue tell of themselves', async () => {
  const pull = await opened();
  await github.people.setDraft(name, pull.number, { draft: true });
  await github.people.setDraft(name, pull.number, { draft: false });
  await github.people.pushCommit(name, 'release', { commit: await headOf('main') });
  await github.people.retarget(name, pull.number, { base: 'release' });
  await github.people.retarget(name, pull.number, { base: 'main' });
  const from = github.webhooks.deliveries.length;
  const group = await github.people.enqueue(name, pull.number, { method: 'squash' });
  expect(group.ref).toMatch(/^refs\/heads\/gh-readonly-queue\/main\/pr-\d+-[0-9a-f]{40}$/);
  expect(await headOf(group.ref)).toBe(group.sha);
  await github.people.mergeQueued(name);
  expect(await headOf('main')).toBe(group.sha);
  expect(github.webhooks.deliveries.slice(from).map(({ event, action }) => `${event} ${action}`)).toEqual([
    'merge_group checks_requested',
    'merge_group destroyed',
    'pull_request closed',
    'push undefined',
  ]);
});

test('a protected branch takes no force-push, and says to administrators how it is protected', async () => {
  await github.people.pushCommit(name, 'guarded', { commit: await headOf('main') });
  await github.protect(name, 'guarded', { requiredChecks: ['pawl/plan'], requiredSignatures: true });
  const { data } = await app.rest.repos.getBranchProtection({ ...repository, branch: 'guarded' });
  expect([data.required_signatures?.enabled, data.required_status_checks?.contexts]).toEqual([true, ['pawl/plan']]);
  const hidden = ann.rest.repos.getBranchProtection({ ...repository, branch: 'guarded' });
  await expect(hidden).rejects.toMatchObject({ status: 404 });
  const sha = await headOf('main^{commit}~1');
  const forced = app.rest.git.updateRef({ ...repository, ref: 'heads/guarded', sha, force: true });
  await expect(forced).rejects.toMatchObject({ status: 422 });
});

test('a read shortly after a write may be old, and one that nothing has changed is not sent again', async () => {
  const pull = await opened();
  const on = { ...repository, issue_number: pull.number };
  github.faults.staleReads = 1;
  await app.rest.issues.createComment({ ...on, body: 'new' });
  const bodies = async () => (await app.rest.issues.listComments(on)).data.map(({ body }) => body);
  expect([await bodies(), await bodies()]).toEqual([[], ['new']]);
  const { headers } = await app.rest.issues.listComments(on);
  const again = app.rest.issues.listComments({ ...on, headers: { 'if-none-match': headers.etag } });
  await expect(again).rejects.toMatchObject({ status: 304 });
});

test('lists come in pages', async () => {
  const pull = await opened();
  const on = { ...repository, issue_number: pull.number };
  for (let count = 0; count < 5; count += 1) await github.people.comment(name, pull.number, { body: `${count}` });
  const first = await app.rest.issues.listComments({ ...on, per_page: 2 });
  expect(first.headers.link).toMatch(/page=2>; rel="next".*page=3>; rel="last"/);
  const all = await app.paginate(app.rest.issues.listComments, { ...on, per_page: 2 });
  expect(all.map(({ body }) => body)).toEqual(['0', '1', '2', '3', '4']);
});

test('both limits say when to come back', async () => {
  github.faults.secondaryLimit({ retryAfter: 7 });
  const write = ann.rest.issues.create({ ...repository, title: 'x' });
  await expect(write).rejects.toMatchObject({ status: 403, response: { headers: { 'retry-after': '7' } } });
  github.faults.rateLimit(60_000);
  const read = app.rest.pulls.list(repository);
  await expect(read).rejects.toMatchObject({ status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } });
  github.faults.used = 0;
});

test('a request may be carried out although its answer is lost', async () => {
  const pull = await opened();
  const on = { ...repository, issue_number: pull.number };
  github.faults.failNext(502, 'POST /repos/acme/agents/issues/', { after: true });
  await expect(app.rest.issues.createComment({ ...on, body: 'once' })).rejects.toMatchObject({ status: 502 });
  expect((await app.rest.issues.listComments(on)).data).toHaveLength(1);
});

test('what GitHub does not describe breaks the test that asks it', async () => {
  const text = await (
    await fetch(`${github.apiUrl}/repos/acme/agents/issues`, { method: 'POST', body: '{"titel":"x"}' })
  ).text();
  expect(text).toContain('body titel is not described');
  expect(github.violations.splice(0)).toEqual([expect.stringContaining('titel')]);
  await expect(app.request('GET /repos/acme/agents/nothing')).rejects.toMatchObject({ status: 404 });
  expect(github.violations.splice(0)).toEqual(['the double does not serve GET /api/v3/repos/acme/agents/nothing']);
});

test('webhooks are signed, and are lost, doubled, held back and sent again as a test asks', async () => {
  const received: { id: string; isSigned: boolean; action: string }[] = [];
  const receiver: LoopbackServer = await listen(async (request, response) => {
    const body = await bodyOf(request);
    const signature = createHmac('sha256', github.webhooks.secret).update(body).digest('hex');
    const isSigned = request.headers['x-hub-signature-256'] === `sha256=${signature}`;
    const payload: { action?: string; comment?: { body: string } } = JSON.parse(body);
    received.push({ id: String(request.headers['x-github-delivery']), isSigned, action: payload.comment?.body ?? '' });
    response.writeHead(202).end();
  });
  const pull = await opened();
  github.webhooks.to(receiver.url);
  const comment = (body: string) => github.people.comment(name, pull.number, { body });
  github.webhooks.duplicate(2);
  await comment('twice');
  github.webhooks.duplicate(1);
  github.webhooks.lose();
  await comment('lost');
  github.webhooks.lose(false);
  github.webhooks.hold();
  await comment('first');
  await comment('second');
  await github.webhooks.settled();
  await github.webhooks.deliver((held) => held.toReversed());
  expect(received.map(({ action }) => action)).toEqual(['twice', 'twice', 'second', 'first']);
  expect(await github.webhooks.redeliver(received[0]?.id ?? '')).toBe(202);
  expect([received[4]?.id, received.every(({ isSigned }) => isSigned)]).toEqual([received[0]?.id, true]);
  github.webhooks.to(undefined);
  await receiver.close();
});

test('a job of Actions is vouched for by the issuer, for the audience that it asked for', async () => {
  const job = { repository: name, event: 'pull_request', ref: 'refs/pull/1/merge' } as const;
  const { requestUrl, requestToken } = github.actions.start(job);
  const asked = await fetch(`${requestUrl}&audience=pawl`, { headers: { authorization: `Bearer ${requestToken}` } });
  const { value }: { value: string } = JSON.parse(await asked.text());
  const keys = JSON.parse(await (await fetch(`${github.actions.issuer}/.well-known/jwks`)).text());
  const { payload } = await jwtVerify(value, createLocalJWKSet(keys), {
    audience: 'pawl',
    issuer: github.actions.issuer,
  });
  expect([payload.sub, payload['repository_id']]).toEqual([
    'repo:acme/agents:pull_request',
    String(github.state(name).id),
  ]);
});
