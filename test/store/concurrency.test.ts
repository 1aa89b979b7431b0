import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Concurrency } from '../../src/store/concurrency.ts';
import { cancelRun, readRun, type RunRow } from '../../src/store/run.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, eventually, install, submit, workerOn } from '../support/runs.ts';

const nothing = { requeued: 0, deadLettered: 0 };

describe('runs that are counted by a key, on PostgreSQL', () => {
  let opened: OpenedDatabase;
  let executor: DatabaseExecutor;
  let worker: string;

  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    await install(opened.database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await opened.database.db.deleteFrom('wait').execute();
    await opened.database.db.deleteFrom('run').execute();
    await opened.database.db.deleteFrom('concurrency').execute();
    executor = new DatabaseExecutor(opened.database);
    worker = randomUUID();
    await executor.enlist({ id: worker, host: 'test', pid: 1, version: '0', slots: 100 });
    return () => executor.retire(worker);
  });

  const start = (key: string, concurrency: Partial<Concurrency> = {}, run: { priority?: number } = {}) =>
    submit(opened.database, { ...run, concurrency: { key, limit: 1, policy: 'queue', ...concurrency } });
  const claim = async (): Promise<readonly { readonly id: string; readonly fence: number }[]> =>
    executor.claim({ worker, pool: 'default', slots: 100, suspect: true });
  const end = (run: { readonly id: string; readonly fence: number }) =>
    executor.complete({
      worker,
      run: run.id,
      fence: run.fence,
      entries: [],
      end: { kind: 'succeeded', output: null },
    });
  const state = async (run: RunRow) => (await readRun(opened.database, run.id)).state;
  const claimed = () =>
    eventually(async () => {
      const runs = await claim();
      return runs.length > 0 ? runs : undefined;
    });

  test('no more than the limit of a key are ready, and other keys are not held up', async () => {
    const [first, second, third] = [await start('a', { limit: 2 }), await start('a', { limit: 2 }), await start('b')];
    await start('a', { limit: 2 });
    const runs = await claim();
    expect(runs.map(({ id }) => id).sort()).toEqual([first.id, second.id, third.id].sort());
    expect(await claim()).toEqual([]);
  });

  test('a slot that is freed goes to the highest priority, then to the one that came first', async () => {
    const holder = await start('a');
    const [plain, urgent, later] = [await start('a'), await start('a', {}, { priority: 9 }), await start('a')];
    const order: string[] = [];
    for (let at = 0; at < 4; at += 1) {
      const [run, ...others] = await claimed();
      expect(others).toEqual([]);
      if (run === undefined) throw new Error('a run was claimed');
      order.push(run.id);
      await end(run);
    }
    expect(order).toEqual([holder.id, urgent.id, plain.id, later.id]);
  });

  test('a run that waits keeps its slot; cancelled where nobody executes it, it is freed within a turn of the reaper', async () => {
    const [holder, next] = [await start('a'), await start('a')];
    const [run] = await claim();
    if (run === undefined) throw new Error('a run was claimed');
    const wait = { path: 'a/1', kind: 'human', delayMs: 60_000 } as const;
    await executor.park({
      worker,
      run: run.id,
      fence: run.fence,
      entries: [],
      end: { kind: 'waiting', waits: [wait] },
    });
    expect(await executor.reap()).toMatchObject({ ...nothing, promoted: 0 });
    expect(await claim()).toEqual([]);
    await cancelRun(opened.database, holder.id);
    expect(await executor.reap()).toMatchObject({ ...nothing, promoted: 1 });
    expect((await claim()).map(({ id }) => id)).toEqual([next.id]);
  });

  test('a blocked run that is cancelled frees nothing, and is never begun', async () => {
    await start('a');
    const blocked = await start('a');
    await cancelRun(opened.database, blocked.id);
    const [run] = await claim();
    if (run === undefined) throw new Error('a run was claimed');
    await end(run);
    await executor.reap();
    expect(await claim()).toEqual([]);
  });

  test('one too many is refused by the policy `reject`, and the same idempotency key is not one too many', async () => {
    const idempotencyKey = randomUUID();
    const concurrency = { key: 'a', limit: 1, policy: 'reject' } as const;
    const first = await submit(opened.database, { concurrency, idempotencyKey });
    await expect(submit(opened.database, { concurrency })).rejects.toMatchObject({
      code: 'concurrency.rejected',
      retryAfterMs: 5_000,
      message: 'A run of AgentSystem/default/work with this concurrency key has not ended.',
    });
    expect((await submit(opened.database, { concurrency, idempotencyKey })).id).toBe(first.id);
  });

  test('no more wait for a key than maxQueued allows', async () => {
    await start('a', { maxQueued: 1 });
    await start('a', { maxQueued: 1 });
    await expect(start('a', { maxQueued: 1 })).rejects.toMatchObject({
      code: 'queue.full',
      message: '1 runs of AgentSystem/default/work wait for this concurrency key, as many as its maxQueued allows.',
    });
    await start('b', { maxQueued: 0 });
    await expect(start('b', { maxQueued: 0 })).rejects.toMatchObject({ code: 'queue.full' });
  });

  test('by the policy `replace` the newest goes next, and those before it end with its name', async () => {
    const replace = { policy: 'replace' } as const;
    const old = await start('a', replace);
    const [run] = await claim();
    if (run === undefined) throw new Error('a run was claimed');
    const between = await start('a', replace);
    const newest = await start('a', replace);
    const taken = `Run ${newest.id} of the same concurrency key took its place.`;
    expect(await readRun(opened.database, between.id)).toMatchObject({
      state: 'Cancelled',
      error: { code: 'run.replaced', message: taken },
    });
    expect(await executor.owned(worker)).toMatchObject([{ run: old.id, interrupted: 'cancelled' }]);
    const error = { code: 'run.cancelled', message: 'The run was cancelled.' };
    await executor.complete({ worker, run: run.id, fence: run.fence, entries: [], end: { kind: 'cancelled', error } });
    expect((await readRun(opened.database, old.id)).error).toMatchObject({ code: 'run.replaced' });
    expect((await claimed()).map(({ id }) => id)).toEqual([newest.id]);
    expect(await state(newest)).toBe('Running');
  });

  test('a key that nobody uses any more leaves no row behind', async () => {
    await start('a');
    const [run] = await claim();
    if (run === undefined) throw new Error('a run was claimed');
    await end(run);
    await eventually(async () => {
      const left = await opened.database.db.selectFrom('concurrency').selectAll().execute();
      return left.length === 0 ? true : undefined;
    });
    expect(await opened.database.db.selectFrom('slot').selectAll().execute()).toEqual([]);
  });

  test('with many submitters and workers at once there are never more than the limit, and nobody is left', async () => {
    const workers = [1, 2, 3].map(() => workerOn(opened.database, { slots: 8 }));
    await Promise.all(workers.map((one) => one.start()));
    let most = 0;
    let watching = true;
    const text = `select coalesce(max(n), 0)::integer as most from (
      select count(*) as n from run where state = 'Running' and concurrency_key is not null group by concurrency_key) x`;
    const watched = (async () => {
      while (watching) {
        const [row] = await rows<{ readonly most: number }>(opened, text);
        most = Math.max(most, row?.most ?? 0);
      }
    })();
    try {
      const submitted = await Promise.all(Array.from({ length: 120 }, (_, at) => start(`key ${at % 3}`, { limit: 2 })));
      await eventually(async () => {
        const [row] = await rows<{ readonly done: number }>(
          opened,
          `select count(*)::integer as done from run where state = 'Succeeded'`,
        );
        return row?.done === submitted.length ? true : undefined;
      }, 40_000);
    } finally {
      watching = false;
      await watched;
      await Promise.all(workers.map((one) => one.stop()));
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
  });
});

async function rows<Row>({ database }: OpenedDatabase, text: string): Promise<readonly Row[]> {
  const { CompiledQuery } = await import('kysely');
  return (await database.db.executeQuery<Row>(CompiledQuery.raw(text))).rows;
}
