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
  const asked = known.get(database);
  if (asked !== undefined) return asked;
  const types = readTypes(database.db);
  known.set(database, types);
  types.catch(() => known.delete(database));
  return types;
}

const typesText = `
select t.typname as name, t.oid::integer as number, c.relnatts::integer as columns
from pg_type t join pg_class c on c.oid = t.typrelid
where t.oid in ('journal_write'::regtype, 'journal_entry'::regtype)`;

async function readTypes(db: Kysely<Tables>): Promise<JournalTypes> {
  type Row = CompositeType & { readonly name: string };
  const rows = await rowsOf<Row>(db, { name: 'journal_types', text: typesText }, []);
  const [write, entry] = ['journal_write', 'journal_entry'].map((name) => rows.find((row) => row.name === name));
  if (write === undefined || entry === undefined) throw new TypeError('the schema has both types');
  return { write, entry };
}
