import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import { acknowledgementsOf } from '../../src/controller/acknowledgements.ts';
import { digest } from '../../src/manifest/digest.ts';
import { ordinaryRules, type Rules } from '../../src/manifest/rules.ts';
import { digestOfRules } from '../../src/manifest/rules-of.ts';
import type { Plan } from '../../src/plan/change.ts';
import type { Risk } from '../../src/plan/risk.ts';
import type { Membership } from '../../src/policy/person.ts';
import type { Database } from '../../src/store/database.ts';
import { broughtBy, recordBrought } from '../../src/store/pull-commit.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';

const governed: Rules = { ...ordinaryRules, groups: { security: { github: { users: ['sam', 'sue', 'ann'] } } } };
const content = digest('refund');
const id = `R1-${content.slice(0, 4)}`;
const refund: Risk = {
  id,
  class: 'R1',
  name: 'access.widened',
  content,
  gate: 'ack',
  subject: undefined,
  title: 'It may refund.',
  details: [],
  causes: [],
  approvers: { groups: ['security'], users: [], min: 1 },
};
const repository = 'acme/agents';

let opened: OpenedDatabase;
let database: Database;
let count = 0;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  database = opened.database;
});
afterAll(() => opened.close());

/** An environment, and a pull request of ann's that brings the risk. */
async function changed(rules: Rules = governed): Promise<{ plan: Plan; number: number }> {
  count += 1;
  const name = `env-${count}`;
  await ensureEnvironment(database.db, name);
  const first = planFor(await readLive(database.db, name), [{ name: 'reader', value: 'one' }], 'one');
  await apply(database, { ...first, targetRules: rules, rulesDigest: digestOfRules(rules) }, 'x');
  const live = await readLive(database.db, name);
  const plan = planFor(live, [{ name: 'reader', value: 'two' }], `two-${count}`);
  await sql`insert into pull_request (repository, number, state, is_draft, is_fork, base_ref, base_sha, head_ref, head_sha,
    author) values (${repository}, ${count}, 'open', false, false, 'main', 'b', 'work', 'h', 'Ann')`.execute(
    database.db,
  );
  await sql`insert into pull_plan (repository, number, environment, head_sha, base_sha, base_revision, plan_digest, risks)
    values (${repository}, ${count}, ${name}, 'h', 'b', 1, 'other', ${JSON.stringify([['R1', content]])})`.execute(
    database.db,
  );
  return {
    plan: {
      ...plan,
      risks: [{ ...refund, approvers: { ...refund.approvers, groups: Object.keys(rules.groups) } }],
      rulesDigest: digestOfRules(rules),
      targetRules: rules,
    },
    number: count,
  };
}

const gitHub = (login: string): { by: string; membership: Membership } => ({
  by: `github:${login}`,
  membership: { groups: [], proof: 'github', github: { login, teams: [] } },
});
const merge = (number: number, by: string, at: string) =>
  sql`update pull_request set state = 'merged', merged_by = ${by}, merged_at = ${at}::timestamptz
    where number = ${number}`.execute(database.db);
const push = (number: number, ...by: string[]) =>
  sql`update pull_request set pushers = ${by} where number = ${number}`.execute(database.db);

test('whoever opened a pull request does not acknowledge what it brings, by whatever door', async () => {
  const { plan } = await changed();
  for (const one of [
    gitHub('ANN'),
    { by: 'ann' },
    { by: 'ann', membership: { groups: ['security'], proof: 'token' } },
  ] as const) {
    await expect(acknowledge(database, plan, { ...one, ids: [id] })).rejects.toMatchObject({
      code: 'ack.four_eyes',
      message: expect.stringMatching(/^R1-\w{4} is not yours to acknowledge: Ann has opened acme\/agents#\d+\.$/),
    });
  }
  await expect(apply(database, plan, { by: 'ann', acknowledge: [id] })).rejects.toMatchObject({
    code: 'ack.four_eyes',
  });
  expect(await acknowledge(database, plan, { ...gitHub('sam'), ids: [id] })).toMatchObject({ outstanding: [] });
});

test('whoever the forge has just named does not either, before any row says it', async () => {
  const { plan } = await changed();
  const excluded = [{ login: 'Sam', why: 'pushed to acme/agents#1' }];
  await expect(acknowledge(database, plan, { ...gitHub('sam'), ids: [id], excluded })).rejects.toMatchObject({
    code: 'ack.four_eyes',
  });
});

test('the word of somebody who pushed after they had agreed counts no longer', async () => {
  const { plan, number } = await changed();
  await acknowledge(database, plan, { ...gitHub('sam'), ids: [id] });
  expect(await acknowledgementsOf(database, plan)).toMatchObject([{ id, by: 'github:sam' }]);
  await push(number, 'SAM');
  await expect(apply(database, plan, 'controller')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
  expect(await acknowledgementsOf(database, plan)).toEqual([]);
  await acknowledge(database, plan, { ...gitHub('sue'), ids: [id] });
  expect(await apply(database, plan, 'controller')).toMatchObject({ outcome: 'applied' });
});

test('whoever merges may have agreed before, and agrees to nothing after', async () => {
  const before = await changed();
  await acknowledge(database, before.plan, { ...gitHub('sam'), ids: [id] });
  await merge(before.number, 'sam', '2100-01-01');
  expect(await apply(database, before.plan, 'controller')).toMatchObject({ outcome: 'applied' });
  const after = await changed();
  await merge(after.number, 'sam', '2020-01-01');
  await expect(acknowledge(database, after.plan, { ...gitHub('sam'), ids: [id] })).rejects.toMatchObject({
    code: 'ack.four_eyes',
    message: expect.stringContaining('has merged acme/agents#'),
  });
});

test('where nobody is told apart a local person decides alone, and on GitHub the author still does not', async () => {
  const { plan } = await changed(ordinaryRules);
  await expect(acknowledge(database, plan, { ...gitHub('ann'), ids: [id] })).rejects.toMatchObject({
    code: 'ack.four_eyes',
  });
  expect(await acknowledge(database, plan, { by: 'ann', ids: [id] })).toMatchObject({ alone: true });
});

test('whoever pushed to the branch itself does not acknowledge what no pull request shows', async () => {
  const { plan } = await changed();
  await sql`delete from pull_plan where environment = ${plan.environment}`.execute(database.db);
  const { branch, commit } = plan.target;
  await broughtBy(database.db, { repository, branch }, [commit]);
  await recordBrought(database.db, { repository, branch, commit }, { pushers: ['sam'] });
  await expect(acknowledge(database, plan, { ...gitHub('Sam'), ids: [id] })).rejects.toMatchObject({
    code: 'ack.four_eyes',
    message: expect.stringContaining(`sam has pushed to ${branch} of ${repository}.`),
  });
  const eve = { by: 'eve', membership: { groups: ['security'] } };
  expect(await acknowledge(database, plan, { ...eve, ids: [id] })).toMatchObject({ outstanding: [] });
});
