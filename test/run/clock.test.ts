import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { readRun } from '../../src/store/run.ts';
import { listRuns } from '../../src/store/run-list.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit, until, workerOn } from '../support/runs.ts';

const hourMs = 3_600_000;
const leaseMs = 10_000;

/** The clock of the worker's machine is wrong; every fact about time is the database's. */
describe.each([
  ['an hour ahead', hourMs],
  ['an hour behind', -hourMs],
])('a worker whose clock is %s', (_name, skewMs) => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skewMs });
  });
  afterEach(() => vi.setSystemTime(Date.now()));
  afterAll(async () => {
    vi.useRealTimers();
    await opened.close();
  });

  const identity = (id: string) => ({ id, host: 'test', pid: process.pid, version: '0', slots: 4 });

  /** How long the lease runs on, by the database's clock. */
  async function remainingMs(worker: string): Promise<number> {
    const { rows } = await sql<{ ms: number }>`
      select (extract(epoch from lease_until - clock_timestamp()) * 1000)::integer as ms
      from worker where id = ${worker}`.execute(opened.database.db);
    return rows[0]?.ms ?? Number.NaN;
  }

  test('takes no longer lease than others, takes no run over early, and is taken over in time', async () => {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: {} } }));
    const holder = new DatabaseExecutor(database, { leaseMs });
    // Any age of the server is old enough to judge by.
    const other = new DatabaseExecutor(database, { leaseMs: 1 });
    const worker = randomUUID();
    await holder.enlist(identity(worker));
    expect(await remainingMs(worker)).toBeLessThanOrEqual(leaseMs);
    expect(await remainingMs(worker)).toBeGreaterThan(0);
    const { id } = await submit(database);
    const claimed = await holder.claim({ worker, pool: 'default', slots: 1, suspect: true });
    expect(claimed).toMatchObject([{ id, fence: 1, overdue: false, cancelled: false }]);
    expect(await holder.owned(worker)).toEqual([{ run: id, fence: 1, interrupted: null }]);
    const nothing = { workers: 0, requeued: 0, deadLettered: 0, promoted: 0, timedOut: 0 };
    expect(await other.reap()).toEqual(nothing);

    // And it jumps to the other side.
    vi.setSystemTime(Date.now() - 2 * skewMs);
    expect(await other.reap()).toEqual(nothing);
    expect(await holder.renew(worker)).toBe(true);
    expect(await remainingMs(worker)).toBeLessThanOrEqual(leaseMs);
    const waits = [{ path: 'a/1', kind: 'timer', delayMs: 600_000 }] as const;
    await holder.park({ worker, run: id, fence: 1, entries: [], end: { kind: 'waiting', waits } });
    expect(await other.reap()).toEqual(nothing);
    expect(await readRun(database, id)).toMatchObject({ state: 'Waiting', crashes: 0 });

    const next = await submit(database);
    await holder.claim({ worker, pool: 'default', slots: 1, suspect: true });
    await sql`update worker set lease_until = now() - interval '1 millisecond' where id = ${worker}`.execute(
      database.db,
    );
    expect(await other.reap()).toEqual({ ...nothing, workers: 1, requeued: 1 });
    expect(await readRun(database, next.id)).toMatchObject({ state: 'Queued', crashes: 1, fence: 2 });
    await sql`delete from wait`.execute(database.db);
    await sql`delete from run`.execute(database.db);
  });

  test('executes runs to their end, and what it writes carries the database’s time', async () => {
    const { database } = opened;
    const bundle = bundleOf({
      nodes: { write: { agent: 'writer' } },
      agents: { writer: { limits: { maxSteps: 5, maxToolCalls: 5, timeoutMs: 5_000 } } },
      replies: [{ agent: 'writer', turns: [{ toolCalls: [{ tool: 'echo', arguments: {} }] }, { text: 'done' }] }],
      timeoutMs: 30_000,
    });
    await install(database, bundle);
    const worker = workerOn(database);
    await worker.start();
    const { id } = await submit(database);
    expect(await until(database, id)).toMatchObject({ state: 'Succeeded', output: { write: 'done' } });
    await worker.stop();
    const { rows } = await sql<{ off: number }>`
      select max(abs(extract(epoch from clock_timestamp() - at)))::integer as off from step where run = ${id}`.execute(
      database.db,
    );
    expect(rows[0]?.off).toBeLessThan(60);
  });

  test('submits runs whose ids leap in time, and they are listed in the order of the database', async () => {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: {} } }));
    const before = (await listRuns(database, { environment, limit: 100 })).length;
    const ids = ['c', 'a', 'b'].map((first) => randomUUID().replace(/^./, first));
    for (const id of ids) await submit(database, { id });
    const listed = await listRuns(database, { environment, limit: 100 });
    expect(listed.map(({ id }) => id).slice(0, listed.length - before)).toEqual(ids.toReversed());
    const worker = new DatabaseExecutor(database, { leaseMs });
    const id = randomUUID();
    await worker.enlist(identity(id));
    const claim = () => worker.claim({ worker: id, pool: 'default', slots: 1, suspect: true });
    const claimed = [...(await claim()), ...(await claim()), ...(await claim())];
    expect(claimed.map((run) => run.id)).toEqual(ids);
    await worker.retire(id);
  });
});
