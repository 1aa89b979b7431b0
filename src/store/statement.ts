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
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(markedText(statement), [...values]));
  return rows;
}

const marked = new Map<string, { readonly of: string; readonly text: string }>();

/** One string for each statement: a driver compares it with what it prepared, and a string with itself is no reading. */
function markedText({ name, text, planned }: Statement): string {
  const known = marked.get(name);
  if (known?.of === text) return known.text;
  const made = `/* ${planned === 'always' ? 'pawl ' : 'pawl:'}${name} */ ${text}`;
  marked.set(name, { of: text, text: made });
  return made;
}

const names = new Map<string, string>();
const namesMax = 1_000;

/** The name under which a driver keeps the prepared statement of such a text; undefined: it is planned anew. */
export function preparedName(text: string): string | undefined {
  let name = names.get(text);
  if (name !== undefined) return name;
  name = /^\/\* (pawl:[a-z_]+) \*\//.exec(text)?.[1];
  if (name !== undefined && names.size < namesMax) names.set(text, name);
  return name;
}
