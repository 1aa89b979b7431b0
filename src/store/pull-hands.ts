import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** Adds logins to those that pushed to a pull request: whoever did once is not taken off again. */
export async function recordPushers(
  db: Kysely<Tables>,
  { repository, number }: { readonly repository: string; readonly number: number },
  pushers: readonly string[],
): Promise<void> {
  if (pushers.length === 0) return;
  await sql`
    update pull_request set pushers = array(
      select distinct login from unnest(pushers || ${[...pushers]}::text[]) as one (login) order by login)
    where repository = ${repository} and number = ${number} and not pushers @> ${[...pushers]}::text[]`.execute(db);
}
