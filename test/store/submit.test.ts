import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Requirements } from '../../src/run/pool.ts';
import { prepareRun } from '../../src/store/prepare-run.ts';
import { submitRun } from '../../src/store/submit.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { readWorkersPool } from '../../src/store/worker-pool.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit, system } from '../support/runs.ts';

describe('a submission', () => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    const concurrency = { limit: 1, key: 'input.customer', policy: 'queue' } as const;
    await install(opened.database, { ...bundleOf({ nodes: { a: {} } }), concurrency });
    await declare('default', 'eu', { requires: { region: 'eu' }, maxQueued: 1 });
    await declare('default', 'default', { requires: {}, maxQueued: 2 });
    await declare('other', 'gpu', { requires: { gpu: true } });
    await declare('other', 'shared', { requires: { region: 'us' } }, { 'pawl/share': 'default' });
  });
  afterAll(() => opened.close());

  const declare = async (namespace: string, name: string, spec: object, annotations: object = {}) => {
    const bounds = { minWorkers: 0, maxWorkers: 1, concurrency: 3 };
    const body = JSON.stringify({ metadata: { namespace, name, annotations }, spec: { ...bounds, ...spec } });
    await sql`insert into resource (environment, address, kind, namespace, name, digest, body, bucket, file, line, revision)
      values (${environment}, ${`WorkerPool/${namespace}/${name}`}, 'WorkerPool', ${namespace}, ${name}, '', ${body}::jsonb,
        0, 'pools.yaml', 1, 1)`.execute(opened.database.db);
  };
  const prepare = (requires: Requirements = {}, input = { customer: 'acme' }) =>
    prepareRun(opened.database.db, { id: randomUUID(), environment, system, input, requires, submittedBy: 'ada' });

  test('is given the pool that has what it requires, of its namespace or shared with it', async () => {
    expect(await prepare({ region: 'eu' })).toMatchObject({ pool: 'default/eu', maxQueued: 1 });
    expect(await prepare({ region: 'us' })).toMatchObject({ pool: 'other/shared' });
    expect(await prepare()).toMatchObject({ pool: 'default', maxQueued: 2 });
    await expect(prepare({ gpu: true })).rejects.toMatchObject({ code: 'pool.none' });
  });

  test('is counted by its key, which its input must give', async () => {
    expect(await prepare()).toMatchObject({ concurrency: { key: '"acme"', limit: 1, policy: 'queue' } });
    const none = { id: randomUUID(), environment, system, input: {}, submittedBy: 'ada' };
    await expect(prepareRun(opened.database.db, none)).rejects.toMatchObject({ code: 'concurrency.key' });
    // A case of an eval stands in the way of nobody.
    const tried = { ...none, input: { customer: 'acme' }, cause: { kind: 'eval' } };
    expect(await prepareRun(opened.database.db, tried)).toMatchObject({ concurrency: { key: 'eval "acme"' } });
  });

  test('is refused where as many wait for the pool as may', async () => {
    const bounded = { pool: 'default/eu', maxQueued: 1, idempotencyKey: 'once' };
    const first = await submit(opened.database, bounded);
    const full = submit(opened.database, { pool: 'default/eu', maxQueued: 1 });
    await expect(full).rejects.toMatchObject({
      code: 'queue.full',
      message: 'The pool default/eu has 1 runs queued, as many as its maxQueued allows.',
    });
    // The same submission sent again is no other run.
    expect((await submit(opened.database, bounded)).id).toBe(first.id);
  });

  test('is over by its own deadline, or by the timeout of its system', async () => {
    const asked = { id: randomUUID(), environment, system, input: {}, submittedBy: 'ada' };
    const soon = await submitRun(opened.database, { ...asked, deadlineMs: 1_000, priority: 7 });
    const late = await submitRun(opened.database, { ...asked, id: randomUUID(), deadlineMs: 1e9 });
    const rows = await sql<{ id: string; ms: number }>`select id,
      (extract(epoch from deadline_at - created_at) * 1000)::integer as ms from run where id in (${soon.id}, ${late.id})`.execute(
      opened.database.db,
    );
    expect(Object.fromEntries(rows.rows.map(({ id, ms }) => [id, ms]))).toEqual({
      [soon.id]: 1_000,
      [late.id]: 60_000,
    });
  });

  test('finds workers by the pool they name', async () => {
    const { database } = opened;
    expect(await readWorkersPool(database, 'eu')).toEqual({ name: 'default/eu', concurrency: 3 });
    expect(await readWorkersPool(database, 'default')).toEqual({ name: 'default', concurrency: 3 });
    await expect(readWorkersPool(database, 'mars')).rejects.toMatchObject({ code: 'pool.unknown' });
    await declare('third', 'eu', { requires: {} });
    await expect(readWorkersPool(database, 'eu')).rejects.toMatchObject({ code: 'pool.ambiguous' });
  });
});

describe.each(databaseKinds)('a queue on %s', (kind) => {
  test.each([undefined, 10_000])(
    'is not read whole by a plan that is from when it was short, with a bound of %s',
    async (maxQueued) => {
      const opened = await openTestDatabase(kind);
      onTestFinished(() => opened.close());
      const { database } = opened;
      await install(database, bundleOf({ nodes: { a: {} } }));
      const bound = maxQueued === undefined ? {} : { maxQueued };
      await sql`vacuum analyze run`.execute(database.db);
      // From the sixth time on a session keeps one plan for all.
      for (let turn = 0; turn < 7; turn += 1) await submit(database, bound);
      await sql`
      insert into run (id, environment, namespace, system, revision, bundle, submitted_by, input)
      select gen_random_uuid(), h.environment, 'default', h.system, h.from_revision, h.digest, 'test', '{}'
      from generate_series(1, 5000) n, bundle_history h where h.to_revision is null`.execute(database.db);
      const wholeReads = async (db: OpenedDatabase['database']['db']) => {
        const { rows } = await sql<{ reads: number }>`
        select pg_stat_get_xact_numscans('run'::regclass)::integer as reads`.execute(db);
        return rows[0]?.reads;
      };
      await inTransaction(database, async (trx) => {
        const before = await wholeReads(trx);
        await submit({ ...database, db: trx }, bound);
        expect(await wholeReads(trx)).toBe(before);
      });
    },
  );
});
