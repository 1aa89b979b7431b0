import type { Kysely, Selectable, Transaction } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { Event, Tables } from './tables.gen.ts';

export type EventRow = Selectable<Event>;

/** What happens at a door is of no environment. */
export const noEnvironment = '';

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

/** Tells who did what to an environment, in the transaction that does it. */
export async function recordEvent(
  trx: Transaction<Tables>,
  event: { readonly environment: string; readonly actor: string; readonly action: string; readonly detail: JsonObject },
): Promise<void> {
  await trx
    .insertInto('event')
    .values({ ...event, detail: JSON.stringify(event.detail) })
    .execute();
}
