import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Controller } from '../../src/controller/controller.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import { commandsTick } from '../../src/github/commands.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { mergesTick } from '../../src/github/merges.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { reportsTick } from '../../src/github/reports.ts';
import { createLog } from '../../src/log.ts';
import { enlistWorker } from '../../src/store/worker.ts';
import { loosened, openDesk } from './desk.ts';
import type { GitHubFixture } from './fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
const workers = [randomUUID(), randomUUID()];
const worker = { host: 'test', pid: 1, version: '0', slots: 1, leaseMs: 600_000 };
/** The merge of the first test. */
let applied = '';
let fixture: GitHubFixture;
let plane: GitHubRound['plane'];
beforeAll(async () => {
  fixture = await openDesk();
  const forge = {
    name: () => name,
    branchProtection: () => Promise.resolve({ requiresSignatures: false, reviews: 0 }),
  };
  plane = { ...fixture.round().plane, forge };
}, 180_000);
afterAll(() => fixture.close());

const round = (): GitHubRound => ({ ...fixture.round(), plane });
const comments = (number: number) =>
  [...fixture.hub.state(name).comments.values()].filter(({ issue }) => issue === number).map(({ body }) => body);
const states = (sha: string) =>
  [...fixture.hub.state(name).deployments.values()]
    .filter((deployment) => deployment.sha === sha)
    .flatMap(({ statuses }) => statuses.map(({ state }) => state));

async function nextSecond(): Promise<void> {
  const from = Math.floor(Date.now() / 1_000);
  await expect.poll(() => Math.floor(Date.now() / 1_000), { interval: 20 }).toBeGreaterThan(from);
}

async function tick(): Promise<string | undefined> {
  const controller = new Controller({ plane, actor: 'controller', log: createLog('silent') });
  return (await controller.tick())[0]?.outcome.kind;
}

/** A controller looks, GitHub is asked where the commits came from, and it looks again. */
async function settle(): Promise<string | undefined> {
  await tick();
  await mergesTick(round(), signal, { settleMs: 0, againMs: 0 });
  const outcome = await tick();
  await reportsTick(round(), signal);
  return outcome;
}

test('two that widen nothing and widen together wait, say why, and go live with somebody’s word', async () => {
  const { people } = fixture.hub;
  const numbers: number[] = [];
  for (const called of ['first', 'second']) {
    await people.push(name, {
      branch: called,
      files: loosened(called),
      as: 'ann',
    });
    numbers.push((await people.openPullRequest(name, { head: called, as: 'ann' })).number);
  }
  const [first = 0, second = 0] = numbers;
  await pullRequestsTick(round(), signal);
  expect(comments(first)).toEqual([expect.not.stringContaining('R1-')]);
  expect(comments(second)).toEqual([expect.not.stringContaining('R1-')]);
  const before = await people.merge(name, first, { method: 'squash', as: 'tom' });
  const commit = await people.merge(name, second, { method: 'squash', as: 'tom' });
  await pullRequestsTick(round(), signal);
  await reportsTick(round(), signal);
  expect(states(commit)).toEqual(['in_progress']);
  expect(await settle()).toBe('unacknowledged');
  const [plan = '', said = '', ...others] = comments(second);
  expect(others).toEqual([]);
  expect(plan).toContain('> **Waits**');
  expect(said).toContain('This is not what was reviewed');
  const [id = ''] = /R1-[0-9a-f]{4,}/.exec(said) ?? [];
  expect(said).toContain(`did not show: ${id}`);
  expect(states(commit)).toEqual(['in_progress', 'queued']);
  await nextSecond();
  await people.comment(name, second, { body: `/pawl ack review.changed ${id}`, as: 'tom' });
  await commandsTick(round(), signal);
  expect(await tick()).not.toBe('applied');
  await people.comment(name, second, { body: `/pawl ack review.changed ${id} as agreed`, as: 'sam' });
  await commandsTick(round(), signal);
  expect(comments(second).join('\n')).toContain('Nothing else is missing.');
  // One worker looked after the apply, and one did not yet.
  const { database } = plane;
  const session = await database.session();
  for (const id of workers) await enlistWorker(database, session, { id, ...worker });
  expect(await tick()).toBe('applied');
  await sql`update worker set heard_at = case id when ${workers[0]} then now() else now() - interval '1 hour' end`.execute(
    database.db,
  );
  await reportsTick(round(), signal);
  expect(comments(second)[0]).toContain('> **Applied as revision 2 at');
  expect(comments(second)[0]).toContain('Workers on it: 1 of 2.');
  await sql`delete from worker`.execute(database.db);
  await session.close();
  await reportsTick(round(), signal);
  expect(comments(second)[0]).toContain('No worker is running.');
  expect(comments(second)[0]).not.toContain('Waits');
  expect(comments(second)[1]).toContain('It waits no longer');
  expect(comments(second).filter((body) => body.includes('<!-- pawl:applied'))).toHaveLength(1);
  expect(comments(first).filter((body) => body.includes('<!-- pawl:applied'))).toHaveLength(1);
  expect(states(commit)).toEqual(['in_progress', 'queued', 'success']);
  applied = commit;
  expect(states(before).at(-1)).toBe('success');
}, 240_000);

test('a merge that cannot be planned is told as not applied, on the plan and by its deployment', async () => {
  const { people } = fixture.hub;
  const broken = {
    'agents/second.yaml': 'apiVersion: pawl/v1\nkind: AgentPolicy\nmetadata: { name: second }\nspec: 7\n',
  };
  await people.push(name, { branch: 'broken', files: broken, as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: 'broken', as: 'ann' });
  await pullRequestsTick(round(), signal);
  const commit = await people.merge(name, number, { method: 'squash', as: 'tom' });
  await pullRequestsTick(round(), signal);
  expect(await settle()).not.toBe('applied');
  expect(comments(number)[0]).toContain('> **Not applied** ');
  expect(comments(number).join('\n')).toContain('`production` is not applied (');
  expect(states(commit).at(-1)).toBe('failure');
  await people.push(name, { branch: 'main', files: loosened('second'), as: 'sam' });
  await settle();
  await reportsTick(round(), signal);
}, 120_000);

test('an apply that fails in its transaction is told with its reason, and leaves live as it was', async () => {
  const { people } = fixture.hub;
  const { db } = plane.database;
  const role = (permission: string) =>
    `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: extra, namespace: support }\nspec: { permissions: ['${permission}'] }\n`;
  await people.push(name, { branch: 'extra', files: { 'agents/extra.yaml': role('tool:spare:write') }, as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: 'extra', as: 'ann' });
  await pullRequestsTick(round(), signal);
  const commit = await people.merge(name, number, { method: 'squash', as: 'tom' });
  await sql`create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'no revision today'; end $$`.execute(db);
  await sql`create trigger refuse before insert on revision for each row execute function refuse()`.execute(db);
  await pullRequestsTick(round(), signal);
  expect(await settle()).toBe('failed');
  const [shown = '', said = ''] = comments(number);
  expect(shown).toContain('> **Not applied** (Failed): ');
  expect(said).toContain('`production` is not applied (Failed): ');
  expect(said).toContain('no revision today');
  expect(states(commit).at(-1)).toBe('failure');
  const { rows } = await sql<{ revision: number }>`select revision from environment`.execute(db);
  expect(rows).toEqual([{ revision: 2 }]);
  await sql`drop trigger refuse on revision`.execute(db);
  await people.push(name, { branch: 'main', files: { 'agents/extra.yaml': undefined }, as: 'sam' });
  await settle();
}, 120_000);

test('a rollback is told above the plan, and deployments show what is live', async () => {
  const writes = fixture.hub.requests.filter(({ method }) => method !== 'GET').length;
  await reportsTick(round(), signal);
  expect(fixture.hub.requests.filter(({ method }) => method !== 'GET')).toHaveLength(writes);
  const target = { environment: 'production', revision: 1 };
  const { plan } = await planRollback(plane, target);
  const acknowledge = plan.risks.filter(({ gate }) => gate === 'ack').map((risk) => risk.id);
  const order = { by: 'sam', reason: 'too wide', planDigest: plan.digest, acknowledge };
  expect(await rollBack(plane, { ...target, ...order, runs: 'finish' })).toMatchObject({ revision: 3 });
  await reportsTick(round(), signal);
  expect(comments(2)[0]).toMatch(/> \*\*Applied as revision 2 at .*\*\* Revision 3 took it back\./);
  expect(states(applied).at(-1)).toBe('inactive');
}, 120_000);
