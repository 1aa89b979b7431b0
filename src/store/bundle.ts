import { type Kysely, sql, type Transaction } from 'kysely';
import type { Json } from '../manifest/json.ts';
import type { Bundle } from '../manifest/bundle.ts';
import type { SystemBundle } from '../plan/change.ts';
import type { Authority } from '../policy/authority.ts';
import { bundleText } from '../policy/bundle-text.ts';
import { writeColumns } from './batch.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

interface At {
  readonly environment: string;
  readonly revision: number;
}

/** Stores compiled systems under their digests; those that are there already stay. */
export async function writeBundles(trx: Transaction<Tables>, bundles: readonly SystemBundle[]): Promise<void> {
  await writeColumns(bundleRows(bundles), (rows) =>
    sql`
      insert into bundle (digest, engine_schema, timeout_ms, content, authority)
      select digest, engine_schema::integer, timeout_ms::bigint, content, authority
      from ${rows} as row (digest, engine_schema, timeout_ms, content, authority)
      on conflict (digest) do nothing`.execute(trx),
  );
}

function* bundleRows(bundles: Iterable<SystemBundle>) {
  for (const { digest, content, authority } of bundles) {
    yield [
      digest,
      String(content.engineSchema),
      String(content.limits.timeoutMs),
      // Both are plain JSON by contract; an interface has no index signature to say so.
      bundleText(content as unknown as Json),
      bundleText(authority as unknown as Json),
    ];
  }
}

// What begins waits for the count of what has ended: two bundles of one system would both be current. Systems are looked
// up one by one: held against a list, all of the environment's were read.
const turnText = `
with ended as (
  update bundle_history h set to_revision = $2
  from unnest($3::text[]) as turned (system)
  where h.environment = $1 and h.system = turned.system and h.to_revision is null
  returning h.system
)
insert into bundle_history (environment, system, from_revision, digest)
select $1, system, $2::bigint, digest from unnest($4::text[], $5::text[]) as row (system, digest)
where (select count(*) from ended) >= 0`;

/** Ends the current bundles of those systems, and begins those of the new revision. */
export async function turnBundles(
  trx: Transaction<Tables>,
  { environment, revision }: At,
  { systems, bundles }: { readonly systems: readonly string[]; readonly bundles: readonly SystemBundle[] },
): Promise<void> {
  const names = bundles.map(({ system }) => system);
  const digests = bundles.map(({ digest }) => digest);
  const statement = { name: 'turn_bundles', text: turnText };
  await rowsOf(trx, statement, [environment, revision, systems, names, digests]);
}

export interface StoredBundle {
  readonly digest: string;
  readonly content: Bundle;
  readonly authority: Authority;
}

export async function readBundle(db: Kysely<Tables>, digest: string): Promise<StoredBundle | undefined> {
  const row = await db.selectFrom('bundle').selectAll().where('digest', '=', digest).executeTakeFirst();
  return row && storedBundle(row);
}

/** Several of them, in no order; one that is not stored is left out. */
export async function readBundles(db: Kysely<Tables>, digests: readonly string[]): Promise<readonly StoredBundle[]> {
  if (digests.length === 0) return [];
  const rows = await db.selectFrom('bundle').selectAll().where('digest', 'in', digests).execute();
  return rows.map(storedBundle);
}

// The digest, which the table checks, covers both texts: what apply wrote is what is read.
function storedBundle(row: {
  readonly digest: string;
  readonly content: string;
  readonly authority: string;
}): StoredBundle {
  const { digest, content, authority } = row;
  return { digest, content: JSON.parse(content) as Bundle, authority: JSON.parse(authority) as Authority };
}

/** What the bundles of a revision let callers do, by `namespace/name` of the system. */
export async function authoritiesAt(
  db: Kysely<Tables>,
  at: At,
  systems: readonly string[],
): Promise<ReadonlyMap<string, Authority>> {
  const { rows } = await sql<{ system: string; authority: string }>`
    select h.system, b.authority
    from bundle_history h join bundle b on b.digest = h.digest
    where h.environment = ${at.environment} and h.system = any(${systems}::text[])
      and h.from_revision <= ${at.revision} and (h.to_revision is null or h.to_revision > ${at.revision})`.execute(db);
  return new Map(rows.map(({ system, authority }) => [system, JSON.parse(authority) as Authority]));
}

/** What the bundles that new runs get let callers do. */
export async function currentAuthorities(db: Kysely<Tables>, environment: string): Promise<readonly Authority[]> {
  const { rows } = await sql<{ authority: string }>`
    select b.authority from bundle_history h join bundle b on b.digest = h.digest
    where h.environment = ${environment} and h.to_revision is null order by h.system`.execute(db);
  return rows.map(({ authority }) => JSON.parse(authority) as Authority);
}

/** The bundle that a system has in a revision; undefined: the revision has no such system. */
export async function bundleAt(db: Kysely<Tables>, at: At, system: string): Promise<StoredBundle | undefined> {
  const { rows } = await sql<{ digest: string; content: string; authority: string }>`
    select b.digest, b.content, b.authority
    from bundle_history h join bundle b on b.digest = h.digest
    where h.environment = ${at.environment} and h.system = ${system}
      and h.from_revision <= ${at.revision} and (h.to_revision is null or h.to_revision > ${at.revision})`.execute(db);
  return rows[0] && storedBundle(rows[0]);
}

/** Digest of the bundle that new runs of a system get; undefined: live has no such system. */
export async function currentBundle(
  db: Kysely<Tables>,
  environment: string,
  system: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('bundle_history')
    .select('digest')
    .where('environment', '=', environment)
    .where('system', '=', system)
    .where('to_revision', 'is', null)
    .executeTakeFirst();
  return row?.digest;
}
