import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { ensureEnvironment, listEnvironments } from '../../src/store/environment.ts';
import { assertSchema, migrate, schemaState } from '../../src/store/migrate.ts';
import { databaseKinds } from '../support/databases.ts';
import { copyImage } from '../support/embedded-image.ts';
import { createEmptyDatabase } from '../support/postgres.ts';

const shipped = fileURLToPath(new URL('../../src/store/migrations/', import.meta.url));

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function emptyDatabase(kind: (typeof databaseKinds)[number]): Promise<DatabaseOptions> {
  if (kind === 'embedded') {
    const directory = join(await temporaryFolder(), 'db');
    await copyImage(directory, 'empty');
    return { directory };
  }
  const made = await createEmptyDatabase();
  closers.push(() => made.drop());
  return { url: made.url };
}

async function open(options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(options);
  closers.push(() => database.close());
  return database;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-migrate-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The shipped migrations and one more. */
async function folderWith(name: string, text: string): Promise<URL> {
  const folder = await temporaryFolder();
  await cp(shipped, folder, { recursive: true });
  await writeFile(join(folder, `${name}.sql`), text);
  return pathToFileURL(`${folder}/`);
}

describe.each(databaseKinds)('migrate on %s', (kind) => {
  test('brings an empty database up once, and then finds nothing to do', async () => {
    const database = await open(await emptyDatabase(kind));
    await expect(assertSchema(database.db)).rejects.toMatchObject({
      code: 'store.schema_outdated',
      message: 'The database holds no tables of pawl yet.',
      help: 'Run `pawl migrate`.',
    });
    expect(await migrate(database)).toEqual(['0001_spine']);
    expect(await migrate(database)).toEqual([]);
    await assertSchema(database.db);
    await ensureEnvironment(database.db, 'prod');
  });

  test('an older schema says what to run, and keeps its rows when it is brought up', async () => {
    const database = await open(await emptyDatabase(kind));
    await migrate(database);
    await ensureEnvironment(database.db, 'prod');
    const folder = await folderWith('0002_more', 'create table more (id bigint); create table most (id bigint);');
    await expect(assertSchema(database.db, folder)).rejects.toMatchObject({
      message: `The database lacks 1 of this version's migrations.`,
      help: 'Run `pawl migrate`.',
    });
    expect(await migrate(database, folder)).toEqual(['0002_more']);
    expect((await listEnvironments(database.db)).map((row) => row.name)).toEqual(['prod']);
  });

  test('a newer schema is refused by name', async () => {
    const database = await open(await emptyDatabase(kind));
    await migrate(database, await folderWith('0002_more', 'create table more (id bigint)'));
    const refused = {
      code: 'store.schema_newer',
      message: 'A newer pawl migrated this database: this version does not know 0002_more.',
      help: 'Use the newer version of pawl.',
    };
    await expect(migrate(database)).rejects.toMatchObject(refused);
    await expect(assertSchema(database.db)).rejects.toMatchObject(refused);
  });

  test('a schema that another state of a migration made is refused, whoever asks', async () => {
    const database = await open(await emptyDatabase(kind));
    const earlier = await folderWith('0002_more', 'create table more (id bigint);');
    await migrate(database, earlier);
    const edited = await folderWith('0002_more', 'create table more (id bigint primary key);');
    const refused = {
      code: 'store.schema_changed',
      message: "Another build of pawl made this database: its 0002_more is not this version's.",
      help: 'Use the build that made it, or begin with a new database: the embedded one is made again once `.pawl/db` is moved away.',
    };
    await expect(migrate(database, edited)).rejects.toMatchObject(refused);
    await expect(assertSchema(database.db, edited)).rejects.toMatchObject(refused);
    expect(await schemaState(database.db, edited)).toMatchObject({ state: 'changed', changed: ['0002_more'] });
    const mended = await folderWith('0002_more', '-- What else there is.\r\n\r\ncreate table more (id bigint);\r\n');
    await assertSchema(database.db, mended);
    expect(await migrate(database, mended)).toEqual([]);
  });

  test('one from before digests were kept is refused as another build’s', async () => {
    const database = await open(await emptyDatabase(kind));
    await migrate(database);
    await sql`drop table migration`.execute(database.db);
    await expect(migrate(database)).rejects.toMatchObject({
      code: 'store.schema_changed',
      message: "Another build of pawl made this database: its 0001_spine is not this version's.",
    });
  });

  test('one that fails in its middle leaves nothing, and can be run again', async () => {
    const database = await open(await emptyDatabase(kind));
    const broken = await folderWith('0002_more', 'create table more (id bigint); create table more (id bigint);');
    await expect(migrate(database, broken)).rejects.toMatchObject({
      code: 'store.migration_failed',
      message: expect.stringContaining('Migration 0002_more failed and was rolled back'),
    });
    expect((await schemaState(database.db)).state).toBe('empty');
    expect(await migrate(database)).toEqual(['0001_spine']);
  });
});

test('of two migrators at once on PostgreSQL one does the work', async () => {
  const options = await emptyDatabase('postgres');
  const both = [await open(options), await open(options)];
  const done = await Promise.all(both.map((database) => migrate(database)));
  expect(done.flat()).toEqual(['0001_spine']);
});

test('a migrator whose session is ended in its middle leaves nothing, and the next one resumes', async () => {
  const options = await emptyDatabase('postgres');
  const database = await open(options);
  const suicide = 'create table more (id bigint); select pg_terminate_backend(pg_backend_pid());';
  const folder = await folderWith('0002_more', suicide);
  await expect(migrate(database, folder)).rejects.toMatchObject({ code: 'store.unavailable' });
  expect((await schemaState(database.db)).state).toBe('empty');
  expect(await migrate(database)).toEqual(['0001_spine']);
  const { rows } = await sql<{ found: boolean }>`select to_regclass('more') is not null as found`.execute(database.db);
  expect(rows).toEqual([{ found: false }]);
});
