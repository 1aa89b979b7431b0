import { type Kysely, sql } from 'kysely';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { ListedResource, ListingFilter } from './listing.ts';
import type { Tables } from './tables.gen.ts';

/** What a revision held at one address. */
export interface Held {
  readonly digest: string;
  readonly file: string;
  readonly line: number;
}

/** address, digest, file, line. */
type HeldRow = readonly [Address, string | null, string, number];

/** Everything that a revision held, by address. One value for all rows, as in `readLive`. */
export async function stateAt(
  db: Kysely<Tables>,
  environment: string,
  revision: number,
): Promise<ReadonlyMap<Address, Held>> {
  const { rows } = await sql<{ held: readonly HeldRow[] | null }>`
    select json_agg(json_build_array(address, digest, file, line) order by address collate "C") as held
    from resource_history
    where environment = ${environment} and from_revision <= ${revision}
      and (to_revision is null or to_revision > ${revision})`.execute(db);
  return new Map((rows[0]?.held ?? []).map(([address, digest, file, line]) => [address, heldOf(digest, file, line)]));
}

/**
 * What a revision held at the addresses that moved after it; undefined: nothing. Beside a `Live` that is known this is
 * all that the older state takes, whatever the size of the estate.
 */
export async function heldBeforeMoves(
  db: Kysely<Tables>,
  environment: string,
  revision: number,
): Promise<ReadonlyMap<Address, Held | undefined>> {
  const { rows } = await sql<{ held: readonly HeldRow[] | null }>`
    select json_agg(json_build_array(moved.address, h.digest, h.file, h.line)) as held
    from (
      select address from resource_history where environment = ${environment} and from_revision > ${revision}
      union
      select address from resource_history where environment = ${environment} and to_revision > ${revision}
    ) as moved
    left join resource_history h on h.environment = ${environment} and h.address = moved.address
      and h.from_revision <= ${revision} and (h.to_revision is null or h.to_revision > ${revision})`.execute(db);
  return new Map(
    (rows[0]?.held ?? []).map(([address, digest, file, line]) => [
      address,
      digest === null ? undefined : heldOf(digest, file, line),
    ]),
  );
}

function heldOf(digest: string | null, file: string, line: number): Held {
  return { digest: digest ?? '', file, line };
}

/** The resources of a revision for reading, in address order. */
export async function listResourcesAt(
  db: Kysely<Tables>,
  filter: ListingFilter & { readonly at: number },
): Promise<readonly ListedResource[]> {
  const { environment, kind, namespace, name, at } = filter;
  const part = (number: number) => sql<string>`split_part(h.address, '/', ${number})`;
  let query = db
    .selectFrom('resource_history as h')
    .innerJoin('spec', 'spec.digest', 'h.digest')
    .select(['h.address', 'h.generation', 'h.from_revision', 'h.digest', 'h.file', 'h.line', 'spec.body'])
    .where('h.environment', '=', environment)
    .where('h.from_revision', '<=', at)
    .where((where) => where.or([where('h.to_revision', 'is', null), where('h.to_revision', '>', at)]));
  if (kind !== undefined) query = query.where(part(1), '=', kind);
  if (namespace !== undefined) query = query.where(part(2), '=', namespace);
  if (name !== undefined) query = query.where(part(3), '=', name);
  const rows = await query.orderBy('h.address').execute();
  return rows.map(({ body, from_revision: revision, ...row }) => ({
    ...row,
    revision,
    drifted: false,
    manifest: bodyOf(body),
  }));
}

/** The newest revision that was applied by then; undefined: none was. */
export async function revisionByTime(db: Kysely<Tables>, environment: string, time: Date): Promise<number | undefined> {
  const row = await db
    .selectFrom('revision')
    .select('revision')
    .where('environment', '=', environment)
    .where('applied_at', '<=', time)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.revision;
}

/** How one content of a resource came to be, and how long it held. */
export interface Stretch {
  readonly address: Address;
  readonly from: number;
  /** The revision that ended it; undefined: it is what the newest one says. */
  readonly to: number | undefined;
  readonly manifest: JsonObject;
  readonly movedFrom: Address | undefined;
  readonly commit: string;
  readonly subject: string;
  readonly by: string;
  readonly at: Date;
}

/** The contents that an address has held before a revision, the newest first. */
export async function stretchesOf(
  db: Kysely<Tables>,
  of: { readonly environment: string; readonly address: Address; readonly before: number },
  limit: number,
): Promise<readonly Stretch[]> {
  const rows = await db
    .selectFrom('resource_history as h')
    .innerJoin('spec', 'spec.digest', 'h.digest')
    .innerJoin('revision as r', (join) =>
      join.onRef('r.environment', '=', 'h.environment').onRef('r.revision', '=', 'h.from_revision'),
    )
    .select(['h.address', 'h.from_revision', 'h.to_revision', 'h.moved_from', 'spec.body'])
    .select(['r.commit_id', 'r.commit_subject', 'r.applied_by', 'r.applied_at'])
    .where('h.environment', '=', of.environment)
    .where('h.address', '=', of.address)
    .where('h.from_revision', '<', of.before)
    .orderBy('h.from_revision', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    address: row.address,
    from: row.from_revision,
    to: row.to_revision ?? undefined,
    manifest: bodyOf(row.body),
    movedFrom: row.moved_from ?? undefined,
    commit: row.commit_id,
    subject: row.commit_subject,
    by: row.applied_by,
    at: row.applied_at,
  }));
}

function bodyOf(text: string): JsonObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new TypeError('a spec is a JSON object');
  return value;
}
