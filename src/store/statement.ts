import { CompiledQuery, type Kysely } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** A statement that is written out because a lock, an order or a batch is the point of it. */
export interface Statement {
  /** One name, one text: it goes before the text as a comment, and PostgreSQL keeps the prepared statement under it. */
  readonly name: string;
  readonly text: string;
  /** Planned anew each time, by the size that its tables have then: for what would read a table that has grown since. */
  readonly planned?: 'always';
}

/** Runs a written-out statement; `Row` must say what the statement returns. */
export async function rowsOf<Row>(
  db: Kysely<Tables>,
  statement: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const mark = statement.planned === 'always' ? 'pawl ' : 'pawl:';
  const text = `/* ${mark}${statement.name} */ ${statement.text}`;
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]));
  return rows;
}

/** The name under which a driver keeps the prepared statement of such a text; undefined: it is planned anew. */
export function preparedName(text: string): string | undefined {
  return /^\/\* (pawl:[a-z_]+) \*\//.exec(text)?.[1];
}
