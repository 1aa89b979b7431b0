import { type Kysely, sql, type Transaction } from 'kysely';
import { digest } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Tables } from './tables.gen.ts';

/** A head as somebody other than apply left it. */
export interface DriftedHead {
  readonly generation: number;
  readonly body: JsonObject;
  /** Of the body, whatever the row says of itself. */
  readonly digest: string;
  readonly touched: { readonly at: string; readonly by: string } | undefined;
}

/** The rows at those addresses, with their bodies digested again: an edit past the triggers is seen too. */
export async function readDriftedHeads(
  trx: Transaction<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<ReadonlyMap<Address, DriftedHead>> {
  const rows = await trx
    .selectFrom('resource')
    .select(['address', 'generation', 'body', 'touched_at', 'touched_by'])
    .where('environment', '=', environment)
    .where(sql<boolean>`address = any(${addresses}::text[])`)
    .execute();
  return new Map(
    rows.map(({ address, generation, body, touched_at: at, touched_by: by }) => {
      const touched = at === null ? undefined : { at: at.toISOString(), by: by ?? '' };
      return [address, { generation, body, digest: digest(body), touched }];
    }),
  );
}

/**
 * Makes the rows at those addresses what the current revision's record says: from the record itself, so that nothing
 * but what was applied can come of it. A row that no revision has goes.
 */
export async function restoreHeads(
  trx: Transaction<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<void> {
  // First, and by itself: a row that a hand moved to another address still holds the name of the one it was.
  await sql`
    delete from resource as head
    where environment = ${environment} and address = any(${addresses}::text[]) and not exists (
      select from resource_history as h
      where h.environment = head.environment and h.address = head.address and h.to_revision is null)`.execute(trx);
  await sql`
    insert into resource as head
      (environment, address, kind, namespace, name, generation, digest, body, bucket, file, line, revision)
    select h.environment, h.address, split_part(h.address, '/', 1), split_part(h.address, '/', 2),
      split_part(h.address, '/', 3), h.generation + 1, h.digest, spec.body::jsonb,
      get_byte(sha256(convert_to(h.address, 'UTF8')), 0), h.file, h.line, h.from_revision
    from resource_history as h
    join spec using (digest)
    where h.environment = ${environment} and h.to_revision is null and h.address = any(${addresses}::text[])
    on conflict (environment, address) do update set
      kind = excluded.kind, namespace = excluded.namespace, name = excluded.name, digest = excluded.digest,
      generation = greatest(head.generation, excluded.generation - 1) + 1, body = excluded.body,
      bucket = excluded.bucket, file = excluded.file, line = excluded.line, revision = excluded.revision`.execute(trx);
  // The history does not tell of it, so whoever remembers the rows must read them all again.
  await sql`update environment set writes = writes + 1 where name = ${environment}`.execute(trx);
}

/** How often the controllers healed within the last minute of the database's clock, since a person resumed it. */
export async function countHeals(trx: Transaction<Tables>, environment: string): Promise<number> {
  const { rows } = await sql<{ heals: number }>`
    select count(*)::integer as heals
    from event join environment on environment.name = event.environment
    where event.environment = ${environment} and action = 'drift.heal' and detail @> '{"automatic": true}'
      and at > clock_timestamp() - interval '1 minute'
      and at > coalesce(heal_resumed_at, '-infinity')`.execute(trx);
  return rows[0]?.heals ?? 0;
}

/** Keeps every controller from healing the environment until a person resumes it; gives the time from which on. */
export async function stopHealing(trx: Transaction<Tables>, environment: string): Promise<string> {
  const { rows } = await sql<{ at: Date }>`
    update environment set heal_stopped_at = clock_timestamp() where name = ${environment}
    returning heal_stopped_at as at`.execute(trx);
  return rows[0]?.at.toISOString() ?? '';
}

export async function resumeHealing(trx: Transaction<Tables>, environment: string): Promise<void> {
  await sql`
    update environment set heal_stopped_at = null, heal_resumed_at = clock_timestamp()
    where name = ${environment}`.execute(trx);
}

/** Since when controllers do not heal, because something undid what they did again and again. */
export async function healingStoppedAt(db: Kysely<Tables>, environment: string): Promise<string | undefined> {
  const { rows } = await sql<{ stopped: Date | null }>`
    select heal_stopped_at as stopped from environment where name = ${environment}`.execute(db);
  return rows[0]?.stopped?.toISOString();
}
