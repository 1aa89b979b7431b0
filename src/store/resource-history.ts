import { type Kysely, sql, type Transaction } from 'kysely';
import type { Address } from '../manifest/resource.ts';
import type { OlderContent, OlderRevisions } from '../plan/revert.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

interface At {
  readonly environment: string;
  readonly revision: number;
}

/**
 * Ends what the previous revision held at those addresses, and begins what the new one holds there, as the heads say it;
 * of what was moved, with the address it had. Of heads that are written and not moved, `writeHeads` tells it.
 */
export async function turnHistory(
  trx: Transaction<Tables>,
  at: At,
  turned: {
    /** The old names of what was moved among them. */
    readonly addresses: readonly Address[];
    readonly moves: readonly Moved[];
  },
): Promise<void> {
  // What begins waits for the count of what has ended: two stretches of one address would both be current.
  await sql`
    with ended as (
      update resource_history set to_revision = ${at.revision}
      where environment = ${at.environment} and to_revision is null
        and address = any(${turned.addresses}::text[])
      returning address
    )
    insert into resource_history
      (environment, address, from_revision, digest, generation, file, line, moved_from, written)
    select environment, address, ${at.revision}, digest, generation, file, line, previous, written
    from resource
    left join json_to_recordset(${JSON.stringify(turned.moves)}::json)
      as moved (address text, previous text, written text) using (address)
    where environment = ${at.environment} and address = any(${turned.addresses}::text[])
      and (select count(*) from ended) >= 0`.execute(trx);
}

export interface Moved {
  readonly address: Address;
  readonly previous: Address;
  /** Digest of what authors wrote of it, where that is known. */
  readonly written: string | undefined;
}

/** What an address is to hold; without a digest, nothing. */
export interface Coming {
  readonly address: Address;
  readonly digest: string | undefined;
}

/** What `plan()` asks of the past of some addresses. */
export interface Past {
  /** To recognise a revert: when each held what it is to hold; where that is nothing, all that it held. */
  readonly older: OlderRevisions;
  /** Digests of what authors had written of what the current revision holds there, where that is known. */
  readonly written: ReadonlyMap<Address, string>;
}

/** In all; of each address the newest, and always some. */
const stretchesMax = 10_000;
const stretchesOfEachMin = 16;

// Each address is looked up by itself, newest first, as the key has it. A revert asks of a hundred addresses, each with a
// stretch for every change that there ever was.
const pastText = `
select coming.address, past.stretches, (
    select written from resource_history
    where environment = $1 and address = coming.address and to_revision is null
  ) as written
from unnest($2::text[], $3::text[]) as coming (address, digest)
cross join lateral (
  select json_agg(json_build_array(from_revision, to_revision, case when coming.digest is null then digest end)
    order by from_revision desc) as stretches
  from (
    select from_revision, to_revision, digest from resource_history
    where environment = $1 and address = coming.address and (coming.digest is null or digest = coming.digest)
    order by from_revision desc limit $4
  ) as newest
) as past`;

type Stretch = readonly [from: number, to: number | null, digest: string | null];

/** `newest`: so many stretches of each address, in place of all that plan() takes. */
export async function readPast(
  db: Kysely<Tables>,
  environment: string,
  { coming, newest }: { readonly coming: readonly Coming[]; readonly newest?: number },
): Promise<Past> {
  const older = new Map<Address, readonly OlderContent[]>();
  const written = new Map<Address, string>();
  if (coming.length === 0) return { older, written };
  const digests = new Map(coming.map(({ address, digest }) => [address, digest]));
  const rows = await rowsOf<{ address: Address; stretches: readonly Stretch[] | null; written: string | null }>(
    db,
    { name: 'read_past', text: pastText },
    [
      environment,
      [...digests.keys()],
      [...digests.values()].map((digest) => digest ?? null),
      newest ?? Math.max(stretchesOfEachMin, Math.ceil(stretchesMax / digests.size)),
    ],
  );
  for (const row of rows) {
    if (row.stretches !== null) older.set(row.address, contentsOf(row.stretches, digests.get(row.address)));
    if (row.written !== null) written.set(row.address, row.written);
  }
  return { older, written };
}

/** Of stretches of revisions, the newest first. */
function contentsOf(stretches: readonly Stretch[], asked: string | undefined): readonly OlderContent[] {
  const entries: OlderContent[] = [];
  for (const [from, end, digest] of stretches) {
    // An end is an entry of its own only where nothing begins, and what begins there has been seen: newest first.
    if (end !== null && entries.at(-1)?.revision !== end) entries.push({ revision: end, digest: undefined });
    entries.push({ revision: from, digest: asked ?? digest ?? undefined });
  }
  return entries;
}

/** Digests by address as a revision held them. */
export async function resourcesAt(
  db: Kysely<Tables>,
  environment: string,
  revision: number,
): Promise<ReadonlyMap<Address, string>> {
  const rows = await db
    .selectFrom('resource_history')
    .select(['address', 'digest'])
    .where('environment', '=', environment)
    .where('from_revision', '<=', revision)
    .where((where) => where.or([where('to_revision', 'is', null), where('to_revision', '>', revision)]))
    .orderBy('address')
    .execute();
  return new Map(rows.map((row) => [row.address, row.digest]));
}
