import { sql } from 'kysely';
import type { StoreTransaction } from './transaction.ts';

/** What an apply does to the schedules of an environment, by `namespace/name`. */
export interface ScheduleChanges {
  readonly environment: string;
  /** Created, or not what they were. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly moved: readonly { readonly previous: string; readonly name: string }[];
}

/**
 * Marks schedules to be looked at, in apply's own transaction. A row outlives its schedule, so that a time which started
 * a run does not start another after a revert.
 */
export async function markSchedules(trx: StoreTransaction, changes: ScheduleChanges): Promise<void> {
  const { environment, changed, removed, moved } = changes;
  if (moved.length > 0) await moveSchedules(trx, environment, moved);
  const names = [...new Set([...changed, ...removed, ...moved.map(({ name }) => name)])].sort();
  if (names.length === 0) return;
  await sql`
    insert into schedule (environment, name, next_at)
    select ${environment}, name, now() from unnest(${names}::text[]) as marked (name)
    on conflict (environment, name) do update set next_at = now(), next_tick = null, changed_at = now()`.execute(trx);
}

/** By way of names that nothing can have: two schedules may trade theirs. */
async function moveSchedules(
  trx: StoreTransaction,
  environment: string,
  moved: ScheduleChanges['moved'],
): Promise<void> {
  const moves = JSON.stringify(moved);
  await sql`
    update schedule s set name = '> ' || m.name, next_at = now(), next_tick = null, changed_at = now()
    from json_to_recordset(${moves}::json) as m (previous text, name text)
    where s.environment = ${environment} and s.name = m.previous`.execute(trx);
  await sql`
    delete from schedule s using json_to_recordset(${moves}::json) as m (name text), schedule n
    where s.environment = ${environment} and s.name = m.name
      and n.environment = ${environment} and n.name = '> ' || m.name`.execute(trx);
  await sql`
    update schedule set name = substr(name, 3) where environment = ${environment} and name like '> %'`.execute(trx);
}
