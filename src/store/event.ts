import type { Kysely, Selectable } from 'kysely';
import type { Event, Tables } from './tables.gen.ts';

export type EventRow = Selectable<Event>;

/** The newest first. */
export async function listEvents(db: Kysely<Tables>, environment: string, limit: number): Promise<readonly EventRow[]> {
  return await db
    .selectFrom('event')
    .selectAll()
    .where('environment', '=', environment)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
