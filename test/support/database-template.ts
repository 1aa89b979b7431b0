import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';

/** Brings an empty database to the newest schema through pawl's own migrations. */
export async function migrateDatabase(options: DatabaseOptions): Promise<void> {
  const database = await openDatabase(options);
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

/** Makes an embedded database as the first command in a folder does, without any table. */
export async function createEmbedded(directory: string): Promise<void> {
  const database = await openDatabase({ directory });
  await database.close();
}

/** Brings one to the newest schema, and leaves out what a copy of it can do without. */
export async function fillEmbedded(directory: string): Promise<void> {
  await migrateDatabase({ directory });
  const database = await openDatabase({ directory });
  try {
    // Nobody connects to the databases that new ones are made from, and they are half of the files to be copied.
    await sql`update pg_database set datistemplate = false`.execute(database.db);
    await sql`drop database template0`.execute(database.db);
    await sql`drop database template1`.execute(database.db);
    // What the migrations wrote to the log is in the tables after a checkpoint; a new segment has none of it.
    await sql`select pg_switch_wal()`.execute(database.db);
    await sql`checkpoint`.execute(database.db);
  } finally {
    await database.close();
  }
  await removeRecycled(directory);
}

/** Segments behind the current one hold what is kept only to be written over. */
async function removeRecycled(directory: string): Promise<void> {
  const folder = join(directory, 'pg_wal');
  const segments = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
  const [current, ...recycled] = segments;
  if (current === undefined) throw new Error(`${folder} holds no log`);
  for (const name of recycled) await rm(join(folder, name));
}
