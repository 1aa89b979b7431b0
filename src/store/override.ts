import { type Kysely, sql, type Transaction } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Override } from '../plan/override.ts';
import type { Tables } from './tables.gen.ts';

/** One that no revision has taken back yet. */
export interface StandingOverride extends Override {
  /** Its time is up, by the database's clock: the next apply takes it back. */
  readonly isExpired: boolean;
  /** Root and commit right before it. */
  readonly base: { readonly root: string; readonly commit: string };
}

/** The overrides of an environment that no revision has taken back, oldest first. */
export async function readOverrides(db: Kysely<Tables>, environment: string): Promise<readonly StandingOverride[]> {
  const rows = await db
    .selectFrom('override')
    .selectAll()
    .select(sql<boolean>`expires_at <= clock_timestamp()`.as('is_expired'))
    .where('environment', '=', environment)
    .where('ended_at', 'is', null)
    .orderBy('set_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    address: row.address,
    spec: row.patch,
    reason: row.reason,
    by: row.set_by,
    setAt: row.set_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    isExpired: row.is_expired,
    base: { root: row.base_root, commit: row.base_commit },
  }));
}

/** Those of them whose time is not up: what a plan is made with. */
export async function readActiveOverrides(db: Kysely<Tables>, environment: string): Promise<readonly Override[]> {
  const standing = await readOverrides(db, environment);
  return standing
    .filter(({ isExpired }) => !isExpired)
    .map(({ isExpired: _isExpired, base: _base, ...override }) => override);
}

export interface NewOverride {
  readonly id: string;
  readonly environment: string;
  readonly address: Address;
  readonly spec: JsonObject;
  readonly reason: string;
  readonly by: string;
  readonly forMs: number;
  readonly revision: number;
  readonly base: { readonly root: string; readonly commit: string };
}

/** Sets an override, from now by the database's clock; gives when it ends. */
export async function recordOverride(trx: Transaction<Tables>, made: NewOverride): Promise<string> {
  const { rows } = await sql<{ expires_at: Date }>`
    insert into override
      (id, environment, address, patch, reason, set_by, expires_at, revision, base_root, base_commit)
    values (${made.id}, ${made.environment}, ${made.address}, ${JSON.stringify(made.spec)}::jsonb, ${made.reason},
      ${made.by}, clock_timestamp() + ${made.forMs} * interval '1 millisecond', ${made.revision}, ${made.base.root},
      ${made.base.commit})
    returning expires_at`.execute(trx);
  return rows[0]?.expires_at.toISOString() ?? '';
}

/** Takes overrides back; `by` is absent where their time was up. */
export async function endOverrides(
  trx: Transaction<Tables>,
  ended: {
    readonly environment: string;
    readonly ids: readonly string[];
    readonly by: string | undefined;
    readonly revision: number;
  },
): Promise<void> {
  await trx
    .updateTable('override')
    .set({ ended_at: sql<Date>`clock_timestamp()`, ended_by: ended.by ?? null, ended_revision: ended.revision })
    .where('environment', '=', ended.environment)
    .where(sql<boolean>`id = any(${ended.ids}::text[])`)
    .where('ended_at', 'is', null)
    .execute();
}
