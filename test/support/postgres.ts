import { randomBytes } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { inject } from 'vitest';

export { startServer } from './postgres-server.ts';

export interface TestDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** Makes a database with pawl's newest schema on the shared server: a copy of a template migrated once per run. */
export async function createDatabase(): Promise<TestDatabase> {
  const { prefix } = inject('postgres');
  const server = await sharedServer();
  const template = `${prefix}_template`;
  await withClient(server, (client) => makeTemplate(client, { server, template }));
  return copyOf(server, template);
}

/** Makes an empty database on the shared server, for tests of migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return copyOf(await sharedServer(), 'template0');
}

/** Superuser's URL of the shared server. */
async function sharedServer(): Promise<string> {
  const response = await fetch(inject('postgres').askUrl, { signal: AbortSignal.timeout(90_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared PostgreSQL did not start: ${text}`);
  return text;
}

async function makeTemplate(client: Client, names: { server: string; template: string }): Promise<void> {
  // Test files run in several processes; the lock's holder makes the template, the others find it made.
  await client.query(`select pg_advisory_lock(hashtext($1))`, [names.template]);
  const made = await client.query('select 1 from pg_database where datname = $1', [names.template]);
  if (made.rowCount === 1) return;
  const making = `${names.template}_making`;
  await client.query(`drop database if exists ${making} with (force)`);
  await client.query(`create database ${making} template template0`);
  const { migrateDatabase } = await import('./database-template.ts');
  await migrateDatabase({ url: withName(names.server, making) });
  // Renamed when done: a template that exists is a template that is complete.
  await client.query(`alter database ${making} rename to ${names.template}`);
}

async function copyOf(server: string, template: string): Promise<TestDatabase> {
  const name = `${inject('postgres').prefix}_${randomBytes(6).toString('hex')}`;
  await withClient(server, (client) => createFrom(client, name, template));
  return {
    url: withName(server, name),
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** By files: half the cost of the default, which writes every page through the log. */
async function createFrom(client: Client, name: string, template: string): Promise<void> {
  // 55006: another copy of the same template is just being made, and its source counts as in use.
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`create database ${name} template ${template} strategy file_copy`);
      return;
    } catch (cause) {
      if (attempt === 20 || !(cause instanceof DatabaseError) || cause.code !== '55006') throw cause;
      await client.query('select pg_sleep(0.1)');
    }
  }
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withName(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
