import { type Kysely, sql } from 'kysely';
import type { RunFailure } from './json-column.ts';
import { holdRevision } from './live-content.ts';
import { awaitsRetry } from './run.ts';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** How long until a schedule is to be looked at, by the database's clock; undefined: none comes. */
export async function untilNextSchedule(db: Kysely<Tables>): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(next_at) - clock_timestamp()) * 1000)::double precision as ms
    from schedule where next_at is not null`.execute(db);
  const ms = rows[0]?.ms ?? undefined;
  return ms === undefined ? undefined : Math.max(0, Math.ceil(ms));
}

export interface DueSchedule {
  readonly id: number;
  readonly environment: string;
}

/** Schedules whose time has come, the longest waiting first. `now` is the database's unless a test says another. */
export async function dueSchedules(
  db: Kysely<Tables>,
  { limit, now }: { readonly limit: number; readonly now?: Date | undefined },
): Promise<readonly DueSchedule[]> {
  const { rows } = await sql<DueSchedule>`
    select id, environment from schedule
    where next_at is not null and next_at <= coalesce(${now ?? null}::timestamptz, clock_timestamp())
    order by next_at limit ${limit}`.execute(db);
  return rows;
}

export interface LockedSchedule {
  readonly id: number;
  readonly environment: string;
  /** `namespace/name`. */
  readonly name: string;
  readonly decided_at: Date;
  readonly changed_at: Date;
  readonly timing: string | null;
  readonly now: Date;
}

/**
 * Takes the schedule's row until the transaction ends, if it is still due and nobody else has it. The environment's row
 * comes first, as in an apply: what is read afterwards is of one revision, and neither waits for the other in a circle.
 */
export async function lockSchedule(
  trx: StoreTransaction,
  { id, environment }: DueSchedule,
  now?: Date,
): Promise<LockedSchedule | undefined> {
  await holdRevision(trx, environment);
  const { rows } = await sql<LockedSchedule>`
    select id, environment, name, decided_at, changed_at, timing,
      coalesce(${now ?? null}::timestamptz, clock_timestamp()) as now
    from schedule
    where id = ${id} and next_at <= coalesce(${now ?? null}::timestamptz, clock_timestamp())
    for update skip locked`.execute(trx);
  return rows[0];
}

export interface SettledSchedule {
  readonly id: number;
  readonly decidedAt: Date;
  readonly timing: string | undefined;
  readonly next: { readonly tick: Date; readonly at: Date } | undefined;
  /** Times that were missed, to be added. */
  readonly missed: number;
}

/** Says what is decided of the schedule, and when it is to be looked at again. */
export async function settleSchedule(trx: StoreTransaction, settled: SettledSchedule): Promise<void> {
  await sql`
    update schedule set decided_at = ${settled.decidedAt}, timing = ${settled.timing ?? null},
      next_tick = ${settled.next?.tick ?? null}, next_at = ${settled.next?.at ?? null},
      missed = missed + ${settled.missed}
    where id = ${settled.id}`.execute(trx);
}

/** Leaves the schedule as it is for a moment: what went wrong may pass. */
export async function postponeSchedule(db: Kysely<Tables>, id: number, ms: number): Promise<void> {
  await sql`
    update schedule set next_at = greatest(next_at, clock_timestamp() + ${ms} * interval '1 millisecond')
    where id = ${id} and next_at is not null`.execute(db);
}

export interface NewTick {
  readonly schedule: number;
  readonly tick: Date;
  readonly outcome: 'started' | 'skipped' | 'missed' | 'failed';
  readonly times: number;
  readonly run?: string;
  readonly error?: RunFailure;
  readonly by?: string;
}

/** The newest times of a schedule that are kept. */
const ticksMax = 1_000;

/** Writes what became of a time. False: something had already. */
export async function recordTick(trx: StoreTransaction, tick: NewTick): Promise<boolean> {
  const { rows } = await sql`
    insert into tick (schedule, tick, outcome, times, run, error, by)
    values (${tick.schedule}, ${tick.tick}, ${tick.outcome}, ${tick.times}, ${tick.run ?? null},
      ${tick.error === undefined ? null : JSON.stringify(tick.error)}::json, ${tick.by ?? null})
    on conflict (schedule, tick) do nothing
    returning tick`.execute(trx);
  if (rows.length === 0) return false;
  await sql`
    delete from tick where schedule = ${tick.schedule} and tick < (
      select tick from tick where schedule = ${tick.schedule} order by tick desc offset ${ticksMax} limit 1
    )`.execute(trx);
  return true;
}

/** Whether something came of a time already. */
export async function isDecided(trx: StoreTransaction, at: Pick<NewTick, 'schedule' | 'tick'>): Promise<boolean> {
  const { rows } = await sql`select from tick where schedule = ${at.schedule} and tick = ${at.tick}`.execute(trx);
  return rows.length > 0;
}

/** Runs of the schedule that have not ended, or may be started again by themselves; the oldest first. */
export async function openRunsOfSchedule(trx: StoreTransaction, schedule: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id from tick t join run r on r.id = t.run
    where t.schedule = ${schedule} and t.outcome = 'started'
      and (r.ended_at is null or ${sql.raw(awaitsRetry('r'))})
    order by r.created_at, r.id`.execute(trx);
  return rows.map(({ id }) => id);
}
