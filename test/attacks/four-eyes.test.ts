import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import { digest } from '../../src/manifest/digest.ts';
import { ordinaryRules, type Rules } from '../../src/manifest/rules.ts';
import { digestOfRules } from '../../src/manifest/rules-of.ts';
import type { Plan } from '../../src/plan/change.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';

const rules: Rules = { ...ordinaryRules, groups: { security: { github: { users: ['eve', 'bob', 'sam', 'ann'] } } } };
const content = digest('refund');
const id = `R1-${content.slice(0, 4)}`;
const repository = 'acme/agents';

let opened: OpenedDatabase;
let database: Database;
let numbers = 0;
let environments = 0;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  database = opened.database;
});
afterAll(() => opened.close());

/** An environment that runs commit `live`, and the plan of `target`, which brings a risk. */
async function planned(): Promise<{ plan: Plan; name: string; live: string; target: string }> {
  environments += 1;
  const [name, live, target] = [`env-${environments}`, `live-${environments}`, `target-${environments}`];
  await ensureEnvironment(database.db, name);
  const first = planFor(await readLive(database.db, name), [{ name: 'reader', value: 'one' }], live);
  await apply(database, { ...first, targetRules: rules, rulesDigest: digestOfRules(rules) }, 'x');
  const plan = planFor(await readLive(database.db, name), [{ name: 'reader', value: 'two' }], target);
  const approvers = { groups: ['security'], users: [], min: 1 };
  const risk = {
    id,
    class: 'R1',
    name: 'access.widened',
    content,
    gate: 'ack',
    subject: undefined,
    approvers,
  } as const;
  const risks = [{ ...risk, title: 'It may refund.', details: [], causes: [] }];
  return { plan: { ...plan, risks, rulesDigest: digestOfRules(rules), targetRules: rules }, name, live, target };
}

interface Pull {
  readonly state: 'open' | 'closed' | 'merged';
  readonly showsRisk?: boolean;
  readonly commit?: string;
  readonly secondsAgo?: number;
  readonly digest?: string;
}

async function pull(environment: string, author: string, one: Pull): Promise<void> {
  numbers += 1;
  const { state, showsRisk = false, commit = null, secondsAgo = 0, digest: shown = 'other' } = one;
  const at = state === 'merged' ? new Date(Date.now() - secondsAgo * 1_000) : null;
  await sql`insert into pull_request (repository, number, state, is_draft, is_fork, base_ref, base_sha, head_ref, head_sha,
    author, merged_at, merge_commit) values (${repository}, ${numbers}, ${state}, false, false, 'main', 'b', 'work', 'h',
    ${author}, ${at}, ${commit})`.execute(database.db);
  await sql`insert into pull_plan (repository, number, environment, head_sha, base_sha, base_revision, plan_digest, risks)
    values (${repository}, ${numbers}, ${environment}, 'h', 'b', 1, ${shown},
      ${JSON.stringify(showsRisk ? [['R1', content]] : [])}::text::jsonb)`.execute(database.db);
}

const agreeing = (plan: Plan, login: string) =>
  acknowledge(database, plan, {
    by: `github:${login}`,
    membership: { groups: [], proof: 'github', github: { login, teams: [] } },
    ids: [id],
  });
const refused = { code: 'ack.four_eyes' };

test('a risk that was pushed right before the merge, so that no comment showed it, is not its author’s to agree to', async () => {
  const { plan, name, target } = await planned();
  await pull(name, 'eve', { state: 'merged', commit: target });
  await expect(agreeing(plan, 'eve')).rejects.toMatchObject(refused);
  expect(await agreeing(plan, 'sam')).toMatchObject({ outstanding: [] });
});

test('what two pull requests widen together is neither author’s to agree to', async () => {
  const { plan, name, target } = await planned();
  await pull(name, 'eve', { state: 'merged', commit: `${target}-before` });
  await pull(name, 'bob', { state: 'merged', commit: target });
  await expect(agreeing(plan, 'eve')).rejects.toMatchObject(refused);
  await expect(agreeing(plan, 'bob')).rejects.toMatchObject(refused);
  expect(await agreeing(plan, 'sam')).toMatchObject({ outstanding: [] });
});

test('one that was merged between the merge of what is live and its apply had a hand in what comes next', async () => {
  const { plan, name, live, target } = await planned();
  await pull(name, 'ann', { state: 'merged', commit: live, secondsAgo: 30 });
  await pull(name, 'eve', { state: 'merged', commit: `${target}-before`, secondsAgo: 20 });
  await pull(name, 'bob', { state: 'merged', commit: target, secondsAgo: 10 });
  await expect(agreeing(plan, 'eve')).rejects.toMatchObject(refused);
  expect(await agreeing(plan, 'ann')).toMatchObject({ outstanding: [] });
});

test('an open pull request of somebody else that shows the same takes nobody’s hand away', async () => {
  const { plan, name, target } = await planned();
  await pull(name, 'eve', { state: 'merged', commit: target });
  await pull(name, 'stranger', { state: 'open', showsRisk: true });
  await expect(agreeing(plan, 'eve')).rejects.toMatchObject(refused);
});

test('whoever closes a pull request and pushes its commits had a hand in them', async () => {
  const { plan, name } = await planned();
  await pull(name, 'eve', { state: 'closed', showsRisk: true });
  await expect(agreeing(plan, 'eve')).rejects.toMatchObject(refused);
  expect(await agreeing(plan, 'sam')).toMatchObject({ outstanding: [] });
});

test('whoever merged something else agrees to what an open pull request shows, and to what another one showed', async () => {
  const open = await planned();
  await pull(open.name, 'bob', { state: 'merged', commit: `${open.target}-before` });
  await pull(open.name, 'eve', { state: 'open', showsRisk: true, digest: open.plan.digest });
  expect(await agreeing(open.plan, 'bob')).toMatchObject({ outstanding: [] });
  const merged = await planned();
  await pull(merged.name, 'bob', { state: 'merged', commit: `${merged.target}-before` });
  await pull(merged.name, 'eve', { state: 'merged', commit: merged.target, showsRisk: true });
  await pull(merged.name, 'sam', { state: 'closed', showsRisk: true });
  expect(await agreeing(merged.plan, 'bob')).toMatchObject({ outstanding: [] });
  expect(await agreeing(merged.plan, 'sam')).toMatchObject({ outstanding: [] });
});
