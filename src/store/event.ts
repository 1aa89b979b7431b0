import type { Kysely, Selectable } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { Event, Tables } from './tables.gen.ts';

export type EventRow = Selectable<Event>;

/** Adds to the record of who did what. */
export async function recordEvent(
  db: Kysely<Tables>,
  event: {
    readonly environment: string;
    readonly actor: string;
    readonly action: string;
    readonly detail: JsonObject;
  },
): Promise<void> {
  await db
    .insertInto('event')
    .values({ ...event, detail: JSON.stringify(event.detail) })
    .execute();
}

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
