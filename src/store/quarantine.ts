import { type Kysely, sql, type Transaction } from 'kysely';
import type { Withdrawn } from '../plan/quarantine.ts';
import type { Tables } from './tables.gen.ts';

interface Withdrawal {
  readonly environment: string;
  /** The revision that the rollback makes. */
  readonly revision: number;
  /** Whose content it brings back. */
  readonly to: number;
}

/**
 * Quarantines what revisions after `to` held and `to` did not: contents, and the absence of what `to` had. All of them
 * and not only the newest, because taking back the last of several bad commits in Git gives what the one before held.
 */
export async function quarantineWithdrawn(trx: Transaction<Tables>, rollback: Withdrawal): Promise<number> {
  const { environment, revision, to } = rollback;
  const { rows } = await sql<{ pairs: number }>`
    with restored as materialized (
      select address, digest from resource_history
      where environment = ${environment} and from_revision <= ${to} and (to_revision is null or to_revision > ${to})
    ), withdrawn as (
      select h.address, h.digest from resource_history h
      where h.environment = ${environment} and h.from_revision > ${to} and h.from_revision < ${revision}
        and not exists (select from restored r where r.address = h.address and r.digest = h.digest)
      union
      select h.address, null from resource_history h
      join restored r on r.address = h.address
      where h.environment = ${environment} and h.to_revision > ${to} and h.to_revision < ${revision}
        and not exists (select from resource_history next where next.environment = h.environment
          and next.address = h.address and next.from_revision = h.to_revision)
    ), kept as (
      insert into quarantine (environment, revision, address, digest)
      select ${environment}, ${revision}, address, digest from withdrawn order by address, digest
      on conflict do nothing
      returning address
    ), pinned as (
      update environment set pin = ${revision}, quarantine_writes = quarantine_writes + 1
      where name = ${environment} and exists (select from kept)
    )
    select count(*) as pairs from kept`.execute(trx);
  return rows[0]?.pairs ?? 0;
}

/** What is withdrawn and not released, by address. */
export async function readQuarantine(db: Kysely<Tables>, environment: string): Promise<readonly Withdrawn[]> {
  return await withdrawnWhere(db, environment, sql<boolean>`true`);
}

/** What is withdrawn and in the rows all the same: inside apply's transaction, after its writing. */
export async function withdrawnInRows(trx: Transaction<Tables>, environment: string): Promise<readonly Withdrawn[]> {
  return await withdrawnWhere(
    trx,
    environment,
    sql<boolean>`q.digest is not distinct from (
      select head.digest from resource head where head.environment = q.environment and head.address = q.address)`,
  );
}

async function withdrawnWhere(
  db: Kysely<Tables>,
  environment: string,
  condition: ReturnType<typeof sql<boolean>>,
): Promise<readonly Withdrawn[]> {
  const rows = await db
    .selectFrom('quarantine as q')
    .innerJoin('revision as r', (join) =>
      join.onRef('r.environment', '=', 'q.environment').onRef('r.revision', '=', 'q.revision'),
    )
    .select(['q.address', 'q.digest', 'q.revision', 'r.summary', 'r.applied_by'])
    .where('q.environment', '=', environment)
    .where('q.released_at', 'is', null)
    .where(condition)
    .orderBy('q.address')
    .orderBy('q.revision')
    .execute();
  return rows.map(({ address, digest, revision, summary, applied_by: by }) => ({
    address,
    digest: digest ?? undefined,
    rollback: { revision, to: summary.rollback?.to ?? 0, by, reason: summary.rollback?.reason ?? '' },
  }));
}

export interface Release {
  readonly environment: string;
  readonly by: string;
  readonly reason: string;
  /** Absent: everything. */
  readonly addresses?: readonly string[];
  /** Set where a commit without any of it was applied. */
  readonly commit?: string;
}

/**
 * Lifts the quarantine of some addresses or of all, with an event that says who and why. Where nothing of it is left,
 * the environment is no longer pinned. The caller holds the environment's row.
 */
export async function releaseQuarantine(
  trx: Transaction<Tables>,
  release: Release,
): Promise<readonly { readonly address: string; readonly digest: string | undefined }[]> {
  const { environment, by, reason, addresses = null, commit } = release;
  const { rows } = await sql<{ address: string; digest: string | null }>`
    update quarantine set released_at = now(), released_by = ${by}, release_reason = ${reason}
    where environment = ${environment} and released_at is null
      and (${addresses === null} or address = any(${addresses ?? []}::text[]))
    returning address, digest`.execute(trx);
  if (rows.length === 0) return [];
  const action = commit === undefined ? 'quarantine.release' : 'quarantine.end';
  const detail = JSON.stringify({ reason, ...(commit === undefined ? {} : { commit }), pairs: rows.length });
  await sql`
    with told as (
      insert into event (environment, actor, action, detail)
      values (${environment}, ${by}, ${action}, ${detail}::jsonb))
    update environment set quarantine_writes = quarantine_writes + 1,
      pin = case when exists (select from quarantine where quarantine.environment = name and released_at is null)
        then pin end
    where name = ${environment}`.execute(trx);
  return rows
    .map(({ address, digest }) => ({ address, digest: digest ?? undefined }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** How much of each rollback's quarantine is in force and was released, by the revision that the rollback made. */
export async function quarantineCounts(
  db: Kysely<Tables>,
  environment: string,
): Promise<ReadonlyMap<number, { readonly held: number; readonly released: number }>> {
  const { rows } = await sql<{ revision: number; held: number; released: number }>`
    select revision, count(*) filter (where released_at is null) as held,
      count(*) filter (where released_at is not null) as released
    from quarantine where environment = ${environment} group by revision`.execute(db);
  return new Map(rows.map(({ revision, held, released }) => [revision, { held, released }]));
}

/** Every environment that a rollback pins: the rollback's revision, whose it was, and whether a revert is to be opened. */
export async function pinnedByRollback(db: Kysely<Tables>): Promise<
  readonly {
    readonly environment: string;
    readonly revision: number;
    readonly by: string;
    readonly wantsPullRequest: boolean;
  }[]
> {
  const rows = await db
    .selectFrom('environment as e')
    .innerJoin('revision as r', (join) => join.onRef('r.environment', '=', 'e.name').onRef('r.revision', '=', 'e.pin'))
    .select(['e.name', 'r.revision', 'r.applied_by', 'r.summary'])
    .orderBy('e.name')
    .execute();
  return rows.map(({ name: environment, revision, applied_by: by, summary }) => {
    return { environment, revision, by, wantsPullRequest: summary.rollback?.pullRequest !== false };
  });
}

/** The commit that was live when the rollback in force withdrew it; undefined: none is in force. */
export async function withdrawnCommit(db: Kysely<Tables>, environment: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('environment as e')
    .innerJoin('revision as r', (join) => join.onRef('r.environment', '=', 'e.name').onRef('r.revision', '=', 'e.pin'))
    .select('r.summary')
    .where('e.name', '=', environment)
    .executeTakeFirst();
  return row?.summary.rollback?.commit ?? undefined;
}
