import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Attempt, Tables } from './tables.gen.ts';

export type AttemptRow = Selectable<Attempt>;

/** Records what became of an attempt to make a commit live. */
export async function recordAttempt(
  db: Kysely<Tables>,
  attempt: Pick<Insertable<Attempt>, 'environment' | 'commit_id' | 'code' | 'message' | 'revision'> & {
    readonly outcome: 'applied' | 'unchanged' | 'refused' | 'failed';
  },
): Promise<void> {
  await db.insertInto('attempt').values(attempt).execute();
}

export async function lastAttempt(db: Kysely<Tables>, environment: string): Promise<AttemptRow | undefined> {
  return await db
    .selectFrom('attempt')
    .selectAll()
    .where('environment', '=', environment)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
