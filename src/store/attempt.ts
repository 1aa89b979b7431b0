import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Attempt, Tables } from './tables.gen.ts';

export type AttemptRow = Selectable<Attempt>;

type NewAttempt = Pick<Insertable<Attempt>, 'environment' | 'commit_id' | 'code' | 'message' | 'revision'> & {
  readonly outcome: 'applied' | 'unchanged' | 'refused' | 'failed' | 'superseded';
};

/** Records what became of an attempt to make a commit live. */
export async function recordAttempt(db: Kysely<Tables>, attempt: NewAttempt): Promise<void> {
  await db.insertInto('attempt').values(attempt).execute();
}

/** The same, unless the environment's last attempt is the very same: controllers come back to what waits. */
export async function recordAttemptOnce(db: Kysely<Tables>, attempt: NewAttempt): Promise<void> {
  const { environment, commit_id: commit, outcome, code, message, revision } = attempt;
  await sql`
    insert into attempt (environment, commit_id, outcome, code, message, revision)
    select ${environment}, ${commit}, ${outcome}, ${code}, ${message}, ${revision}
    where not exists (
      select 1 from (
        select * from attempt where environment = ${environment} order by id desc limit 1
      ) as last
      where last.commit_id = ${commit} and last.outcome = ${outcome} and last.code = ${code}
        and last.message = ${message})`.execute(db);
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
