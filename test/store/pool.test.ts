import { afterEach, expect, test } from 'vitest';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { openTestDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const connectMs = 300;
const poolMax = 3;

async function smallPool(): Promise<Database> {
  const opened = await openTestDatabase('postgres');
  closers.push(() => opened.close());
  const database = await openDatabase({ ...opened.options, poolMax, connectMs } as DatabaseOptions);
  closers.push(() => database.close());
  return database;
}

/** Takes every connection, as so many slow statements would; the function that it gives frees them. */
async function exhaust(database: Database): Promise<() => Promise<void>> {
  const held = await Promise.all(Array.from({ length: poolMax }, () => database.db.startTransaction().execute()));
  return async () => {
    await Promise.all(held.map((one) => one.rollback().execute()));
  };
}

test('a pool whose every connection is busy says so after a bounded wait, and serves again when one is free', async () => {
  const database = await smallPool();
  const free = await exhaust(database);
  const asking = database.db.selectFrom('environment').select('name').execute();
  await expect(asking).rejects.toMatchObject({
    name: 'RetryableError',
    code: 'store.pool_busy',
    message: 'All 3 database connections were busy for 300 ms.',
  });
  await free();
  expect(await database.db.selectFrom('environment').select('name').execute()).toEqual([]);
});

test('a worker that gets no connection makes no call, keeps its lease, and goes on when there is one', async () => {
  const database = await smallPool();
  const effects: EffectServer = await startEffectServer();
  closers.push(() => effects.close());
  await install(
    database,
    bundleOf({
      nodes: { first: { tool: 'first', to: ['second'] }, second: { tool: 'second' } },
      tools: { first: httpTool(`${effects.url}/hold/first`), second: httpTool(`${effects.url}/second`) },
    }),
  );
  const worker = workerOn(database);
  await worker.start();
  closers.push(() => worker.stop());
  const { id } = await submit(database);
  await effects.waitForEffects(1);
  const free = await exhaust(database);
  await effects.release();
  // As long as the pool stays busy, somebody who asks it is told so; the worker has asked before.
  for (let round = 0; round < 3; round += 1) {
    await expect(database.notify('pawl_nobody', '')).rejects.toMatchObject({ name: 'RetryableError' });
  }
  expect((await effects.effects()).map(({ path }) => path)).toEqual(['/hold/first']);
  await free();
  expect(await until(database, id)).toMatchObject({ state: 'Succeeded', crashes: 0, fence: 1 });
  expect((await effects.effects()).map(({ path }) => path)).toEqual(['/hold/first', '/second']);
  await eventually(async () => (worker.running === 0 ? true : undefined));
});
