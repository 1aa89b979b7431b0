import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgetOperations } from '../../src/api/local-budget.ts';
import { history } from '../../src/api/local-listing.ts';
import type { App } from '../../src/cli/app-port.ts';
import type { ControlPlane } from '../../src/controller/planning.ts';
import type { Budget } from '../../src/policy/authority.ts';
import { DatabaseAccounts } from '../../src/run/database-accounts.ts';
import { say } from '../cli/fixture.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { authorityOf, bundleOf, environment, install, submit } from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

const spend = 'AgentPolicy/default/spend';
const budget = (unit: Budget['unit'], window: NonNullable<Budget['window']>, limit: number) =>
  ({
    id: `${spend}#system-${unit}-${window}`,
    scope: 'system',
    window,
    sharedBy: 'default/work',
    unit,
    limit,
  }) as const;

test('every account that live policies declare is listed, whether or not a run drew from it', async () => {
  const { database } = opened;
  const bundle = bundleOf({ nodes: { a: {} } });
  const ofRun: Budget = { id: `${spend}#0`, scope: 'run', unit: 'calls', limit: 3 };
  const budgets = [ofRun, budget('calls', 'month', 50), budget('usd', 'day', 2_000_000)];
  const revision = await install(database, bundle, authorityOf(bundle, { budgets }));
  // Not read: what is asked is asked of the database alone.
  const plane = { database } as ControlPlane;
  const listed = () => budgetOperations(plane, (name) => Promise.resolve(name)).budgets(environment);
  expect(await listed()).toMatchObject([
    { budget: `${spend}#system-calls-month`, sharedBy: 'default/work', unit: 'calls', limit: 50, used: 0, drawn: 0 },
    { budget: `${spend}#system-usd-day`, unit: 'usd', limit: 2_000_000, used: 0, drawn: 0 },
  ]);
  const { id: run } = await submit(database);
  const drawer = { environment, run, fence: 0 };
  const order = { account: `${spend}#system-calls-month default/work`, unit: 'calls', window: 'month' } as const;
  const asked = { limit: 50, declared: 50, revision, known: undefined, used: 0, held: 0, want: 4, least: 4 };
  await new DatabaseAccounts(database, { patienceMs: 1_000 }).draw(drawer, [{ ...order, ...asked }]);
  expect((await listed()).map(({ unit, used, drawn }) => [unit, used, drawn])).toEqual([
    ['calls', 0, 4],
    ['usd', 0, 0],
  ]);
  const [first] = await listed();
  expect(new Date(first?.endsAt ?? 0).toISOString()).toMatch(/-01T00:00:00\.000Z$/);
});

test('history counts how often budgets were overrun beside the revision that let it', async () => {
  const { database } = opened;
  const { id: run, revision } = await submit(database);
  const none = 'a'.repeat(64);
  await sql`insert into revision (environment, revision, base_revision, root, commit_id, tree_id, commit_subject,
    plan_digest, summary, applied_by) values (${environment}, ${revision}, ${revision - 1}, ${none}, ${'b'.repeat(40)},
    ${'c'.repeat(40)}, 'Spend more', ${none}, '{"add": 1, "change": 0, "remove": 0, "move": 0}', 'ada')`.execute(
    database.db,
  );
  const accounts = new DatabaseAccounts(database, { patienceMs: 1_000 });
  const call = { target: 'default/model', accounts: [spend], trial: [] };
  const amounts = { held: { tokens: 10, cost: 5 }, took: { tokens: 12, cost: 6 } };
  const drawer = { environment, run, fence: 0 };
  for (const path of ['a/1', 'a/2']) await accounts.overrun(drawer, { ...call, ...amounts, path });
  const tried = { ...call, ...amounts, accounts: [spend, 'other'] };
  await accounts.overrun(drawer, { ...tried, path: 'a/3', trial: ['other', spend] });
  // One that is enforced was overrun with it.
  await accounts.overrun(drawer, { ...tried, path: 'a/4', trial: ['other'] });
  // Not read: what is asked is asked of the database alone.
  const plane = { database } as ControlPlane;
  const revisions = await history(plane, { environment, limit: 5 });
  expect(revisions).toMatchObject([{ revision, overruns: 4, trialOverruns: 1 }]);
  const operations = { history: () => Promise.resolve(revisions) };
  const door = { operations, close: () => Promise.resolve() };
  const app = { open: () => Promise.resolve(door) } as unknown as App;
  const { stdout } = await say(['history', '--env', environment], { app });
  expect(stdout).toContain('Spend more (4 budget overruns, 1 on trial)');
});
