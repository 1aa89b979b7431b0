import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { ensureEnvironment, listEnvironments } from '../../src/store/environment.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { startServer } from '../support/postgres.ts';

describe.each(databaseKinds)('a database on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  test('gives the same values for the same columns', async () => {
    const { rows } = await sql`
      select 9007199254740991::bigint as big, 1::smallint as small, 1.50::numeric as exact, true as yes,
        null as nothing, '2026-01-02T03:04:05.678Z'::timestamptz as at, '[1,{"a":[]}]'::jsonb as json,
        array['x','y'] as texts, '00000000-0000-4000-8000-000000000000'::uuid as id`.execute(database.db);
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        small: 1,
        exact: '1.50',
        yes: true,
        nothing: null,
        at: new Date('2026-01-02T03:04:05.678Z'),
        json: [1, { a: [] }],
        texts: ['x', 'y'],
        id: '00000000-0000-4000-8000-000000000000',
      },
    ]);
  });

  test('takes the same parameters', async () => {
    const texts = ['a "quoted" one', 'back\\slash', 'comma, brace }', '', 'ünï'];
    const { rows } = await sql`
      select ${texts}::text[] as texts, ${[1, 2]}::smallint[] as numbers, ${'[1]'}::jsonb as json, ${7}::bigint as big,
        ${new Date(0)}::timestamptz as at, ${null}::text as nothing, ${false}::boolean as no`.execute(database.db);
    const at = new Date(0);
    expect(rows).toEqual([{ texts, numbers: [1, 2], json: [1], big: 7, at, nothing: null, no: false }]);
  });

  test('refuses an integer that a number cannot hold', async () => {
    await expect(sql`select 9007199254740993::bigint as big`.execute(database.db)).rejects.toThrow(
      '9007199254740993 does not fit a number',
    );
    expect((await sql`select 1 as fine`.execute(database.db)).rows).toEqual([{ fine: 1 }]);
  });

  test('counts the rows that a statement changed', async () => {
    await ensureEnvironment(database.db, 'counted');
    const update = (name: string) =>
      database.db.updateTable('environment').set({ commit_id: 'c' }).where('name', '=', name).executeTakeFirst();
    expect((await update('counted')).numUpdatedRows).toBe(1n);
    expect((await update('nobody')).numUpdatedRows).toBe(0n);
  });

  test('a failing statement says why, with a code and without the values of its rows', async () => {
    const insert = () =>
      database.db.insertInto('spec').values({ digest: 'not a digest', body: 'the secret text' }).execute();
    const error: unknown = await insert().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'TerminalError',
      code: 'store.rejected',
      message: expect.stringMatching(/^The database rejected a statement: .*spec_check.* \(23514\)\.$/),
    });
    const { cause } = error as Error;
    expect(JSON.stringify(Object.entries(cause as Error))).not.toContain('the secret text');
  });

  test('a missing table says what to run', async () => {
    await expect(sql`select * from absent`.execute(database.db)).rejects.toMatchObject({
      code: 'store.schema_outdated',
      help: 'Run `pawl migrate`.',
    });
  });

  test('a transaction that asks the pool is told so, and does not wait for itself', async () => {
    const nested = inTransaction(database, async () => await listEnvironments(database.db));
    await expect(nested).rejects.toMatchObject({
      code: 'store.nested',
      help: 'Pass the transaction down instead of the database.',
    });
    const transactions = inTransaction(database, () => inTransaction(database, async () => 1));
    await expect(transactions).rejects.toMatchObject({ code: 'store.nested' });
    expect(await inTransaction(database, async (trx) => (await listEnvironments(trx)).length)).toBeGreaterThan(0);
  });

  test('a transaction that throws leaves nothing', async () => {
    const failing = inTransaction(database, async (trx) => {
      await ensureEnvironment(trx, 'never');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect((await listEnvironments(database.db)).map((row) => row.name)).not.toContain('never');
  });

  test.each(['40001', '40P01'])(
    'SQLSTATE %s is tried again as a whole, for a bounded number of times',
    async (state) => {
      const failing = sql.raw(`do $$ begin raise exception 'injected' using errcode = '${state}'; end $$`);
      let attempts = 0;
      const result = await inTransaction(database, async (trx) => {
        attempts += 1;
        await ensureEnvironment(trx, `retried-${state}`);
        if (attempts < 3) await failing.execute(trx);
        return 'done';
      });
      expect([result, attempts]).toEqual(['done', 3]);
      const always = inTransaction(database, (trx) => failing.execute(trx), { attempts: 2 });
      await expect(always).rejects.toMatchObject({ name: 'RetryableError', code: 'store.contention' });
    },
  );

  test('many callers share it in turn', async () => {
    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 === 0
          ? listEnvironments(database.db).then((rows) => rows.length)
          : inTransaction(database, async (trx) => (await listEnvironments(trx)).length),
      ),
    );
    expect(new Set(counts).size).toBe(1);
  });

  test('wake-ups reach those who listen, until they stop', async () => {
    const heard: string[] = [];
    const signal = new EventTarget();
    const stop = await database.listen('pawl_applied', (payload) => {
      heard.push(payload);
      signal.dispatchEvent(new Event('heard'));
    });
    const first = once(signal, 'heard');
    await database.notify('pawl_applied', 'prod');
    await first;
    await stop();
    const other = once(signal, 'heard');
    await database.listen('pawl_applied', () => signal.dispatchEvent(new Event('heard')));
    await database.notify('pawl_applied', 'again');
    await other;
    expect(heard).toEqual(['prod']);
    await expect(database.listen('x; drop table run', () => undefined)).rejects.toThrow('is not a channel name');
  });

  test('a session is of its own, and ends with its close', async () => {
    const session = await database.session();
    await sql`select pg_advisory_lock(42)`.execute(session.db);
    expect(session.lost.aborted).toBe(false);
    await session.close();
  });
});

test('a closed database says so, and closing twice is closing once', async () => {
  for (const kind of databaseKinds) {
    const opened = await openTestDatabase(kind);
    await opened.database.close();
    await opened.database.close();
    await expect(listEnvironments(opened.database.db)).rejects.toMatchObject({ code: 'store.closed' });
    await opened.close();
  }
});

test('an embedded database is opened by one at a time, and keeps its rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-embedded-'));
  try {
    const options = { directory: join(folder, 'db') };
    const first = await openDatabase(options);
    await sql`create table kept (value text); insert into kept values ('here')`.execute(first.db);
    await expect(openDatabase(options)).rejects.toMatchObject({ code: 'store.locked' });
    await first.close();
    const second = await openDatabase(options);
    expect((await sql`select value from kept`.execute(second.db)).rows).toEqual([{ value: 'here' }]);
    await second.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('a server that is not there', () => {
  test('is said to be away after a bounded wait', async () => {
    const started = Date.now();
    const opening = openDatabase({ url: 'postgres://nobody@127.0.0.1:9/none', connectMs: 300 });
    await expect(opening).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'store.unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    // 300 ms, and what a busy machine adds.
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test('a wrong password or database is refused at once', async () => {
    const opened = await openTestDatabase('postgres');
    try {
      const url = new URL('url' in opened.options ? opened.options.url : '');
      url.pathname = '/absent';
      await expect(openDatabase({ url: url.href })).rejects.toMatchObject({ code: 'store.refused' });
    } finally {
      await opened.close();
    }
  });
});

describe('a server that restarts', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  test('is found again by statements, by listeners and not by sessions', async () => {
    const server = await startServer({ durable: true });
    closers.push(() => server.close());
    const database = await openDatabase({ url: server.url, connectMs: 20_000 });
    closers.push(() => database.close());
    const signal = new EventTarget();
    await database.listen('pawl_ready', (payload) => signal.dispatchEvent(new Event(`heard ${payload}`)));
    const session = await database.session();
    const lost = once(session.lost, 'abort');
    const missed = once(signal, 'heard ');
    await server.crash();
    await server.start();
    expect((await sql`select 1 as fine`.execute(database.db)).rows).toEqual([{ fine: 1 }]);
    await lost;
    await expect(sql`select 1`.execute(session.db)).rejects.toMatchObject({
      code: 'store.unavailable',
      message: 'The connection of this lease was lost.',
    });
    await missed;
    const heard = once(signal, 'heard again');
    await database.notify('pawl_ready', 'again');
    await heard;
    await session.close();
  });
});
