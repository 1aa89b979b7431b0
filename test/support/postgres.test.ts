import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { createDatabase, createEmptyDatabase, startServer } from './postgres.ts';
import { startProcess } from './processes.ts';

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('two databases of the shared server do not see each other, and a dropped one is gone', async () => {
  const [one, two] = await Promise.all([createEmptyDatabase(), createEmptyDatabase()]);
  await query(one.url, 'create table mark (id int)');
  expect(await query(one.url, `select to_regclass('mark')::text as mark`)).toEqual([{ mark: 'mark' }]);
  expect(await query(two.url, `select to_regclass('mark')::text as mark`)).toEqual([{ mark: null }]);
  await one.drop();
  await two.drop();
  await expect(query(one.url, 'select 1')).rejects.toThrow(/does not exist/);
});

test('a private server that crashed keeps what was committed, and leaves nothing behind when closed', async () => {
  const server = await startServer({ durable: true });
  expect(await query(server.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await query(server.url, 'create table kept as select 1 as id');
  await server.crash();
  await expect(query(server.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  await server.start();
  expect(await query(server.url, 'select id from kept')).toEqual([{ id: 1 }]);
  await server.close();
  expect(existsSync(server.folder)).toBe(false);
});

test('a database comes with the newest schema, as a copy of one that was migrated once', async () => {
  const databases = await Promise.all([createDatabase(), createDatabase(), createDatabase()]);
  for (const { url, drop } of databases) {
    expect(await query(url, `select to_regclass('environment')::text as environment`)).toEqual([
      { environment: 'environment' },
    ]);
    await drop();
  }
});

test('a test run killed with -9 leaves no server behind', async () => {
  const run = startProcess({ entry: 'test/support/postgres-main.ts' });
  const [, folder = '', url = ''] = await run.waitFor(/started (\S+) (\S+)\n/);
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await run.kill();
  await expect.poll(() => existsSync(folder)).toBe(false);
  await expect(query(url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
});
