import type { Kysely } from 'kysely';
import type { AlertMessage } from '../controller/alert-message.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** Which telling of which alert a message is. */
export interface Telling {
  readonly environment: string;
  readonly key: string;
  readonly episode: number;
  readonly fingerprint: string;
}

const enqueueText = `
insert into outbox (environment, receiver, key, episode, fingerprint, phase, message)
select $1, receiver, $2, $3, $4, 'firing', $6::jsonb from unnest($5::text[]) as receiver
on conflict do nothing`;

/** What an earlier message of the same alert said has changed: whoever did not hear of it hears of this alone. */
const supersedeText = `
update outbox set dropped = 'cancelled'
where environment = $1 and key = $2 and (episode, fingerprint) is distinct from ($3, $4) and phase = 'firing'
  and delivered_at is null and dropped is null and not reached and lease_until is null`;

/** Tells receivers that an alert fires, in the transaction that says so. */
export async function enqueueFiring(
  trx: StoreTransaction,
  { environment, key, episode, fingerprint }: Telling,
  { receivers, message }: { readonly receivers: readonly string[]; readonly message: AlertMessage },
): Promise<void> {
  const values = [environment, key, episode, fingerprint];
  await rowsOf(trx, { name: 'outbox_supersede', text: supersedeText }, values);
  await rowsOf(trx, { name: 'outbox_firing', text: enqueueText }, [...values, receivers, JSON.stringify(message)]);
}

const cancelText = `
update outbox set dropped = 'cancelled'
where environment = $1 and key = $2 and phase = 'firing' and delivered_at is null and dropped is null
  and not reached and lease_until is null`;

const resolvedText = `
insert into outbox (environment, receiver, key, episode, fingerprint, phase, message)
select distinct $1, receiver, $2, $3::integer, $4, 'resolved', $5::jsonb from outbox
where environment = $1 and key = $2 and episode = $3 and phase = 'firing'
  and (delivered_at is not null or dropped is null or reached)
on conflict do nothing`;

/** Tells whoever heard of an alert, or may have, that it is over; for whoever did not it never was. */
export async function enqueueResolved(
  trx: StoreTransaction,
  { environment, key, episode, fingerprint }: Telling,
  message: AlertMessage,
): Promise<void> {
  await rowsOf(trx, { name: 'outbox_cancel', text: cancelText }, [environment, key]);
  const values = [environment, key, episode, fingerprint, JSON.stringify(message)];
  await rowsOf(trx, { name: 'outbox_resolved', text: resolvedText }, values);
}

/** A message that is to be sent now. */
export interface ClaimedMessage extends Telling {
  readonly id: number;
  readonly receiver: string;
  readonly phase: 'firing' | 'resolved';
  readonly message: AlertMessage;
  /** This one included. */
  readonly attempts: number;
  readonly createdAt: Date;
}

/**
 * One message of each receiver that nobody sends to at this moment, the oldest of its alert: so a receiver that is dead
 * takes no turn from another, and hears that something began before it hears that it is over. The rows of receivers that
 * are being claimed are locked one by one; whoever comes second passes them over.
 */
const claimText = `
with free as materialized (
  select o.id, o.environment, o.receiver from outbox o
  where o.delivered_at is null and o.dropped is null and o.due_at <= now()
    and (o.lease_until is null or o.lease_until < now())
    and not exists (select from outbox e where e.environment = o.environment and e.receiver = o.receiver
      and e.key = o.key and e.id < o.id and e.delivered_at is null and e.dropped is null)
    and not exists (select from outbox b where b.environment = o.environment and b.receiver = o.receiver
      and b.delivered_at is null and b.dropped is null and b.lease_until >= now())
  order by o.due_at, o.id limit 1000
), first as materialized (
  select distinct on (environment, receiver) id from free order by environment, receiver, id
), locked as materialized (
  select o.id from outbox o join first using (id)
  where o.delivered_at is null and o.dropped is null and (o.lease_until is null or o.lease_until < now())
  order by o.id limit $1 for update of o skip locked
)
update outbox o set attempts = o.attempts + 1, lease_until = now() + $2 * interval '1 millisecond',
  -- Whoever had it did not say what came of it.
  reached = o.reached or o.lease_until is not null
from locked where o.id = locked.id
returning o.id, o.environment, o.receiver, o.key, o.episode, o.fingerprint, o.phase, o.message, o.attempts,
  o.created_at as "createdAt"`;

export async function claimMessages(
  db: Kysely<Tables>,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<readonly ClaimedMessage[]> {
  return rowsOf<ClaimedMessage>(db, { name: 'outbox_claim', text: claimText, planned: 'always' }, [limit, leaseMs]);
}

export async function markDelivered(db: Kysely<Tables>, { id, attempts }: ClaimedMessage): Promise<void> {
  const text = `update outbox set delivered_at = now(), lease_until = null, reached = true, last_error = null
    where id = $1 and attempts = $2`;
  await rowsOf(db, { name: 'outbox_delivered', text }, [id, attempts]);
}

export interface Failure {
  /** Without secrets. */
  readonly error: string;
  /** It may have arrived all the same. */
  readonly reached: boolean;
  readonly retryInMs: number;
  /** The receiver itself asked to be left alone for so long. */
  readonly isPause: boolean;
  readonly abandonAfterMs: number;
}

const failText = `
with failed as (
  update outbox set lease_until = null, reached = reached or $3, last_error = $4,
    due_at = now() + $5 * interval '1 millisecond',
    dropped = case when created_at < now() - $6 * interval '1 millisecond' then 'abandoned' end
  where id = $1 and attempts = $2 returning id, environment, receiver, dropped
), paused as (
  update outbox o set due_at = greatest(o.due_at, now() + $5 * interval '1 millisecond') from failed
  where $7::boolean and o.environment = failed.environment and o.receiver = failed.receiver and o.id <> failed.id
    and o.delivered_at is null and o.dropped is null
)
select dropped from failed`;

/** True: it was tried for so long that it is given up. */
export async function markFailed(
  db: Kysely<Tables>,
  { id, attempts }: ClaimedMessage,
  { error, reached, retryInMs, abandonAfterMs, isPause }: Failure,
): Promise<boolean> {
  const values = [id, attempts, reached, error, retryInMs, abandonAfterMs, isPause];
  const [row] = await rowsOf<{ dropped: string | null }>(db, { name: 'outbox_failed', text: failText }, values);
  return row?.dropped === 'abandoned';
}

/** There is nobody to send it to any more. */
export async function dropMessage(db: Kysely<Tables>, { id, attempts }: ClaimedMessage): Promise<void> {
  const text = `update outbox set dropped = 'cancelled', lease_until = null where id = $1 and attempts = $2`;
  await rowsOf(db, { name: 'outbox_drop', text }, [id, attempts]);
}

/** What receivers of an alert were told: for `pawl alerts`. */
export interface DeliveryRow {
  readonly environment: string;
  readonly key: string;
  readonly receiver: string;
  readonly phase: string;
  readonly state: 'delivered' | 'waiting' | 'cancelled' | 'abandoned';
  readonly attempts: number;
  readonly at: Date | null;
  readonly lastError: string | null;
}

/** The newest message of each receiver about each of the alerts. */
export async function readDeliveries(
  db: Kysely<Tables>,
  alerts: readonly { readonly environment: string; readonly key: string }[],
): Promise<readonly DeliveryRow[]> {
  const text = `select distinct on (o.environment, o.key, o.receiver) o.environment, o.key, o.receiver, o.phase,
      case when o.delivered_at is not null then 'delivered' else coalesce(o.dropped, 'waiting') end as state,
      o.attempts, o.delivered_at as at, o.last_error as "lastError"
    from unnest($1::text[], $2::text[]) as a (environment, key)
    join outbox o on o.environment = a.environment and o.key = a.key
    order by o.environment, o.key, o.receiver, o.id desc`;
  const values = [alerts.map(({ environment }) => environment), alerts.map(({ key }) => key)];
  return rowsOf<DeliveryRow>(db, { name: 'outbox_deliveries', text }, values);
}

/** What was told, or given up, is kept for a month. */
export async function sweepOutbox(db: Kysely<Tables>): Promise<void> {
  const text = `delete from outbox where (delivered_at is not null or dropped is not null)
    and created_at < now() - interval '30 days' and not exists (
      select from alert a where a.environment = outbox.environment and a.key = outbox.key and a.state <> 'resolved')`;
  await rowsOf(db, { name: 'outbox_sweep', text }, []);
}
