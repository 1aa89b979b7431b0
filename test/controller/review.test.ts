import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { operationsOf, risksShownOf } from '../../src/plan/reviewed.ts';
import { recordBrought } from '../../src/store/pull-commit.ts';
import { recordPublished, recordPullPlan } from '../../src/store/pull-plan.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';

const repository = 'acme/agents';
const environment = 'one';
const origin = new MemoryOrigin();
const settings = 'apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [agents] }\n';
const role = (name: string): string =>
  `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: ${name} }\nspec: { permissions: ["tool:a:read"] }\n`;

let opened: OpenedDatabase;
let files: Record<string, string> = { 'pawl.yaml': settings, 'agents/start.yaml': role('start') };
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

function push(name: string): string {
  files = { ...files, [`agents/${name}.yaml`]: role(name) };
  return origin.push(files);
}

async function planned() {
  const mirror = new MemoryMirror(origin, () => Promise.resolve());
  await mirror.fetch();
  const forge = { name: () => repository, branchProtection: () => Promise.reject(new Error('nobody asks')) };
  const plane = { ...createControlPlane(mirror, opened.database), forge };
  return planCommit(plane, { settings: await readEnvironment(mirror, environment), commit: origin.head });
}

const guards = async () => (await planned()).guards.map(({ id, message }) => `${id}: ${message}`);
const pushedBy = (commit: string, ...pushers: string[]) =>
  recordBrought(opened.database.db, { repository, branch: 'main', commit }, { pushers });

/** A pull request that showed what the head of the branch makes now, and is merged as that commit. */
async function shown(number: number, commit: string): Promise<void> {
  const { db } = opened.database;
  await sql`insert into pull_request (repository, number, state, is_draft, is_fork, base_ref, base_sha, head_ref,
    head_sha, author) values (${repository}, ${number}, 'merged', false, false, 'main', 'b', 'h', 'h', 'ann')`.execute(
    db,
  );
  const plan = await planned();
  const row = { repository, number, environment, headSha: 'h', baseSha: 'b', mergeTree: 't', baseRevision: 1 };
  const what = { planDigest: 'd', operations: operationsOf(plan), risks: risksShownOf(plan) };
  await recordPullPlan(db, { ...row, ...what }, false);
  await recordPublished(db, { repository, number, environment }, { commentId: 1, checkId: 1, published: 'digest' });
  await recordBrought(db, { repository, branch: 'main', commit }, { number });
}

test('commits of pull requests go on, and what somebody pushed among them is held as what nobody showed', async () => {
  origin.push(files);
  await applyAcknowledged(opened.database, await planned(), 'ada');
  const direct = push('direct');
  expect(await guards()).toEqual([expect.stringContaining('review.unanswered')]);
  await pushedBy(direct, 'tom');
  // Where nothing came by pull requests, the plan's own risks are all that hold it.
  expect(await guards()).toEqual([]);
  await applyAcknowledged(opened.database, await planned(), 'ada');
  await shown(7, push('reviewed'));
  expect(await guards()).toEqual([]);
  await pushedBy(push('slipped'), 'tom');
  expect(await guards()).toEqual([
    'review.changed: This is not what was reviewed: 1 operation that #7 did not show: AgentRole/default/slipped. Beside them 1 commit came by no pull request.',
  ]);
});

test('a branch that went further than can be asked commit by commit is held, and says so', async () => {
  for (let count = 0; count < 100; count += 1) origin.push(files);
  expect(await guards()).toEqual([
    'review.changed: Nobody can say that this is what was reviewed: more than 100 commits came since what is live.',
  ]);
  await applyAcknowledged(opened.database, await planned(), 'ada');
  expect(await guards()).toEqual([]);
});
