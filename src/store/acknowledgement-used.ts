import type { Kysely } from 'kysely';
import type { Tables } from './tables.gen.ts';

export interface UsedAcknowledgement {
  /** As it was shown: `R1-3f2a`, `guard.deletes`. */
  readonly id: string;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** What somebody agreed to so that a revision could be made. */
export async function acknowledgementsUsed(
  db: Kysely<Tables>,
  environment: string,
  revision: number,
): Promise<readonly UsedAcknowledgement[]> {
  const rows = await db
    .selectFrom('acknowledgement')
    .select(['shown_id', 'given_by', 'given_at', 'reason'])
    .where('environment', '=', environment)
    .where('used_by_revision', '=', revision)
    .orderBy('shown_id')
    .orderBy('id')
    .execute();
  return rows.map(({ shown_id: id, given_by: by, given_at: at, reason }) => ({ id, by, at: at.toISOString(), reason }));
}
