import { readdir, readFile } from 'node:fs/promises';
import { type Kysely, type MigrationProvider, Migrator, sql } from 'kysely';
import { TerminalError } from '../errors.ts';
import type { Database } from './database.ts';
import { storeError } from './failure.ts';
import type { Tables } from './tables.gen.ts';

const folderDefault = new URL('./migrations/', import.meta.url);

export interface SchemaState {
  readonly state: 'empty' | 'outdated' | 'current' | 'newer';
  readonly applied: readonly string[];
  readonly known: readonly string[];
}

/**
 * Brings the schema up to this version and returns the names of what was applied. All of it is one transaction
 * under an advisory lock: an interrupted one leaves nothing, and of two at once the second finds nothing to do.
 */
export async function migrate(database: Database, folder: URL = folderDefault): Promise<readonly string[]> {
  const before = await schemaState(database.db, folder);
  if (before.state === 'newer') throw newer(before);
  if (before.state === 'current') return [];
  const migrator = new Migrator({ db: database.db, provider: sqlFiles(folder) });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const after = await schemaState(database.db, folder);
    if (after.state === 'newer') throw newer(after);
    throw failed(error, results?.find((result) => result.status === 'Error')?.migrationName);
  }
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Throws unless the schema is this version's: `store.schema_outdated` or `store.schema_newer`. */
export async function assertSchema(db: Kysely<Tables>, folder: URL = folderDefault): Promise<void> {
  const found = await schemaState(db, folder);
  if (found.state === 'current') return;
  if (found.state === 'newer') throw newer(found);
  const missing = found.known.length - found.applied.length;
  const what =
    found.state === 'empty' ? 'holds no tables of pawl yet' : `lacks ${missing} of this version's migrations`;
  throw new TerminalError(`The database ${what}.`, { code: 'store.schema_outdated', help: 'Run `pawl migrate`.' });
}

export async function schemaState(db: Kysely<Tables>, folder: URL = folderDefault): Promise<SchemaState> {
  const known = await migrationNames(folder);
  const applied = await appliedNames(db);
  if (applied.length === 0) return { state: 'empty', applied, known };
  if (applied.some((name) => !known.includes(name))) return { state: 'newer', applied, known };
  return { state: applied.length === known.length ? 'current' : 'outdated', applied, known };
}

function sqlFiles(folder: URL): MigrationProvider {
  return {
    async getMigrations() {
      const names = await migrationNames(folder);
      const entries = names.map(async (name) => {
        const text = await readFile(new URL(`${name}.sql`, folder), 'utf8');
        const up = async (db: Kysely<unknown>): Promise<void> => {
          await sql.raw(text).execute(db);
        };
        return [name, { up }] as const;
      });
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}

async function migrationNames(folder: URL): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
}

async function appliedNames(db: Kysely<Tables>): Promise<string[]> {
  const { rows: tables } = await sql<{
    found: boolean;
  }>`select to_regclass('kysely_migration') is not null as found`.execute(db);
  if (tables[0]?.found !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map((row) => row.name);
}

function newer(found: SchemaState): TerminalError {
  const unknown = found.applied.filter((name) => !found.known.includes(name));
  return new TerminalError(`A newer pawl migrated this database: this version does not know ${unknown.join(', ')}.`, {
    code: 'store.schema_newer',
    help: 'Use the newer version of pawl.',
  });
}

function failed(error: unknown, name: string | undefined): Error {
  const failure = storeError(error);
  if (!(failure instanceof TerminalError)) return failure;
  return new TerminalError(`Migration ${name ?? ''} failed and was rolled back: ${failure.message}`, {
    code: 'store.migration_failed',
    cause: failure,
  });
}
