import { CompiledQuery, type Kysely } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** A statement that is written out because a lock, an order or a batch is the point of it. */
export interface Statement {
  /** Shown in pg_stat_statements and in logs, as a comment before the text. */
  readonly name: string;
  readonly text: string;
}

/** Runs a written-out statement; `Row` must say what the statement returns. */
export async function rowsOf<Row>(
  db: Kysely<Tables>,
  statement: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const text = `/* pawl:${statement.name} */ ${statement.text}`;
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]));
  return rows;
}
