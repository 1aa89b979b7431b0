import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** Runs, calls and money of one system in the last minutes. */
export interface SystemActivity {
  readonly system: string;
  readonly queued: number;
  readonly running: number;
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly dead: number;
  readonly steps: number;
  readonly tokens_in: number;
  readonly tokens_out: number;
  /** Micro-USD. */
  readonly cost: number;
  /** 95th percentile from start to end, of the runs that ended. */
  readonly p95_ms: number | null;
}

/** Beyond this many runs of a system only the newest are looked at: a screen is worth a second, not more. */
const runsMax = 5_000;

const activityText = `
with known as (
  select distinct system from bundle_history where environment = $1 and to_revision is null
  union select distinct system from run where environment = $1 and ended_at is null
), open as (
  select system,
    count(*) filter (where state = 'Queued') as queued,
    count(*) filter (where state = 'Running') as running,
    count(*) filter (where state = 'Waiting') as waiting
  from run where environment = $1 and ended_at is null group by system
)
select k.system, coalesce(o.queued, 0)::integer as queued, coalesce(o.running, 0)::integer as running,
  coalesce(o.waiting, 0)::integer as waiting,
  (count(*) filter (where r.state = 'Succeeded'))::integer as succeeded,
  (count(*) filter (where r.state in ('Failed', 'TimedOut')))::integer as failed,
  (count(*) filter (where r.state = 'DeadLetter'))::integer as dead,
  coalesce(sum(s.steps), 0)::integer as steps,
  coalesce(sum(s.tokens_in), 0)::float8 as tokens_in,
  coalesce(sum(s.tokens_out), 0)::float8 as tokens_out,
  coalesce(sum(s.cost), 0)::float8 as cost,
  percentile_disc(0.95) within group (order by extract(epoch from r.ended_at - r.started_at) * 1000)
    filter (where r.ended_at is not null) as p95_ms
from known k
left join open o on o.system = k.system
left join lateral (
  (select id, state, started_at, ended_at from run
    where environment = $1 and system = k.system and ended_at > now() - $2 * interval '1 millisecond'
    order by ended_at desc, id desc limit ${runsMax})
  union all
  (select id, state, started_at, ended_at from run
    where environment = $1 and system = k.system and ended_at is null and started_at is not null limit ${runsMax})
) r on true
left join lateral (
  select count(*) as steps, sum(tokens_in) as tokens_in, sum(tokens_out) as tokens_out, sum(cost) as cost
  from step where run = r.id and phase = 'result' and at > now() - $2 * interval '1 millisecond'
) s on true
group by k.system, o.queued, o.running, o.waiting
order by k.system`;

/** What each system did in the last `windowMs`; systems that are live or have open runs. */
export async function readActivity(
  database: Database,
  { environment, windowMs }: { readonly environment: string; readonly windowMs: number },
): Promise<readonly SystemActivity[]> {
  const statement = { name: 'activity', text: activityText, planned: 'always' } as const;
  return rowsOf<SystemActivity>(database.db, statement, [environment, windowMs]);
}

export interface QueueDepth {
  readonly pool: string;
  readonly queued: number;
  readonly oldest_ms: number;
}

/** How many runs wait for a worker in each pool, of all environments, and since when the oldest does. */
export async function readQueues(database: Database): Promise<readonly QueueDepth[]> {
  const text = `select pool, count(*)::integer as queued,
      greatest(0, extract(epoch from now() - min(created_at)) * 1000)::float8 as oldest_ms
    from run where state = 'Queued' group by pool order by pool`;
  return rowsOf<QueueDepth>(database.db, { name: 'queues', text, planned: 'always' }, []);
}
