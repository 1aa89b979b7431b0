import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { readRun } from '../../src/store/run.ts';
import { readWorkers } from '../../src/store/worker.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, eventually, httpTool, install, submit, until } from '../support/runs.ts';

const pool = 'default/eu';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Scene {
  readonly database: Database;
  readonly effects: EffectServer;
  readonly pawl: (...args: readonly string[]) => TestProcess;
}

/** A live pool of up to two workers, with one run each, and a system whose tool may be repeated and is held. */
async function scene(): Promise<Scene> {
  const [made, effects] = await Promise.all([createDatabase(), startEffectServer()]);
  const database = await openDatabase({ url: made.url });
  closers.push(
    () => made.drop(),
    () => effects.close(),
    () => database.close(),
  );
  const tools = { post: httpTool(`${effects.url}/hold/post`, { idempotent: true, timeoutMs: 60_000 }) };
  await install(database, bundleOf({ nodes: { a: { tool: 'post' } }, tools }));
  const spec = {
    minWorkers: 0,
    maxWorkers: 2,
    concurrency: 1,
    requires: {},
    scaling: { metrics: [{ metric: 'queueDepth', target: 1 }], scaleDownAfter: '60s' },
  };
  const body = JSON.stringify({ metadata: { namespace: 'default', name: 'eu' }, spec });
  await sql`insert into resource (environment, address, kind, namespace, name, digest, body, bucket, file, line, revision)
    values ('production', 'WorkerPool/default/eu', 'WorkerPool', 'default', 'eu', '', ${body}::jsonb, 0, 'pools.yaml', 1,
      1)`.execute(database.db);
  const cwd = new URL('../../example-repo', import.meta.url).pathname;
  const env = { DATABASE_URL: made.url, NATS_URL: undefined, PAWL_LOG_LEVEL: 'warn' };
  const pawl = (...args: readonly string[]) => {
    const started = startProcess({ entry: 'src/main.ts', args, cwd, env });
    closers.push(() => started.kill('SIGTERM'));
    return started;
  };
  return { database, effects, pawl };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const live = async (database: Database) => (await readWorkers(database)).filter((worker) => worker.live);

test('a worker of a pool takes its runs alone, and hands back what it runs when it is asked to stop', async () => {
  const { database, effects, pawl } = await scene();
  const other = await submit(database);
  const run = await submit(database, { pool });
  const worker = pawl('worker', '--pool', 'eu');
  await worker.waitFor(/The worker takes runs/, 30_000);
  await effects.waitForEffects(1, 15_000);
  expect(await live(database)).toMatchObject([{ pool, slots: 1, running: 1 }]);
  expect((await readRun(database, other.id)).state).toBe('Queued');
  // It gives up the call that is held after ten seconds at most, and the test's process waits no longer than 15.
  expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(worker.stderr).toBe('Stopping: handing back what is running.\n');
  expect(await readWorkers(database)).toEqual([]);
  expect(await readRun(database, run.id)).toMatchObject({ state: 'Queued', crashes: 0 });
});

test('as many workers run as the pool asks for, and none is left, though the command was killed', async () => {
  const { database, effects, pawl } = await scene();
  const runs = [];
  for (let at = 0; at < 2; at += 1) runs.push(await submit(database, { pool }));
  const fleet = pawl('workers', '--autoscale', '--pool', 'eu');
  await fleet.waitFor(/Workers of the pool default\/eu are started and stopped as it asks/, 30_000);
  const workers = await eventually(async () => {
    const found = await live(database);
    return found.length === 2 && found.every(({ running }) => running === 1) ? found : undefined;
  }, 40_000);
  expect(workers).toMatchObject([{ pool }, { pool }]);
  // A request that came later than this would be held again.
  await effects.waitForEffects(2);
  await effects.release();
  for (const { id } of runs) await until(database, id, 'Succeeded');
  expect(await fleet.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  await eventually(async () => ((await readWorkers(database)).length === 0 ? true : undefined), 40_000);
  await eventually(async () => (workers.some(({ pid }) => isThere(pid)) ? undefined : true), 40_000);
});
