import { type Kysely, sql } from 'kysely';
import { proposalAskedBy } from './proposal.ts';
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

/** Keeps who asked pawl for a pull request among its hands: the next who asks takes their place in the proposal's row. */
export async function recordAskers(
  db: Kysely<Tables>,
  { repository, number }: { readonly repository: string; readonly number: number },
): Promise<void> {
  const asked = await proposalAskedBy(db, repository, number);
  if (asked !== undefined) await recordPushers(db, { repository, number }, [`${askedPrefix}${asked}`]);
}

/** The name of somebody who asked; undefined: it is the login of somebody who pushed. */
export function askerIn(hand: string): string | undefined {
  return hand.startsWith(askedPrefix) ? hand.slice(askedPrefix.length) : undefined;
}

/** No login has a space. */
const askedPrefix = 'asked ';
