import type { Kysely } from 'kysely';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** Whether the database can search by meaning: it has pgvector, and somebody made the extension. */
export async function hasVectors(db: Kysely<Tables>): Promise<boolean> {
  const statement = { name: 'has_vectors', text: "select 1 as found from pg_extension where extname = 'vector'" };
  return (await rowsOf(db, statement, [])).length > 0;
}

const offeredText = `select 1 as found from pg_available_extensions
  where name = 'vector' and installed_version is null`;

/** Makes pgvector's extension where the server has it and this role may; without it memories are found by words. */
export async function enableVectors(db: Kysely<Tables>): Promise<void> {
  if ((await rowsOf(db, { name: 'offered_vectors', text: offeredText }, [])).length === 0) return;
  try {
    await rowsOf(db, { name: 'make_vectors', text: 'create extension if not exists vector' }, []);
  } catch {
    // A role that may not make extensions: the operator may, and until then the plan says that words are searched.
  }
}
