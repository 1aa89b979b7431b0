import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Takes note of a token's id until it has expired; false: it was known. Those that have expired are forgotten. */
export async function spendActionsToken(
  { db }: Pick<Database, 'db'>,
  { token, expiresAt }: { readonly token: string; readonly expiresAt: Date },
): Promise<boolean> {
  await sql`delete from actions_token where expires_at < now() - interval '1 hour'`.execute(db);
  const { rows } = await sql`
    insert into actions_token (id, expires_at) values (${token}, ${expiresAt.toISOString()})
    on conflict (id) do nothing
    returning id`.execute(db);
  return rows.length > 0;
}
