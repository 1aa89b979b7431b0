import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergesTick } from '../../src/github/merges.ts';
import { type Brought, broughtBy } from '../../src/store/pull-commit.ts';
import type { MergeMethod } from '../support/github/merges.ts';
import { type GitHubFixture, gitHubFixture } from './fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;

let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await gitHubFixture({ 'a.txt': 'a\n' }, { ann: 'write', sam: 'write' });
}, 120_000);
afterAll(() => fixture.close());

let count = 0;
async function opened(): Promise<{ number: number; branch: string; head: string }> {
  count += 1;
  const branch = `work-${count}`;
  const { people } = fixture.hub;
  await people.push(name, { branch, files: { [`${branch}.txt`]: '1\n' }, as: 'ann' });
  const head = await people.push(name, { branch, files: { [`${branch}.txt`]: '2\n' }, as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: branch, as: 'ann' });
  return { number, branch, head };
}

const ask = async (commit: string): Promise<Brought | undefined> =>
  (await broughtBy(fixture.database.db, { repository: name, branch: 'main' }, [commit])).get(commit);

/** Asks, lets rounds pass until there is an answer, and gives it. */
async function answered(commit: string): Promise<Brought | undefined> {
  await ask(commit);
  await expect
    .poll(
      async () => {
        const round = fixture.round();
        await round.plane.repository.fetch();
        await mergesTick(round, signal, { settleMs: 0, againMs: 0 });
        return (await ask(commit))?.kind;
      },
      { interval: 20 },
    )
    .not.toBe('unanswered');
  return await ask(commit);
}

const pullRow = (number: number) =>
  fixture.database.db.selectFrom('pull_request').selectAll().where('number', '=', number).executeTakeFirstOrThrow();

test.each<MergeMethod>(['merge', 'squash', 'rebase'])(
  'a commit that came by %s is of its pull request',
  async (method) => {
    const { number, branch } = await opened();
    const commit = await fixture.hub.people.merge(name, number, { method, as: 'sam' });
    expect(await answered(commit)).toEqual({ kind: 'pull', number });
    expect(await pullRow(number)).toMatchObject({
      state: 'merged',
      merge_commit: commit,
      merged_by: 'sam',
      author: 'ann',
      pushers: ['ann'],
      head_ref: branch,
    });
    if (method === 'rebase') {
      const before = await fixture.hub.git(name, 'rev-parse', `${commit}~1`);
      expect(await answered(before)).toEqual({ kind: 'pull', number });
    }
  },
);

test('one in the middle of a rebase is so too where it is asked about before the last one', async () => {
  const { number } = await opened();
  const commit = await fixture.hub.people.merge(name, number, { method: 'rebase', as: 'sam' });
  const before = await fixture.hub.git(name, 'rev-parse', `${commit}~1`);
  await ask(before);
  await ask(commit);
  const round = fixture.round();
  await round.plane.repository.fetch();
  await mergesTick(round, signal, { settleMs: 0, againMs: 0 });
  expect(await ask(before)).toEqual({ kind: 'pull', number });
});

test('and so is one that the merge queue landed, and one that was pushed by hand', async () => {
  const queued = await opened();
  await fixture.hub.people.enqueue(name, queued.number, { method: 'squash' });
  expect(await answered(await fixture.hub.people.mergeQueued(name))).toEqual({ kind: 'pull', number: queued.number });
  const forward = await opened();
  await fixture.hub.people.pushCommit(name, 'main', { commit: forward.head, as: 'sam' });
  expect(await answered(forward.head)).toEqual({ kind: 'pull', number: forward.number });
});

test('a commit that somebody pushed is nobody’s, which is said at the second look alone', async () => {
  const commit = await fixture.hub.people.push(name, { branch: 'main', files: { 'b.txt': 'b\n' }, as: 'sam' });
  await ask(commit);
  await mergesTick(fixture.round(), signal);
  expect(await ask(commit)).toMatchObject({ kind: 'unanswered' });
  expect(await answered(commit)).toEqual({ kind: 'pushed' });
  const row = fixture.database.db.selectFrom('pull_commit').select('pushers').where('commit_id', '=', commit);
  expect(await row.executeTakeFirst()).toEqual({ pushers: ['sam'] });
});

test('a pull request into another branch brought nothing here, and one that GitHub does not know is not answered', async () => {
  const { people } = fixture.hub;
  await people.pushCommit(name, 'next', { commit: await fixture.hub.git(name, 'rev-parse', 'main') });
  await people.push(name, { branch: 'to-next', files: { 'n.txt': 'n\n' }, as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: 'to-next', base: 'next', as: 'ann' });
  const commit = await people.merge(name, number, { method: 'squash', as: 'sam' });
  await people.pushCommit(name, 'main', { commit, as: 'sam' });
  expect(await answered(commit)).toEqual({ kind: 'pushed' });
  const missing = 'f'.repeat(40);
  await ask(missing);
  await mergesTick(fixture.round(), signal);
  expect(await ask(missing)).toMatchObject({ kind: 'unanswered' });
});
