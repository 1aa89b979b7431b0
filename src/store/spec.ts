import { type Kysely, sql, type Transaction } from 'kysely';
import { canonicalText, digest } from '../manifest/digest.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import type { Bodies } from '../plan/change.ts';
import { writeColumns } from './batch.ts';
import type { Tables } from './tables.gen.ts';

interface Spec {
  readonly digest: string;
  readonly body: JsonObject;
}

/** Stores bodies under their digests; those that are there already stay. */
export async function writeSpecs(trx: Transaction<Tables>, bodies: readonly Spec[]): Promise<void> {
  await writeColumns(canonical(bodies), (rows) =>
    sql`insert into spec (digest, body) select * from ${rows} on conflict (digest) do nothing`.execute(trx),
  );
}

function* canonical(bodies: Iterable<Spec>) {
  for (const { digest: name, body } of bodies) yield [name, canonicalText(body)];
}

/** Bodies by digest: of revisions, and of rows that were edited by hand. A digest that nothing has is left out. */
export async function readBodies(db: Kysely<Tables>, digests: Iterable<string>): Promise<Bodies> {
  const wanted = new Set(digests);
  const found = new Map<string, JsonObject>();
  if (wanted.size === 0) return found;
  const { rows } = await sql<{ digest: string; body: string }>`
    select digest, body from spec where digest = any(${[...wanted]}::text[])`.execute(db);
  for (const row of rows) found.set(row.digest, bodyOf(JSON.parse(row.body)));
  if (found.size < wanted.size) await addEdited(db, wanted, found);
  return found;
}

/**
 * An edited body has no stored digest, so edited rows are digested here: the few that the trigger marked, and all of
 * them for an edit that only a deep reading saw.
 */
async function addEdited(db: Kysely<Tables>, wanted: Set<string>, found: Map<string, JsonObject>): Promise<void> {
  for (const operator of ['is not', 'is'] as const) {
    if (found.size === wanted.size) return;
    const rows = await db.selectFrom('resource').select('body').where('touched_at', operator, null).execute();
    for (const { body } of rows) {
      const name = digest(body);
      if (wanted.has(name)) found.set(name, body);
    }
  }
}

function bodyOf(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new TypeError('a spec is a JSON object');
  return value;
}
