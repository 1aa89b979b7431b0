import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { DatabaseAccounts } from '../../src/run/database-accounts.ts';
import { readAccounts } from '../../src/store/account.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { startProcess } from '../support/processes.ts';
import { authorityOf, bundleOf, environment, eventually, install, submit, until, workerOn } from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('postgres');
});
afterAll(() => opened.close());

const budget = (name: string, limit: number) =>
  ({
    id: `AgentPolicy/default/${name}#system-calls-month`,
    scope: 'system',
    window: 'month',
    sharedBy: 'default/work',
    unit: 'calls',
    limit,
  }) as const;

function wide(width: number): Bundle {
  const bundle = bundleOf({
    nodes: Object.fromEntries(Array.from({ length: width }, (_, index) => [`n${index}`, {}])),
  });
  const nodes = Object.entries(bundle.nodes).map(([name, node]) => [name, { ...node, onError: 'continue' }]);
  return { ...bundle, nodes: Object.fromEntries(nodes) as Bundle['nodes'] };
}

test('64 runs of 8 branches on three workers with connections of their own make exactly as many calls as they may', async () => {
  const { database } = opened;
  const bundle = wide(8);
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('many', 200)] }));
  const runs = await Promise.all(Array.from({ length: 64 }, () => submit(database)));
  const pools = await Promise.all([1, 2, 3].map(() => openDatabase(opened.options)));
  const workers = pools.map((pool) => workerOn(pool, { slots: 32 }));
  await Promise.all(workers.map((worker) => worker.start()));
  try {
    await eventually(async () => {
      const { rows } = await sql<{ open: number }>`select count(*) as open from run where ended_at is null`.execute(
        database.db,
      );
      return rows[0]?.open === 0 ? true : undefined;
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(pools.map((pool) => pool.close()));
  }
  const ids = runs.map(({ id }) => id);
  const calls = await database.db
    .selectFrom('step')
    .select('run')
    .where('phase', '=', 'intent')
    .where('run', 'in', ids)
    .execute();
  expect(calls).toHaveLength(200);
  expect(await readAccounts(database, environment)).toMatchObject([{ lim: 200, used: 200, drawn: 0 }]);
});

test('what a worker that died had drawn goes back when its run has ended', async () => {
  const { database } = opened;
  const accounts = new DatabaseAccounts(database, { patienceMs: 1_000 });
  const bundle = wide(1);
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('left', 50)] }));
  const { id: run } = await submit(database);
  const { id: _id, scope: _scope, sharedBy, limit, ...of } = budget('left', 50);
  const order = { ...of, account: `${budget('left', 50).id} ${sharedBy}`, limit, declared: limit, revision: 1 };
  const asked = { ...order, known: undefined, used: 0, held: 0, want: 20, least: 20 };
  expect(await accounts.draw({ environment, run, fence: 0 }, [asked])).toMatchObject([{ free: 20 }]);
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes('left'));
  await accounts.giveBackLeft();
  expect(await row()).toMatchObject({ used: 0, drawn: 20 });
  await sql`update run set state = 'Cancelled', ended_at = now() where id = ${run}`.execute(database.db);
  await accounts.giveBackLeft();
  expect(await row()).toMatchObject({ used: 0, drawn: 0 });
});

test('what a worker drew before it was killed is used by the next one, and nothing of it is lost', async () => {
  const { database, options } = opened;
  const bundle = bundleOf({ nodes: { 'call-a': { to: ['call-b'] }, 'call-b': {} } });
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('killed', 2)] }));
  const { id: run } = await submit(database);
  // It has drawn for the call and dies before anybody is told of the call.
  const entry = 'test/support/dying-worker-main.ts';
  const args = ['url' in options ? options.url : '', 'before-intent', '1', 'SIGKILL', '120000'];
  await startProcess({ entry, args }).exited();
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes('killed'));
  expect(await row()).toMatchObject({ lim: 2, used: 0, drawn: expect.any(Number) });
  expect((await row())?.drawn).toBeGreaterThan(0);
  await sql`update worker set lease_until = now() - interval '1 second'`.execute(database.db);
  const heir = workerOn(database, { leaseMs: 5_000 });
  await heir.start();
  try {
    expect(await until(database, run)).toMatchObject({ state: 'Succeeded' });
  } finally {
    await heir.stop();
  }
  expect(await row()).toMatchObject({ used: 2, drawn: 0 });
});

test('a budget on trial is booked by all runs, refuses none, and says in the record whom it would have refused', async () => {
  const { database } = opened;
  const bundle = wide(1);
  const enforced = authorityOf(bundle);
  const subjects = Object.entries(enforced.subjects).map(([name, row]) => {
    return [name, { ...row, audit: { ...row, budgets: [budget('tried', 2)] } }];
  });
  await install(database, bundle, { ...enforced, subjects: Object.fromEntries(subjects) as typeof enforced.subjects });
  const worker = workerOn(database);
  await worker.start();
  const would: unknown[] = [];
  try {
    for (let count = 0; count < 4; count += 1) {
      const { id } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
      const { rows } = await sql<{ would: unknown }>`select decision -> 'would' as would from step
        where run = ${id}::uuid and phase = 'intent'`.execute(database.db);
      would.push(...rows.map((row) => row.would));
    }
  } finally {
    await worker.stop();
  }
  const refused = { kind: 'deny', reason: 'budget.exhausted', rule: budget('tried', 2).id };
  expect(would).toEqual([null, null, refused, refused]);
  const row = (await readAccounts(database, environment)).find(({ id }) => id.includes('tried'));
  expect(row).toMatchObject({ lim: 2, used: 4, drawn: 0 });
});
