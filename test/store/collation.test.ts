import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readRun } from '../../src/store/run.ts';
import { createEmptyDatabase } from '../support/postgres.ts';
import { bundleOf, install, submit } from '../support/runs.ts';

test('runs wait in a database whose language has Z before T', async () => {
  const made = await createEmptyDatabase();
  onTestFinished(() => made.drop());
  const server = await openDatabase({ url: made.url });
  onTestFinished(() => server.close());
  const url = new URL(made.url);
  const name = `${url.pathname.slice(1)}_et`;
  await sql
    .raw(
      `create database ${name} template template0 encoding 'UTF8' locale_provider icu icu_locale 'et' strategy file_copy`,
    )
    .execute(server.db);
  onTestFinished(async () => void (await sql.raw(`drop database if exists ${name} with (force)`).execute(server.db)));
  url.pathname = `/${name}`;
  const database = await openDatabase({ url: url.href });
  onTestFinished(() => database.close());
  await migrate(database);
  const { rows } = await sql<{ late: boolean }>`select 'Waiting' > 'Z' as late`.execute(database.db);
  expect(rows).toEqual([{ late: true }]);

  await install(database, bundleOf({ nodes: { a: {} } }));
  const { id: run } = await submit(database);
  const executor = new DatabaseExecutor(database);
  const worker = '0190a000-0000-7000-8000-000000000001';
  await executor.enlist({ id: worker, host: 'test', pid: 1, version: '0', slots: 1 });
  const [claimed] = await executor.claim({ worker, pool: 'default', slots: 1, suspect: false });
  const end = { kind: 'waiting', waits: [{ path: 'a', kind: 'timer', delayMs: 60_000 }] } as const;
  await executor.park({ worker, run, fence: claimed?.fence ?? 0, entries: [], end });
  expect(await readRun(database, run)).toMatchObject({ state: 'Waiting' });
  await executor.retire(worker);
});
