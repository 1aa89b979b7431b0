import { type Kysely, sql } from 'kysely';
import type { RunFailure } from './json-column.ts';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** One request to a TaskWebhook, by the id that its sender gave it. */
export interface DeliveryKey {
  readonly environment: string;
  /** `namespace/name` of the TaskWebhook. */
  readonly webhook: string;
  readonly delivery: string;
}

export interface NewDelivery extends DeliveryKey {
  readonly windowMs: number;
  readonly run: string;
}

/**
 * Makes the delivery the cause of a run, once within its window: undefined, else the run that it started before. A
 * second one at the same moment waits here for the first one's end.
 */
export async function claimDelivery(trx: StoreTransaction, delivery: NewDelivery): Promise<string | undefined> {
  const { environment, webhook, delivery: id, windowMs, run } = delivery;
  const { rows } = await sql`
    insert into delivery (environment, webhook, delivery, outcome, run, expires_at)
    values (${environment}, ${webhook}, ${id}, 'started', ${run}, now() + ${windowMs} * interval '1 millisecond')
    on conflict (environment, webhook, delivery) do update
      set outcome = 'started', run = excluded.run, error = null, received_at = now(), expires_at = excluded.expires_at
      where delivery.outcome <> 'started' or delivery.expires_at <= now()
    returning run`.execute(trx);
  return rows.length > 0 ? undefined : await startedBy(trx, delivery);
}

/** The run that the delivery started within its window. */
export async function startedBy(
  db: Kysely<Tables>,
  { environment, webhook, delivery }: DeliveryKey,
): Promise<string | undefined> {
  const { rows } = await sql<{ run: string }>`
    select run from delivery where environment = ${environment} and webhook = ${webhook} and delivery = ${delivery}
      and outcome = 'started' and expires_at > now()`.execute(db);
  return rows[0]?.run;
}

/** Records a request that started nothing, unless the same one did before. */
export async function recordDelivery(
  db: Kysely<Tables>,
  delivery: DeliveryKey & {
    readonly windowMs: number;
    readonly outcome: 'filtered' | 'suspended' | 'refused';
    readonly error?: RunFailure;
  },
): Promise<void> {
  const { environment, webhook, delivery: id, windowMs, outcome } = delivery;
  const error = delivery.error === undefined ? null : JSON.stringify(delivery.error);
  await sql`
    insert into delivery (environment, webhook, delivery, outcome, error, expires_at)
    values (${environment}, ${webhook}, ${id}, ${outcome}, ${error}::json, now() + ${windowMs} * interval '1 millisecond')
    on conflict (environment, webhook, delivery) do update
      set outcome = excluded.outcome, error = excluded.error, run = null, received_at = now(),
        expires_at = excluded.expires_at
      where delivery.outcome <> 'started' or delivery.expires_at <= now()`.execute(db);
}

const forgottenMax = 10_000;

/** Deletes deliveries whose window is over. */
export async function forgetDeliveries(db: Kysely<Tables>): Promise<void> {
  await sql`
    delete from delivery where (environment, webhook, delivery) in (
      select environment, webhook, delivery from delivery where expires_at <= now() order by expires_at
      limit ${forgottenMax}
    )`.execute(db);
}
