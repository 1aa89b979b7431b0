import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimRuns } from '../../src/store/claim.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { enlisted } from '../support/enlisted.ts';
import { bundleOf, environment, install, submit, system } from '../support/runs.ts';

describe.each(databaseKinds)('a claim on %s', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    await install(opened.database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(() => opened.close());

  const wholeReads = async (db: OpenedDatabase['database']['db']) => {
    const { rows } = await sql<{ reads: number }>`
      select pg_stat_get_xact_numscans('run'::regclass)::integer as reads`.execute(db);
    return rows[0]?.reads;
  };

  test('reads no queue whole by a plan that is from when it was short', async () => {
    const { database } = opened;
    const { id: worker, executor } = await enlisted(database, { slots: 64 });
    const claim = (slots: number) => ({ worker, pool: 'default', slots, suspect: true });
    const { id } = await submit(database);
    await sql`vacuum analyze run`.execute(database.db);
    expect(await claimRuns(database, claim(1))).toMatchObject([{ id, fence: 1 }]);
    // From the sixth time on a session keeps one plan for all.
    for (let turn = 0; turn < 7; turn += 1) expect(await claimRuns(database, claim(1))).toEqual([]);
    await sql`
      insert into run (id, environment, namespace, system, revision, bundle, priority, submitted_by, input)
      select gen_random_uuid(), h.environment, 'default', h.system, h.from_revision, h.digest, n % 10, 'test', '{}'
      from generate_series(1, 5000) n, bundle_history h
      where h.environment = ${environment} and h.system = ${system} and h.to_revision is null`.execute(database.db);
    await inTransaction(database, async (trx) => {
      const before = await wholeReads(trx);
      const claimed = await claimRuns({ ...database, db: trx }, claim(10));
      expect(claimed).toHaveLength(10);
      expect(await wholeReads(trx)).toBe(before);
    });
    const { rows } =
      await sql`select priority, count(*)::integer as runs from run where state = 'Running' group by 1 order by 1`.execute(
        database.db,
      );
    expect(rows).toEqual([
      { priority: 5, runs: 1 },
      { priority: 9, runs: 10 },
    ]);
    await executor.retire(worker);
  });

  test('waits for no disk, and leaves the connection as it was', async () => {
    const { database } = opened;
    const { id: worker, executor } = await enlisted(database);
    await submit(database, { priority: 9 });
    const setting = async (db: OpenedDatabase['database']['db']) =>
      (await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(db)).rows[0]?.synchronous_commit;
    await inTransaction(database, async (trx) => {
      // The server of the tests waits for no disk at all.
      await sql`set local synchronous_commit = on`.execute(trx);
      const claim = { worker, pool: 'default', slots: 1, suspect: false };
      expect(await claimRuns({ ...database, db: trx }, claim)).toHaveLength(1);
      expect(await setting(trx)).toBe('off');
    });
    await submit(database, { priority: 9 });
    // As a worker claims: in no transaction but the statement's own.
    await database.db.connection().execute(async (db) => {
      await sql`set synchronous_commit = on`.execute(db);
      try {
        const claim = { worker, pool: 'default', slots: 1, suspect: false };
        expect(await claimRuns({ ...database, db }, claim)).toHaveLength(1);
        expect(await setting(db)).toBe('on');
      } finally {
        await sql`reset synchronous_commit`.execute(db);
      }
    });
    await executor.retire(worker);
  });
});
