import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { Database } from '../../src/store/database-port.ts';
import { readRun } from '../../src/store/run.ts';
import { readOpenWaits } from '../../src/store/wait.ts';
import { readWorkers } from '../../src/store/worker.ts';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

/** A worker in another process that is asked to end at a bad moment, or that the database cannot hear any more. */
describe('a worker', { timeout: 120_000 }, () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  let url: string;
  const processes: TestProcess[] = [];
  const proxies: CuttingProxy[] = [];

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
    url = 'url' in opened.options ? opened.options.url : '';
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.kill();
    for (const one of proxies.splice(0)) await one.close();
    await effects.release();
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  async function startWorker(leaseMs: number, at = url): Promise<TestProcess> {
    const started = startProcess({ entry: 'test/support/worker-main.ts', args: [at, String(leaseMs)] });
    processes.push(started);
    await started.waitFor(/started/);
    return started;
  }

  const made = async (path: string) => (await effects.effects()).filter((effect) => effect.path === path);
  const held = (name: string, tool: Partial<BundleTool>) =>
    bundleOf({
      nodes: { call: { tool: 'held' } },
      tools: { held: httpTool(`${effects.url}/hold/${name}`, tool) },
      timeoutMs: 120_000,
    });

  test.each([
    ['may be repeated: the next worker makes it again, with its key', true],
    ['may not be repeated: a person is asked, and nobody makes it again', false],
  ])('that is asked to end hands a call back that outlasts its grace and %s', async (_what, idempotent) => {
    const { database } = opened;
    const name = `grace-${String(idempotent)}`;
    await install(database, held(name, { idempotent }));
    const leaving = await startWorker(60_000);
    const run = await submit(database);
    await eventually(async () => (await made(`/hold/${name}`)).at(0));
    // Nothing lets the call go before the worker has ended.
    expect(await leaving.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(leaving.stderr).toBe('');
    const heir = workerOn(database, { leaseMs: 60_000 });
    await heir.start();
    try {
      if (idempotent) await eventually(async () => (await made(`/hold/${name}`)).at(1));
      await effects.release();
      const ended = await until(database, run.id, idempotent ? 'Succeeded' : 'Waiting');
      expect(ended.crashes).toBe(0);
    } finally {
      await heir.stop();
    }
    const calls = await made(`/hold/${name}`);
    expect([calls.length, new Set(calls.map(({ key }) => key)).size]).toEqual([idempotent ? 2 : 1, 1]);
    const waits = await readOpenWaits(database, [run.id]);
    expect(waits.map(({ kind }) => kind)).toEqual(idempotent ? [] : ['unknown']);
  });

  test('that is asked to end while batches of many runs are written loses none of them, and makes no call twice', async () => {
    const { database } = opened;
    const many = 120;
    const tools = Object.fromEntries(
      ['one', 'two', 'three'].map((name) => [name, httpTool(`${effects.url}/batch-${name}`)]),
    );
    const nodes = { one: { tool: 'one', to: ['two'] }, two: { tool: 'two', to: ['three'] }, three: { tool: 'three' } };
    await install(database, bundleOf({ nodes, tools, timeoutMs: 120_000 }));
    const runs = await Promise.all(Array.from({ length: many }, () => submit(database)));
    const seen = async () => (await effects.effects()).filter(({ path }) => path.startsWith('/batch-'));
    // Twice, each time with batches under way: some calls are made, and most are not.
    for (const atLeast of [20, 150]) {
      const leaving = await startWorker(60_000);
      await eventually(async () => ((await seen()).length >= atLeast ? true : undefined));
      expect(await leaving.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(leaving.stderr).toBe('');
    }
    const heir = workerOn(database, { leaseMs: 60_000 });
    await heir.start();
    try {
      for (const { id } of runs) expect(await until(database, id)).toMatchObject({ state: 'Succeeded', crashes: 0 });
    } finally {
      await heir.stop();
    }
    const calls = await seen();
    expect([calls.length, new Set(calls.map(({ key }) => key)).size]).toEqual([3 * many, 3 * many]);
    for (const { id } of runs) {
      const results = (await journalOf(database, id)).filter(({ phase }) => phase === 'result');
      expect(results.map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
        'one/1 done',
        'two/1 done',
        'three/1 done',
      ]);
    }
  });

  test('whose link to the database stalls loses its run after its lease; what comes through later changes nothing', async () => {
    const { database } = opened;
    const proxy = await cuttingProxy(url);
    proxies.push(proxy);
    const leaseMs = 3_000;
    await install(database, held('stall', { idempotent: true }));
    const cut = await startWorker(leaseMs, proxy.url);
    const run = await submit(database);
    await eventually(async () => (await made('/hold/stall')).at(0));
    const owned = await readRun(database, run.id);
    proxy.stall();
    const { owner } = await database.db
      .selectFrom('run')
      .select('owner')
      .where('id', '=', run.id)
      .executeTakeFirstOrThrow();
    const { lease_until: leaseUntil } = await database.db
      .selectFrom('worker')
      .select('lease_until')
      .where('id', '=', owner)
      .executeTakeFirstOrThrow();
    const heir = workerOn(database, { leaseMs, host: 'heir' });
    await heir.start();
    try {
      // The connection lives, so that nothing but the lease says that the worker is gone. The call is made again.
      await eventually(async () => (await made('/hold/stall')).at(1));
      const taken = await readRun(database, run.id);
      expect(taken).toMatchObject({ state: 'Running', crashes: 1 });
      expect(taken.fence).toBeGreaterThan(owned.fence);
      // By the database's clock the lease was over: the run never had two owners.
      expect((await databaseClock(database)) >= leaseUntil).toBe(true);
      await effects.release();
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded', crashes: 1 });
      const before = await journalOf(database, run.id);
      // What the worker wrote meanwhile arrives now: its call was answered too.
      const earlier = new Set((await readWorkers(database)).map(({ id }) => id));
      proxy.resume();
      await eventually(async () => {
        const workers = await readWorkers(database);
        return workers.some(({ id, host }) => host === 'test' && !earlier.has(id)) ? true : undefined;
      });
      expect(await journalOf(database, run.id)).toEqual(before);
      const calls = await made('/hold/stall');
      expect([calls.length, calls.filter(({ applied }) => applied).length]).toEqual([2, 1]);
      expect(await cut.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      await heir.stop();
    }
  });
});

async function databaseClock({ db }: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the database has a clock');
  return row.now;
}
