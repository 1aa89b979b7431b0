import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRecords, workerRecord } from '../../src/api/records.ts';
import type { Tier } from '../../src/manifest/bundle-world.ts';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { WorkerTiers } from '../../src/run/worker-tiers.ts';
import { prepareRun } from '../../src/store/prepare-run.ts';
import { readRun } from '../../src/store/run.ts';
import { readWorkers } from '../../src/store/worker.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import {
  bundleOf,
  environment,
  eventually,
  install,
  silent,
  submit,
  system,
  until,
  workerOn,
} from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  await install(opened.database, bundleOf({ nodes: { a: {} } }));
  await declare('apart', { isolation: ['container', 'sandbox'] });
});
afterAll(() => opened.close());

async function declare(name: string, { where = environment, isolation = [] as readonly Tier[] } = {}): Promise<void> {
  const spec = { minWorkers: 0, maxWorkers: 1, concurrency: 3, requires: {}, isolation };
  const body = JSON.stringify({ metadata: { namespace: 'default', name }, spec });
  await sql`insert into resource (environment, address, kind, namespace, name, digest, body, bucket, file, line, revision)
    values (${where}, ${`WorkerPool/default/${name}`}, 'WorkerPool', 'default', ${name}, '', ${body}::jsonb, 0, 'pools.yaml', 1, 1)`.execute(
    opened.database.db,
  );
}

const pool = 'default/apart';
const host = { path: [], readable: [] };
const offers = (tiers: readonly Tier[], withheld = {}) => Promise.resolve({ tiers, withheld, host });
const heldOf = async (id: string) => {
  const [record] = await runRecords(opened.database, [await readRun(opened.database, id)]);
  return record?.held;
};

test('a run that requires tiers gets a pool that demands them, and none where no pool does', async () => {
  const { db } = opened.database;
  const request = { id: '', environment, system, input: {}, submittedBy: 'ada' };
  const prepared = await prepareRun(db, { ...request, requires: { isolation: ['container'] } });
  expect(prepared.pool).toBe(pool);
  await expect(prepareRun(db, { ...request, requires: { isolation: ['wasm'] } })).rejects.toMatchObject({
    code: 'pool.none',
    message: 'No pool has what the run asks for: the tier wasm. The nearest, default/apart, lacks the tier wasm.',
  });
});

test('a run waits while no worker of its pool offers the tiers that the pool demands, and says so until one does', async () => {
  const { database } = opened;
  // On the embedded database workers of another process, which has another executor, are dead.
  const executor = new DatabaseExecutor(database);
  const { id } = await submit(database, { pool });
  expect(await heldOf(id)).toBeUndefined();
  const why = 'This worker has no container engine that answers.';
  const lacking = workerOn(database, {
    executor,
    pool,
    isolation: () => offers(['inline', 'sandbox', 'wasm'], { container: why }),
  });
  await lacking.start();
  const held = await eventually(async () => {
    const found = await heldOf(id);
    return found?.message.includes('still trying') === true ? undefined : found;
  });
  expect(held).toEqual({
    code: 'isolation.unavailable',
    message:
      'No worker of the pool default/apart offers container and sandbox, which the pool demands in production: its worker offers inline, sandbox, and wasm.',
  });
  await lacking.tick();
  expect(lacking.running).toBe(0);
  const [row] = await readWorkers(database);
  expect(row && workerRecord(row)).toMatchObject({
    tiers: ['inline', 'sandbox', 'wasm'],
    withheld: { container: why },
  });
  const able = workerOn(database, {
    executor,
    pool,
    isolation: () => offers(['inline', 'sandbox', 'container', 'wasm']),
  });
  await able.start();
  expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
  expect(await heldOf(id)).toBeUndefined();
  await Promise.all([lacking.stop(), able.stop()]);
});

test('what a worker offers is written again when it changes, and under its next name', async () => {
  const { database } = opened;
  const executor = new DatabaseExecutor(database);
  const [one, two] = ['0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-000000000002'];
  for (const id of [one, two]) await executor.enlist({ id, host: 'test', pid: 1, version: '0', slots: 1, pool });
  let found: readonly Tier[] = ['inline'];
  const met: string[] = [];
  const tiers = new WorkerTiers({
    executor,
    pool,
    isolation: () => offers(found),
    log: silent,
    met: () => met.push('met'),
  });
  const look = async (worker: string) => {
    await tiers.look(worker);
    await tiers.stop();
    const rows = await readWorkers(database);
    return rows.find(({ id }) => id === worker)?.tiers;
  };
  expect(await look(one)).toEqual(['inline']);
  expect([tiers.unmet, tiers.servesAny, met]).toEqual([[environment], false, []]);
  found = ['inline', 'sandbox', 'container'];
  expect(await look(one)).toEqual(found);
  expect([tiers.unmet, tiers.servesAny, met]).toEqual([[], true, ['met']]);
  expect(await look(two)).toEqual(found);
  for (const id of [one, two]) await executor.retire(id);
});

test('a worker of a pool that demands nothing tries its tiers only once it has lived for a while', async () => {
  const executor = new DatabaseExecutor(opened.database);
  let trials = 0;
  const isolation = () => {
    trials += 1;
    return offers([]);
  };
  const tiers = new WorkerTiers({ executor, pool: 'default', isolation, log: silent, met: () => undefined });
  await tiers.look('0190a000-0000-7000-8000-000000000003');
  expect([tiers.unmet, trials]).toEqual([[], 0]);
  await tiers.look('0190a000-0000-7000-8000-000000000003');
  await tiers.stop();
  expect(trials).toBe(1);
});

test('what one environment demands of a pool holds up no run of the others in it', async () => {
  const { database } = opened;
  await sql`insert into environment (name, root, revision) values ('staging', '', 1)`.execute(database.db);
  await database.db.transaction().execute(async (trx) => {
    await sql`select set_config('pawl.apply', 'on', true)`.execute(trx);
    await sql`insert into bundle_history (environment, system, from_revision, digest)
      select 'staging', system, 1, digest from bundle_history where to_revision is null`.execute(trx);
  });
  await declare('shared', { isolation: ['sandbox'] });
  await declare('shared', { where: 'staging', isolation: ['container'] });
  const shared = 'default/shared';
  const executor = new DatabaseExecutor(database);
  const lacking = workerOn(database, { executor, pool: shared, isolation: () => offers(['inline', 'sandbox']) });
  await lacking.start();
  // The first in turn is one that the worker may not take.
  const theirs = await submit(database, { environment: 'staging', pool: shared, priority: 9 });
  const ours = await submit(database, { pool: shared });
  await eventually(async () => {
    await lacking.tick();
    return (await readRun(database, ours.id)).state === 'Succeeded' ? true : undefined;
  });
  expect(await readRun(database, theirs.id)).toMatchObject({ state: 'Queued', fence: 0 });
  expect(await heldOf(theirs.id)).toEqual({
    code: 'isolation.unavailable',
    message:
      'No worker of the pool default/shared offers container, which the pool demands in staging: its worker offers inline and sandbox.',
  });
  const able = workerOn(database, { executor, pool: shared, isolation: () => offers(['inline', 'container']) });
  await able.start();
  expect(await until(database, theirs.id)).toMatchObject({ state: 'Succeeded' });
  await Promise.all([lacking.stop(), able.stop()]);
});
