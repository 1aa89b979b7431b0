import type { Tier } from '../manifest/bundle-world.ts';
import type { OwnedRun, Reaped, WorkerIdentity } from '../run/executor.ts';
import type { Database, Session } from './database-port.ts';
import { awaitsRetry } from './run.ts';
import { rowsOf } from './statement.ts';

/** A run that was there when so many workers died is taken out of the queue. */
export const crashesMax = 3;

/** The last 16 hex digits of a random id: the key of the session lock that says "this worker lives". */
const lockKey = `('x' || right(replace(%id::text, '-', ''), 16))::bit(64)::bigint`;

/**
 * Takes the worker's session lock, where there is a server, then its row: in this order, because a row without a
 * lock is a dead worker.
 */
export async function enlistWorker(
  database: Database,
  session: Session,
  worker: WorkerIdentity & { readonly leaseMs: number },
): Promise<void> {
  await holdSessionLock(database, session, worker.id);
  const text = `insert into worker (id, host, pid, version, backend_pid, pool, slots, lease_until)
    values ($1, $2, $3, $4, pg_backend_pid(), $7, $5, now() + $6 * interval '1 millisecond')`;
  const { id, host, pid, version, slots, leaseMs, pool = 'default' } = worker;
  const values = [id, host, pid, version, slots, leaseMs, pool];
  await rowsOf(session.db, { name: 'enlist_worker', text }, values);
}

/** Takes the lock again on a new connection, after the old one was lost. */
export async function holdSessionLock(database: Database, session: Session, worker: string): Promise<void> {
  if (database.kind === 'embedded') return;
  const text = `select pg_advisory_lock(${lockKey.replace('%id', '$1::uuid')})`;
  await rowsOf(session.db, { name: 'hold_session_lock', text }, [worker]);
}

/** What a worker uses, as shares of 1. */
export interface Load {
  readonly cpu: number;
  readonly memory: number;
}

/** One row, on the lease's own connection. False: the row is gone, the lease is lost. */
export async function renewWorker(
  session: Session,
  worker: string,
  { leaseMs, load }: { readonly leaseMs: number; readonly load?: Load },
): Promise<boolean> {
  const text = `update worker set lease_until = now() + $2 * interval '1 millisecond', heard_at = now(),
    cpu = coalesce($3, cpu), memory = coalesce($4, memory) where id = $1 returning id`;
  const values = [worker, leaseMs, load?.cpu ?? null, load?.memory ?? null];
  return (await rowsOf(session.db, { name: 'renew_worker', text }, values)).length === 1;
}

const retireText = `
with gone as materialized (
  select id from worker where id = $1 for update
), left_over as materialized (
  select r.id from run r join gone on r.owner = gone.id order by r.id for no key update of r
), returned as (
  update run r set state = 'Queued', owner = null, fence = r.fence + 1 from left_over l where r.id = l.id
)
delete from worker w using gone where w.id = gone.id`;

/** Ends a worker in good order: what it still owns is ready again, and nothing counts as a crash. */
export async function retireWorker(database: Database, worker: string): Promise<void> {
  await rowsOf(database.db, { name: 'retire_worker', text: retireText }, [worker]);
}

/**
 * A worker is dead when its lease ran out or, faster, when the session lock that it holds while it lives can be had.
 * Neither counts before the server was up for the length of a lease: after a restart every session is new, and no
 * lease could be renewed while it was down. On the embedded database whoever is not this process is dead.
 */
const reapText = `
with dead as materialized (
  select w.id, w.host, w.pid from worker w
  where case
    when $3::boolean then w.id <> all ($4::uuid[])
    when pg_postmaster_start_time() > now() - $1 * interval '1 millisecond' then false
    when w.lease_until < now() then true
    else pg_try_advisory_xact_lock(${lockKey.replace('%id', 'w.id')})
  end
  order by w.id for update skip locked
), orphan as materialized (
  select r.id, d.host, d.pid from run r join dead d on r.owner = d.id order by r.id for no key update of r
), returned as (
  update run r set
    owner = null, fence = r.fence + 1, crashes = r.crashes + 1,
    state = case when r.crashes + 1 >= $2 then 'DeadLetter' else 'Queued' end,
    ended_at = case when r.crashes + 1 >= $2 then now() end,
    error = case when r.crashes + 1 >= $2 then json_build_object('code', 'run.dead_letter', 'message',
      format('%s workers died while they executed the run, the last one on %s (process %s).', r.crashes + 1, o.host, o.pid)) end
  from orphan o where r.id = o.id
  returning r.state, r.pool
), buried as (
  delete from worker w using dead d where w.id = d.id
), due as materialized (
  select id from run where state = 'Waiting' and run_at <= now() order by run_at limit 1000 for no key update skip locked
), promoted as (
  update run r set state = 'Queued', run_at = null, asked_at = null,
    deadline_at = r.deadline_at + coalesce(now() - r.asked_at, interval '0') from due where r.id = due.id returning r.pool
), lapsed as materialized (
  select id from approval where state in ('pending', 'approved') and expires_at <= now()
  order by expires_at limit 1000 for update skip locked
), unused as (
  update approval a set state = 'expired', decided_at = now(), reason = case a.state when 'pending'
    then 'Nobody decided in time.' else 'The call was not made in time.' end from lapsed l where a.id = l.id
), expired as materialized (
  select id from run where state = 'Queued' and deadline_at <= now()
  order by deadline_at limit 1000 for no key update skip locked
), ended as (
  update run r set state = 'TimedOut', ended_at = now(), run_at = null, error = json_build_object(
    'code', 'run.deadline', 'message', 'No worker took the run within its timeout.')
  from expired where r.id = expired.id returning r.id
)
select
  (select count(*) from dead) as workers,
  (select count(*) from returned where state = 'Queued') as requeued,
  (select count(*) from returned where state = 'DeadLetter') as "deadLettered",
  (select count(*) from promoted) as promoted,
  (select count(*) from ended) as "timedOut",
  array(select pool from returned where state = 'Queued' union select pool from promoted) as pools,
  exists (select from slot where released) as freed,
  exists (select from run where ${awaitsRetry('run')} and (retry_at is null or retry_at <= now())) as failed`;

export interface ReapedRows extends Reaped {
  /** Those with runs that are ready now. */
  readonly pools: readonly string[];
  /** A run of a concurrency key has ended, and somebody may be waiting for its slot. */
  readonly freed: boolean;
  /** Failed runs of tasks are to be looked at: another attempt may follow. */
  readonly failed: boolean;
}

/** Buries dead workers and promotes waiting runs that are due. `own`: the workers of this process. */
export async function reapWorkers(
  database: Database,
  options: { readonly leaseMs: number; readonly own: readonly string[] },
): Promise<ReapedRows> {
  const values = [options.leaseMs, crashesMax, database.kind === 'embedded', options.own];
  const [row] = await rowsOf<ReapedRows>(database.db, { name: 'reap', text: reapText, planned: 'always' }, values);
  return (
    row ?? {
      workers: 0,
      requeued: 0,
      deadLettered: 0,
      promoted: 0,
      timedOut: 0,
      pools: [],
      freed: false,
      failed: false,
    }
  );
}

/** The runs that a worker owns, with what should interrupt them. */
export async function readOwned(database: Database, worker: string): Promise<readonly OwnedRun[]> {
  const text = `select id as run, fence, case when cancel_requested_at is not null then 'cancelled'
      when deadline_at <= now() then 'overdue' when drain_requested_at is not null then 'drained' end as interrupted
    from run where owner = $1 and state = 'Running'`;
  return rowsOf<OwnedRun>(database.db, { name: 'read_owned', text }, [worker]);
}

export interface WorkerRow {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly pool: string;
  readonly slots: number;
  readonly running: number;
  readonly started_at: Date;
  readonly lease_until: Date;
  readonly live: boolean;
  /** `null`: it has not tried them yet. */
  readonly tiers: readonly Tier[] | null;
  readonly withheld: Readonly<Record<string, string>> | null;
}

/** Every worker with a row, oldest first. */
export async function readWorkers(database: Database): Promise<readonly WorkerRow[]> {
  const text = `select w.id, w.host, w.pid, w.version, w.pool, w.slots, w.started_at, w.lease_until, w.lease_until > now() as live,
    w.tiers, w.withheld,
    -- Runs of which only the end is still to be written take no slot.
    least(w.slots, (select count(*) from run r where r.owner = w.id and r.state = 'Running')) as running
    from worker w order by w.started_at, w.id`;
  return rowsOf<WorkerRow>(database.db, { name: 'read_workers', text }, []);
}
