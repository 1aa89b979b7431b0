import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** How far a list of a forge that is sorted by time was read; undefined: it never was. */
export async function readCursor(db: Kysely<Tables>, repository: string, list: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('forge_cursor')
    .select('read_to')
    .where('repository', '=', repository)
    .where('list', '=', list)
    .executeTakeFirst();
  return row?.read_to;
}

export async function moveCursor(
  db: Kysely<Tables>,
  { repository, list }: { readonly repository: string; readonly list: string },
  readTo: Date,
): Promise<void> {
  await sql`
    insert into forge_cursor (repository, list, read_to) values (${repository}, ${list}, ${readTo})
    on conflict (repository, list) do update set read_to = greatest(forge_cursor.read_to, excluded.read_to)`.execute(
    db,
  );
}
