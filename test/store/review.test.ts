import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';
import { recordPublished, recordPullPlan } from '../../src/store/pull-plan.ts';
import { readShown } from '../../src/store/review.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const repository = 'acme/agents';
const environment = 'production';
const operations = [['Agent/default/clerk', 'update', 'a'.repeat(64)]] as const;
let opened: OpenedDatabase;

beforeAll(async () => {
  opened = await openTestDatabase('postgres');
  for (const number of [3, 7]) {
    await sql`insert into pull_request (repository, number, state, is_draft, is_fork, base_ref, base_sha, head_ref,
      head_sha, author) values (${repository}, ${number}, 'open', false, false, 'main', 'b', 'h', 'h', 'ann')`.execute(
      opened.database.db,
    );
  }
});
afterAll(() => opened.close());

async function plan(number: number, more: { readonly risks?: readonly (readonly [string, string])[] } = {}) {
  const risks = more.risks ?? [];
  const row = { repository, number, environment, headSha: 'h', baseSha: 'b', mergeTree: 't', baseRevision: 1 };
  await recordPullPlan(opened.database.db, { ...row, planDigest: 'd', operations, risks }, false);
}

async function publish(number: number) {
  const at = { commentId: 1, checkId: 1, published: 'digest' };
  await recordPublished(opened.database.db, { repository, number, environment }, at);
}

const shown = (...numbers: readonly number[]) => readShown(opened.database.db, { repository, environment }, numbers);
const nothing = { isShown: false, mergeTree: undefined, planDigest: undefined, operations: [], risks: [] };

test('what was planned was shown to somebody once it stands on the forge', async () => {
  await plan(3);
  expect(await shown(3)).toEqual([{ number: 3, ...nothing }]);
  await publish(3);
  expect(await shown(3)).toEqual([
    { number: 3, isShown: true, mergeTree: 't', planDigest: 'd', operations, risks: [] },
  ]);
});

test('what is written anew without saying anything else was shown all the while', async () => {
  await plan(3);
  expect(await shown(3)).toMatchObject([{ operations }]);
});

test('a plan that says more is not shown until it stands there, whatever stood there before', async () => {
  await plan(3, { risks: [['R1', 'c'.repeat(64)]] });
  expect(await shown(3)).toEqual([{ number: 3, ...nothing }]);
});

test('a pull request that was opened later than one that has a plan showed nothing; an older one is not known', async () => {
  expect(await shown(2, 3, 7)).toEqual([
    { number: 3, ...nothing },
    { number: 7, ...nothing },
  ]);
});
