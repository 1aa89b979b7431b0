import { type Kysely, sql } from 'kysely';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Tables } from './tables.gen.ts';

/** A webhook of a forge, by the id that the forge sent it under. */
export interface NewMessage {
  readonly delivery: string;
  readonly event: string;
  /** `owner/name`, as the sender says. */
  readonly repository: string;
  readonly hint: JsonObject;
}

export interface MessageRow {
  readonly delivery: string;
  readonly event: string;
  readonly hint: Json;
  readonly receivedAt: Date;
}

/** Keeps a message once, however often it is sent: `false` where it was there. */
export async function storeMessage(db: Kysely<Tables>, message: NewMessage): Promise<boolean> {
  const { delivery, event, repository, hint } = message;
  const { rows } = await sql`
    insert into inbox (source, delivery, event, repository, hint)
    values ('github', ${delivery}, ${event}, ${repository}, ${JSON.stringify(hint)}::jsonb)
    on conflict (source, delivery) do nothing
    returning delivery`.execute(db);
  return rows.length > 0;
}

/** Whether a push to the repository was told of within so long, handled or not. */
export async function heardPush(db: Kysely<Tables>, repository: string, withinMs: number): Promise<boolean> {
  const { rows } = await sql<{ heard: boolean }>`
    select exists (
      select from inbox where source = 'github' and event = 'push' and lower(repository) = lower(${repository})
        and received_at > now() - ${withinMs} * interval '1 millisecond') as heard`.execute(db);
  return rows[0]?.heard === true;
}

const openMax = 1_000;

/** Messages of a repository that nobody has acted on, the oldest first. */
export async function openMessages(db: Kysely<Tables>, repository: string): Promise<readonly MessageRow[]> {
  const { rows } = await sql<MessageRow>`
    select delivery, event, hint, received_at as "receivedAt" from inbox
    where source = 'github' and handled_at is null and lower(repository) = lower(${repository})
    order by received_at, delivery limit ${openMax}`.execute(db);
  return rows;
}

export async function markHandled(db: Kysely<Tables>, deliveries: readonly string[]): Promise<void> {
  if (deliveries.length === 0) return;
  await sql`
    update inbox set handled_at = now()
    where source = 'github' and handled_at is null and delivery = any(${[...deliveries]}::text[])`.execute(db);
}

const sweptMax = 10_000;

/**
 * Deletes what was handled long ago, and what nobody acted on for as long: a sweep of the forge has found it since.
 * The rows stay for days because GitHub sends a delivery again, by hand or by script, for three of them.
 */
export async function sweepInbox(db: Kysely<Tables>, days = 7): Promise<number> {
  const { rows } = await sql`
    delete from inbox where (source, delivery) in (
      select source, delivery from inbox where received_at < now() - ${days} * interval '1 day'
      order by received_at limit ${sweptMax}
    ) returning delivery`.execute(db);
  return rows.length;
}
