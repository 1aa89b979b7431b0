import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { startTask } from '../../src/run/task.ts';
import { retryRun } from '../../src/store/retry.ts';
import { cancelRun, readRun, type RunRow } from '../../src/store/run.ts';
import { retryFailed } from '../../src/store/run-retry.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, eventually, httpTool, install, until, withWorker } from '../support/runs.ts';

const backoff = { initial: '1ms', max: '1ms', multiplier: 1, jitter: 'none' } as const;

describe('a run of a task that says how often to try', () => {
  let opened: OpenedDatabase;
  const answers: number[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url === '/first' ? 200 : (answers.shift() ?? 200), {
      'content-type': 'application/json',
    });
    response.end('{}');
  });

  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const once = { retry: { maxAttempts: 1, backoff: backoffOf, on: [] } };
    const url = (path: string) => httpTool(`http://127.0.0.1:${port}/${path}`, { idempotent: true, ...once });
    const nodes = { a: { tool: 'first', input: {}, to: ['b'] }, b: { tool: 'second', input: {} } };
    await install(opened.database, bundleOf({ nodes, tools: { first: url('first'), second: url('second') } }));
  });
  afterAll(async () => {
    server.close();
    await opened.close();
  });
  beforeEach(() => {
    answers.length = 0;
    asked.length = 0;
  });

  const start = (retry: JsonObject, deadline?: string): Promise<RunRow> =>
    inTransaction(opened.database, (trx) =>
      startTask(trx, {
        environment,
        task: {
          namespace: 'default',
          template: {
            systemRef: 'work',
            priority: 5,
            retry: { maxAttempts: 3, backoff, ...retry },
            ...(deadline === undefined ? {} : { deadline }),
          },
        },
        input: {},
        cause: { kind: 'task' },
        submittedBy: 'ada',
      }),
    );

  const facts = (run: string) =>
    opened.database.db
      .selectFrom('run')
      .select(['state', 'attempt', 'retry_over', 'retry_at', 'deadline_at', 'fence'])
      .where('id', '=', run)
      .executeTakeFirstOrThrow();

  const events = async (run: string) => {
    const rows = await opened.database.db.selectFrom('event').select(['action', 'detail']).orderBy('id').execute();
    const own = rows.filter(({ detail }) => (detail as JsonObject)['run'] === run);
    return own.map(({ action, detail }) => {
      const { attempt, why = '' } = detail as { readonly attempt: number; readonly why?: string };
      return `${action} ${attempt} ${why}`.trim();
    });
  };

  /** Ends a run that nobody executes as a worker would. */
  const end = async (run: string, code = 'tool.unavailable') => {
    await opened.database.db
      .updateTable('run')
      .set({ state: 'Failed', ended_at: new Date(), error: JSON.stringify({ code, message: 'Down.' }) })
      .where('id', '=', run)
      .execute();
  };

  test('is started again from its journal until it succeeds', async () => {
    answers.push(503, 503);
    const { id } = await withWorker(opened.database, async () => {
      const run = await start({});
      await opened.database.notify('pawl_ready', 'default');
      await until(opened.database, run.id, 'Succeeded');
      return run;
    });
    expect(asked).toEqual(['/first', '/second', '/second', '/second']);
    expect(await facts(id)).toMatchObject({ attempt: 3, retry_at: null });
    expect(await events(id)).toEqual(['run.retried 2', 'run.retried 3']);
  });

  test('stays as it ended when its attempts are used up, with the last error', async () => {
    answers.push(503, 503, 503);
    const { id } = await withWorker(opened.database, async () => {
      const run = await start({ maxAttempts: 2 });
      await opened.database.notify('pawl_ready', 'default');
      await eventually(async () => ((await facts(run.id)).retry_over ? true : undefined));
      return run;
    });
    expect(await readRun(opened.database, id)).toMatchObject({ state: 'Failed', error: { code: 'tool.unavailable' } });
    expect(asked).toEqual(['/first', '/second', '/second']);
    expect(await events(id)).toEqual(['run.retried 2', 'run.given_up 2 attempts']);
  });

  test('is started again once for each attempt, however many look at once', async () => {
    const { id } = await start({ maxAttempts: 2 });
    await end(id);
    const look = () => Promise.all(Array.from({ length: 8 }, () => retryFailed(opened.database)));
    await look();
    await eventually(async () => {
      await look();
      return (await facts(id)).state === 'Queued' ? true : undefined;
    });
    await look();
    expect(await facts(id)).toMatchObject({ attempt: 2, fence: 1 });
    await end(id);
    await look();
    await look();
    expect(await facts(id)).toMatchObject({ state: 'Failed', attempt: 2, fence: 1, retry_over: true });
    expect(await events(id)).toEqual(['run.retried 2', 'run.given_up 2 attempts']);
  });

  test('is not started before its time', async () => {
    const { id } = await start({ backoff: { ...backoff, initial: '1h', max: '1h' } });
    await end(id);
    await retryFailed(opened.database);
    await retryFailed(opened.database);
    const { state, retry_at: at } = await facts(id);
    expect(state).toBe('Failed');
    expect(at?.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
    expect((await readRun(opened.database, id)).retry_at).toEqual(at);
  });

  test('is not started again once it was cancelled, between two attempts too', async () => {
    const { id } = await start({ backoff: { ...backoff, initial: '1h', max: '1h' } });
    await end(id);
    await retryFailed(opened.database);
    expect(await cancelRun(opened.database, id)).toMatchObject({ state: 'Failed', retry_at: null });
    await expect(cancelRun(opened.database, id)).rejects.toMatchObject({ code: 'run.ended' });
    const { id: other } = await start({});
    await cancelRun(opened.database, other);
    await retryFailed(opened.database);
    expect([await facts(id), await facts(other)]).toMatchObject([
      { state: 'Failed', retry_at: null, retry_over: true },
      { state: 'Cancelled', retry_at: null },
    ]);
    // A person may still do so, and the count goes on.
    expect(await retryRun(opened.database, { run: id, by: 'ada' })).toMatchObject({ state: 'Queued' });
    await cancelRun(opened.database, id);
  });

  test('is not started after the deadline of its task, and has no more time than is left of it', async () => {
    const { id, created_at: made } = await start({}, '30s');
    await end(id);
    await eventually(async () => {
      await retryFailed(opened.database);
      return (await facts(id)).state === 'Queued' ? true : undefined;
    });
    expect((await facts(id)).deadline_at?.getTime()).toBe(made.getTime() + 30_000);
    await end(id);
    const longAgo = new Date(made.getTime() - 30_000);
    await opened.database.db.updateTable('run').set({ created_at: longAgo }).where('id', '=', id).execute();
    await retryFailed(opened.database);
    expect(await events(id)).toEqual(['run.retried 2', 'run.given_up 2 deadline']);
  });

  test('waits for its slot again where its system has a concurrency key', async () => {
    const { id } = await start({});
    const key = { environment, system: 'default/work', key: 'k' };
    const { database } = opened;
    await database.db.updateTable('run').set({ concurrency_key: 'k' }).where('id', '=', id).execute();
    await end(id);
    await database.db
      .insertInto('concurrency')
      .values({ ...key, slots: 1 })
      .execute();
    const other = await start({});
    await database.db
      .insertInto('slot')
      .values({ ...key, n: 1, run: other.id })
      .execute();
    await eventually(async () => {
      await retryFailed(database);
      return (await facts(id)).state === 'Queued' ? true : undefined;
    });
    const row = await database.db.selectFrom('run').select('blocked').where('id', '=', id).executeTakeFirst();
    expect(row).toEqual({ blocked: true });
    for (const one of [id, other.id]) await cancelRun(database, one);
  });

  test('is not started again when its system is gone', async () => {
    const { id } = await start({});
    await end(id);
    await inTransaction(opened.database, async (trx) => {
      await trx
        .updateTable('run')
        .set({ system: `default/gone-${randomUUID().slice(0, 8)}` })
        .where('id', '=', id)
        .execute();
    });
    await retryFailed(opened.database);
    expect(await events(id)).toEqual(['run.given_up 1 removed']);
  });
});

const backoffOf = { initialMs: 1, maxMs: 1, multiplier: 1, jitter: 'none' } as const;
