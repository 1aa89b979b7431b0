import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { copyImage } from './embedded-image.ts';
import { createDatabase } from './postgres.ts';
import { scratchFolder } from './scratch.ts';

export const databaseKinds = ['embedded', 'postgres'] as const;

export interface OpenedDatabase {
  readonly database: Database;
  /** Opens the same database again, once it is closed or where a server serves many. */
  readonly options: DatabaseOptions;
  /** Closes it and removes it. */
  readonly close: () => Promise<void>;
}

/** A migrated database of the test's own: a folder, or one on the shared server. */
export async function openTestDatabase(kind: (typeof databaseKinds)[number]): Promise<OpenedDatabase> {
  return kind === 'embedded' ? await openFolder() : await openOnServer();
}

async function openFolder(): Promise<OpenedDatabase> {
  const folder = await mkdtemp(join(scratchFolder(), 'pawl-embedded-'));
  const options = { directory: join(folder, 'db') };
  await copyImage(options.directory);
  const database = await openDatabase(options);
  return {
    database,
    options,
    async close() {
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openOnServer(): Promise<OpenedDatabase> {
  const made = await createDatabase();
  const options = { url: made.url };
  const database = await openDatabase(options);
  return {
    database,
    options,
    async close() {
      await database.close();
      await made.drop();
    },
  };
}
