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

/** Makes an embedded database to be copied, with the newest schema. */
export async function makeImage(directory: string): Promise<void> {
  await migrateDatabase({ directory });
  const database = await openDatabase({ directory });
  try {
    // Nobody connects to the databases that new ones are made from, and they are half of the files to be copied.
    await sql`update pg_database set datistemplate = false`.execute(database.db);
    await sql`drop database template0`.execute(database.db);
    await sql`drop database template1`.execute(database.db);
  } finally {
    await database.close();
  }
}
