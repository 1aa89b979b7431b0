import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** Holds applies off until the transaction ends: all that it reads of live is of one revision. */
export async function holdRevision(trx: StoreTransaction, environment: string): Promise<void> {
  await sql`select name from environment where name = ${environment} for key share`.execute(trx);
}

/** Contents as the current revision has them, by address. What a hand did to a live row is drift and starts nothing. */
export async function readContents(
  db: Kysely<Tables>,
  environment: string,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const { rows } = await sql<{ address: string; body: unknown }>`
    select h.address, s.body::json as body from resource_history h join spec s on s.digest = h.digest
    where h.environment = ${environment} and h.to_revision is null
      and h.address = any(${addresses}::text[])`.execute(db);
  return new Map(rows.map(({ address, body }) => [address, body]));
}
