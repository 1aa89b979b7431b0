import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeOver } from '../../src/store/sync.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { agent, sound } from '../support/small-repository.ts';
import { type GitHubFixture, gitHubFixture } from './fixture.ts';

const name = 'acme/agents';
const opened = 22;
const never = new AbortController().signal;
let fixture: GitHubFixture;

beforeAll(async () => {
  fixture = await gitHubFixture(sound, { ann: 'write' });
  for (let count = 1; count <= opened; count += 1) await open(`kind-${count}`);
}, 240_000);
afterAll(() => fixture.close());

async function open(branch: string): Promise<number> {
  const files = { 'agents/clerk.yaml': agent('clerk').replace('Be kind', `Be ${branch}`) };
  await fixture.hub.people.push(name, { branch, files, as: 'ann' });
  return (await fixture.hub.people.openPullRequest(name, { head: branch, title: branch, as: 'ann' })).number;
}

const idle = (): GitHubRound => ({ ...fixture.round(), isSweep: false, hints: [] });
const titles = () => [...fixture.hub.state(name).checks.values()].map(({ output }) => output.title);
const comments = () => [...fixture.hub.state(name).comments.values()].map(({ body }) => body);
const pullsPlanned = async () =>
  (await sql<{ number: number }>`select number from pull_plan where published is not null`.execute(fixture.database.db))
    .rows.length;

test('a round that is interrupted tells nothing from there on, and one that is not takes twenty, the next one the rest', async () => {
  const stop = new AbortController();
  const { plane } = fixture.round();
  // It ends while the first of them is planned.
  const repository = new Proxy(plane.repository, {
    get(target, key: keyof typeof plane.repository) {
      if (key === 'subject') stop.abort(new Error('the process ends'));
      const own: unknown = target[key];
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
  const round = { ...fixture.round(), plane: { ...plane, repository } };
  await expect(pullRequestsTick(round, stop.signal)).rejects.toThrow('the process ends');
  expect([comments(), titles()]).toEqual([[], []]);
  await pullRequestsTick(fixture.round(), never);
  expect(await pullsPlanned()).toBe(20);
  await pullRequestsTick(idle(), never);
  expect(await pullsPlanned()).toBe(opened);
}, 240_000);

test('live that moves plans all of them again, and says nothing where a plan is the same', async () => {
  const { db } = fixture.database;
  const before = fixture.hub.requests.length;
  const plannedAt = async () =>
    (await sql<{ at: string }>`select planned_at::text as at from pull_plan order by number`.execute(db)).rows;
  const then = await plannedAt();
  await sql`update environment set quarantine_writes = quarantine_writes + 1`.execute(db);
  await pullRequestsTick(idle(), never);
  await pullRequestsTick(idle(), never);
  const now = await plannedAt();
  expect(now.filter(({ at }, index) => at === then[index]?.at)).toEqual([]);
  const writes = fixture.hub.requests
    .slice(before)
    .filter(({ method, path }) => method !== 'GET' && path.startsWith('/repos'));
  expect(writes).toEqual([]);
}, 240_000);

test('what becomes a draft again says so, and an environment of another repository shows nothing of what is live', async () => {
  const { people } = fixture.hub;
  const hint = { action: undefined, comment: undefined, ref: undefined, delivery: 'd', event: 'pull_request' };
  const hinted = { ...idle(), hints: [{ ...hint, number: 1, receivedAt: new Date() }] };
  await people.setDraft(name, 1, { draft: true, as: 'ann' });
  await pullRequestsTick(hinted, never);
  expect(titles().at(-1)).toMatch(/^Draft: /);
  await takeOver(fixture.database, { repository: 'git.example/acme/other', environment: 'production', by: 'ops' });
  await sql`update environment set quarantine_writes = quarantine_writes + 1`.execute(fixture.database.db);
  const own = { ...hinted, plane: { ...hinted.plane, source: 'git.example/acme/agents' } };
  await people.setDraft(name, 1, { draft: false, as: 'ann' });
  await pullRequestsTick(own, never);
  expect(comments()[0]).toContain('The environment production belongs to git.example/acme/other');
  expect(comments()[0]).not.toContain('Be kind');
}, 240_000);
