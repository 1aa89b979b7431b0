import { readdir, readFile } from 'node:fs/promises';
import { type Kysely, type MigrationProvider, Migrator, sql } from 'kysely';
import { TerminalError } from '../errors.ts';
import { sha256 } from '../manifest/digest.ts';
import type { Database } from './database.ts';
import { storeError } from './failure.ts';
import type { Tables } from './tables.gen.ts';

const folderDefault = new URL('./migrations/', import.meta.url);

export interface SchemaState {
  readonly state: 'empty' | 'outdated' | 'current' | 'newer' | 'changed';
  readonly applied: readonly string[];
  /** Migrations that were applied with other statements than this version has under their names. */
  readonly changed: readonly string[];
  readonly known: readonly string[];
}

/**
 * Brings the schema up to this version and returns the names of what was applied. All of it is one transaction
 * under an advisory lock: an interrupted one leaves nothing, and of two at once the second finds nothing to do.
 */
export async function migrate(database: Database, folder: URL = folderDefault): Promise<readonly string[]> {
  const before = await schemaState(database.db, folder);
  assertNoOther(before);
  if (before.state === 'current') return [];
  const migrator = new Migrator({ db: database.db, provider: sqlFiles(folder) });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    assertNoOther(await schemaState(database.db, folder));
    throw failed(error, results?.find((result) => result.status === 'Error')?.migrationName);
  }
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Throws unless the schema is this version's: `store.schema_outdated`, `store.schema_newer` or `store.schema_changed`. */
export async function assertSchema(db: Kysely<Tables>, folder: URL = folderDefault): Promise<void> {
  const found = await schemaState(db, folder);
  if (found.state === 'current') return;
  assertNoOther(found);
  const missing = found.known.length - found.applied.length;
  const what =
    found.state === 'empty' ? 'holds no tables of pawl yet' : `lacks ${missing} of this version's migrations`;
  throw new TerminalError(`The database ${what}.`, { code: 'store.schema_outdated', help: 'Run `pawl migrate`.' });
}

export async function schemaState(db: Kysely<Tables>, folder: URL = folderDefault): Promise<SchemaState> {
  const known = await migrationNames(folder);
  const applied = await appliedNames(db);
  const found = { applied, known, changed: [] };
  if (applied.length === 0) return { ...found, state: 'empty' };
  if (applied.some((name) => !known.includes(name))) return { ...found, state: 'newer' };
  const changed = await changedSince(db, applied, folder);
  if (changed.length > 0) return { ...found, state: 'changed', changed };
  return { ...found, state: applied.length === known.length ? 'current' : 'outdated' };
}

async function changedSince(db: Kysely<Tables>, applied: readonly string[], folder: URL): Promise<readonly string[]> {
  const digests = await appliedDigests(db);
  const isChanged = await Promise.all(
    applied.map(async (name) => digests.get(name) !== digestOf(await migrationText(name, folder))),
  );
  return applied.filter((_, index) => isChanged[index]);
}

/** Of what a migration does: its lines of comment may be mended, and another checkout may end lines otherwise. */
function digestOf(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(--|$)/.test(line));
  return sha256(lines.join('\n'));
}

function migrationText(name: string, folder: URL): Promise<string> {
  return readFile(new URL(`${name}.sql`, folder), 'utf8');
}

function sqlFiles(folder: URL): MigrationProvider {
  return {
    async getMigrations() {
      const names = await migrationNames(folder);
      const entries = names.map(async (name) => {
        const text = await migrationText(name, folder);
        const up = async (db: Kysely<unknown>): Promise<void> => {
          await sql.raw(text).execute(db);
          await sql`insert into migration (name, digest) values (${name}, ${digestOf(text)})`.execute(db);
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

/** A database from before digests were kept has none. */
async function appliedDigests(db: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await sql<{ found: boolean }>`select to_regclass('migration') is not null as found`.execute(
    db,
  );
  if (tables[0]?.found !== true) return new Map();
  const { rows } = await sql<{ name: string; digest: string }>`select name, digest from migration`.execute(db);
  return new Map(rows.map(({ name, digest }) => [name, digest]));
}

function assertNoOther(found: SchemaState): void {
  if (found.state === 'newer') throw newer(found);
  if (found.state === 'changed') throw changed(found);
}

function changed(found: SchemaState): TerminalError {
  const names = found.changed.join(', ');
  return new TerminalError(`Another build of pawl made this database: its ${names} is not this version's.`, {
    code: 'store.schema_changed',
    help: 'Use the build that made it, or begin with a new database: the embedded one is made again once `.pawl/db` is moved away.',
  });
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
