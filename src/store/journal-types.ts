import type { Kysely } from 'kysely';
import type { CompositeType } from './binary-rows.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** Of the parameters of the journal's statement. */
export interface JournalTypes {
  readonly write: CompositeType;
  readonly entry: CompositeType;
}

const known = new WeakMap<Database, Promise<JournalTypes>>();

/** Asked once for each database that is open. */
export function journalTypes(database: Database): Promise<JournalTypes> {
  return known.get(database) ?? keep(database, readTypes(database.db));
}

/**
 * The types as they are now, where they are others than those that a statement failed with: a database that is restored,
 * or whose logical copy takes its place, has them under new numbers. What was prepared for the old ones is not used
 * again. Undefined: they are the same, and the failure is none of theirs.
 */
export async function renewedTypes(database: Database, failed: JournalTypes): Promise<JournalTypes | undefined> {
  const types = await journalTypes(database);
  if (!isSame(types, failed)) return types;
  const now = await keep(database, readAgain(database, failed));
  return now === failed ? undefined : now;
}

async function readAgain(database: Database, failed: JournalTypes): Promise<JournalTypes> {
  const types = await readTypes(database.db);
  if (isSame(types, failed)) return failed;
  // Before anybody has the new numbers: no statement that was prepared for the old ones is given them.
  database.forgetStatements();
  return types;
}

function isSame(one: JournalTypes, other: JournalTypes): boolean {
  return one.write.number === other.write.number && one.entry.number === other.entry.number;
}

function keep(database: Database, types: Promise<JournalTypes>): Promise<JournalTypes> {
  known.set(database, types);
  types.catch(() => known.delete(database));
  return types;
}

/** As many as are written of each row: a type with others is refused by the server, which says so. */
const columnsOf = { journal_write: 12, journal_entry: 22 } as const;

const typesText = `
select 'journal_write'::regtype::oid::integer as write, 'journal_entry'::regtype::oid::integer as entry`;

async function readTypes(db: Kysely<Tables>): Promise<JournalTypes> {
  type Row = { readonly write: number; readonly entry: number };
  // Never prepared: the numbers would be part of what was.
  const [row] = await rowsOf<Row>(db, { name: 'journal_types', text: typesText, planned: 'always' }, []);
  if (row === undefined) throw new TypeError('a query without tables gives one row');
  return {
    write: { number: row.write, columns: columnsOf.journal_write },
    entry: { number: row.entry, columns: columnsOf.journal_entry },
  };
}
