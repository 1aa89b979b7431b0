import { type Kysely, sql, type Transaction } from 'kysely';
import type { Address } from '../manifest/resource.ts';
import type { OlderContent, OlderRevisions } from '../plan/revert.ts';
import type { Tables } from './tables.gen.ts';

interface At {
  readonly environment: string;
  readonly revision: number;
}

/** Ends what the previous revision held at those addresses. */
export async function closeHistory(trx: Transaction<Tables>, at: At, addresses: readonly Address[]): Promise<void> {
  await sql`
    update resource_history set to_revision = ${at.revision}
    where environment = ${at.environment} and to_revision is null
      and address = any(${addresses}::text[])`.execute(trx);
}

/** Begins what the new revision holds there, as the heads say it; of what was moved, with the address it had. */
export async function openHistory(
  trx: Transaction<Tables>,
  at: At,
  opened: {
    readonly addresses: readonly Address[];
    readonly moves: readonly Moved[];
    /** Digests of what authors wrote, by address. */
    readonly written: Readonly<Record<Address, string>>;
  },
): Promise<void> {
  await sql`
    insert into resource_history
      (environment, address, from_revision, digest, generation, file, line, moved_from, written)
    select environment, address, ${at.revision}, digest, generation, file, line, previous,
      ${JSON.stringify(opened.written)}::jsonb ->> address
    from resource
    left join json_to_recordset(${JSON.stringify(opened.moves)}::json) as moved (address text, previous text)
      using (address)
    where environment = ${at.environment} and address = any(${opened.addresses}::text[])`.execute(trx);
}

export interface Moved {
  readonly address: Address;
  readonly previous: Address;
}

/** Digests of what authors had written of what the current revision holds there, where that is known. */
export async function readWritten(
  db: Kysely<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<ReadonlyMap<Address, string>> {
  const rows = await db
    .selectFrom('resource_history')
    .select(['address', 'written'])
    .where('environment', '=', environment)
    .where('to_revision', 'is', null)
    .where(sql<boolean>`address = any(${addresses}::text[])`)
    .execute();
  return new Map(rows.flatMap(({ address, written }) => (written === null ? [] : [[address, written]])));
}

const stretchesMax = 10_000;

/** What those addresses held before, for `plan()` to recognise a revert: the newest stretches of revisions. */
export async function readOlder(
  db: Kysely<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<OlderRevisions> {
  const rows = await db
    .selectFrom('resource_history')
    .select(['address', 'from_revision', 'to_revision', 'digest'])
    .where('environment', '=', environment)
    .where(sql<boolean>`address = any(${addresses}::text[])`)
    .orderBy('from_revision', 'desc')
    .orderBy('address')
    .limit(stretchesMax)
    .execute();
  const older = new Map<Address, OlderContent[]>();
  for (const row of rows) {
    const entries = older.get(row.address) ?? [];
    older.set(row.address, entries);
    // An end is an entry of its own only where nothing begins, and what begins there has been seen: newest first.
    const end = row.to_revision;
    if (end !== null && entries.at(-1)?.revision !== end) entries.push({ revision: end, digest: undefined });
    entries.push({ revision: row.from_revision, digest: row.digest });
  }
  return older;
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
