import { sql, type Transaction } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** Fewer are sent as they are: asking first is a statement too, and takes longer than they do. */
const askedMin = 10;

/**
 * Those of some contents whose digests the table may lack. Contents never change, and those of a revert are there, so
 * that they need not be written out, sent and digested once more.
 */
export async function notStored<Content extends { readonly digest: string }>(
  trx: Transaction<Tables>,
  table: 'bundle' | 'spec',
  contents: readonly Content[],
): Promise<readonly Content[]> {
  if (contents.length < askedMin) return contents;
  const digests = contents.map(({ digest }) => digest);
  const { rows } = await sql<{ digest: string }>`
    select digest from ${sql.table(table)} where digest = any(${digests}::text[])`.execute(trx);
  const stored = new Set(rows.map(({ digest }) => digest));
  return contents.filter(({ digest }) => !stored.has(digest));
}
