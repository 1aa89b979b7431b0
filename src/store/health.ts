import type { Kysely } from 'kysely';
import type { HealthSettings } from '../manifest/rules.ts';
import type { RollbackSummary } from './json-column.ts';
import { isNoEval } from './eval-run.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** An environment whose health nobody has decided on yet. */
export interface Observed {
  readonly environment: string;
  /** 0: nothing was ever applied. */
  readonly revision: number;
  /** That is live, and by now it may be a newer one than the revision's own. */
  readonly commit: string | null;
  readonly appliedAt: Date | null;
  readonly appliedBy: string | null;
  readonly now: Date;
  /** Of the rules that are live; null: they say nothing of it. */
  readonly settings: HealthSettings | null;
  readonly isSuspended: boolean;
  /** Of a rollback's own revision. */
  readonly rollback: RollbackSummary | null;
  /** It was found unhealthy for this reason, and a rollback is owed. */
  readonly owed: string | null;
  /** The newest revision before it that was found healthy. */
  readonly lastHealthy: number | null;
}

const observedText = `
select s.environment, coalesce(e.revision, 0) as revision, e.commit_id as commit, v.applied_at as "appliedAt",
  v.applied_by as "appliedBy", now() as now, e.rules::jsonb #> '{environment,health}' as settings,
  (s.suspended_at is not null and coalesce(s.suspended_until > clock_timestamp(), true)) as "isSuspended",
  v.summary -> 'rollback' as rollback, h.message as owed,
  (select max(p.revision) from revision_health p
    where p.environment = s.environment and p.revision < e.revision and p.verdict = 'healthy') as "lastHealthy"
from sync s
left join environment e on e.name = s.environment
left join revision v on v.environment = e.name and v.revision = e.revision
left join revision_health h on h.environment = e.name and h.revision = e.revision
where s.repository = $1 and case when coalesce(e.revision, 0) = 0
  then not exists (select from condition c where c.environment = s.environment and c.type = 'Healthy')
  else h.environment is null or h.rollback = 'owed' end
order by s.environment`;

/** Of a repository's environments those that are watched: a decided one costs a row of an index. */
export async function readObserved(db: Kysely<Tables>, repository: string): Promise<readonly Observed[]> {
  return rowsOf<Observed>(db, { name: 'health_observed', text: observedText, planned: 'always' }, [repository]);
}

/** A revision that is watched, and for how long. */
export interface Watched {
  readonly environment: string;
  readonly revision: number;
  readonly lastHealthy: number | null;
  readonly windowMs: number;
}

export interface CallersRuns {
  readonly environment: string;
  /** `before`: what ran in the same time right before the content came. */
  readonly side: 'before' | 'since';
  /** Who started them: a person, a schedule, a webhook. */
  readonly caller: string;
  readonly runs: number;
  readonly failed: number;
}

/** Runs looked at for each system and side, the newest: beyond it the share is the same. */
const runsMax = 2_000;

/**
 * The systems whose content came with the revision, or with one before it whose time was not over when it came; a
 * system that has what it had cannot be worse for the revision.
 */
const runsText = `
with watched as (
  select * from json_to_recordset($1::json)
    as w (environment text, revision bigint, "lastHealthy" bigint, "windowMs" double precision)
), changed as materialized (
  select w.environment, b.system, b.digest, came.applied_at as at, w."windowMs" * interval '1 millisecond' as span
  from watched w
  join revision v on v.environment = w.environment and v.revision = w.revision
  join bundle_history b on b.environment = w.environment and b.to_revision is null
    and b.from_revision > coalesce(w."lastHealthy", 0)
  join revision came on came.environment = w.environment and came.revision = b.from_revision
  where came.revision = w.revision or came.applied_at > v.applied_at - w."windowMs" * interval '1 millisecond'
), ended as (
  select c.environment, 'since' as side, r.submitted_by, r.state, r.error ->> 'code' as code
  from changed c cross join lateral (
    select submitted_by, state, error, bundle from run
    where ${isNoEval()} and environment = c.environment and system = c.system and ended_at >= c.at and ended_at is not null
    order by ended_at desc, id desc limit ${runsMax}) r
  where r.bundle = c.digest
  union all
  select c.environment, 'before', r.submitted_by, r.state, r.error ->> 'code'
  from changed c cross join lateral (
    select submitted_by, state, error from run
    where ${isNoEval()} and environment = c.environment and system = c.system and ended_at < c.at and ended_at >= c.at - c.span
    order by ended_at desc, id desc limit ${runsMax}) r
)
select environment, side, submitted_by as caller, count(*)::integer as runs,
  (count(*) filter (where state <> 'Succeeded'))::integer as failed
from ended
where state = 'Succeeded' or (state <> 'Cancelled'
  and not coalesce(split_part(code, '.', 1) = any ($2::text[]) or code = any ($3::text[]), false))
group by environment, side, submitted_by
union all
select distinct environment, 'since', '', 0, 0 from changed`;

/** Failures that are no revision's fault: whole families of codes, and single ones. */
export interface Excused {
  readonly areas: readonly string[];
  readonly codes: readonly string[];
}

/** Ended runs of what changed, by who started them. A row of nobody's says that anything changed at all. */
export async function readCallersRuns(
  db: Kysely<Tables>,
  watched: readonly Watched[],
  { areas, codes }: Excused,
): Promise<readonly CallersRuns[]> {
  const statement = { name: 'health_runs', text: runsText, planned: 'always' } as const;
  return rowsOf<CallersRuns>(db, statement, [JSON.stringify(watched), areas, codes]);
}

export interface PoolWorkers {
  readonly environment: string;
  readonly pool: string;
  /** It is never to be empty, or runs wait in it for over a minute. */
  readonly isNeeded: boolean;
  readonly live: number;
  /** Those of them that renewed their lease since the apply. */
  readonly heard: number;
}

/** Waiting runs looked at for each environment: one that waits is enough. */
const waitingMax = 1_000;

const poolsText = `
with watched as (
  select w.environment, v.applied_at from json_to_recordset($1::json) as w (environment text, revision bigint)
  join revision v on v.environment = w.environment and v.revision = w.revision
), pool as (
  select w.environment, case when (r.namespace, r.name) = ('default', 'default') then 'default'
      else r.namespace || '/' || r.name end as pool,
    coalesce((r.body #>> '{spec,minWorkers}')::integer > 0, false) as needed
  from watched w join resource r on r.environment = w.environment and r.kind = 'WorkerPool'
  union all
  select w.environment, 'default', false from watched w
  where exists (select from bundle_history b where b.environment = w.environment and b.to_revision is null)
  union all
  select w.environment, q.pool, true from watched w cross join lateral (
    select pool from run where environment = w.environment and ended_at is null and state = 'Queued' and not blocked
      and coalesce(run_at, created_at) < now() - interval '1 minute' limit ${waitingMax}) q
)
select p.environment, p.pool, p.needed as "isNeeded", count(k.id)::integer as live,
  (count(k.id) filter (where k.heard_at >= p.applied_at))::integer as heard
from (select p.environment, p.pool, bool_or(p.needed) as needed, max(w.applied_at) as applied_at
  from pool p join watched w using (environment) group by p.environment, p.pool) p
left join worker k on k.pool = p.pool and k.lease_until > now()
group by p.environment, p.pool, p.needed order by p.environment, p.pool`;

/** The pools of each environment: declared, of its systems that ask for nothing, and where its runs wait. */
export async function readPoolWorkers(
  db: Kysely<Tables>,
  watched: readonly Watched[],
): Promise<readonly PoolWorkers[]> {
  const statement = { name: 'health_pools', text: poolsText, planned: 'always' } as const;
  return rowsOf<PoolWorkers>(db, statement, [JSON.stringify(watched)]);
}

export interface Verdict {
  readonly environment: string;
  readonly revision: number;
  readonly verdict: 'healthy' | 'unhealthy' | 'unknown';
  readonly message: string;
  readonly rollback: 'none' | 'owed';
}

/** Decides once: whoever comes second changes nothing. */
export async function recordVerdict(db: Kysely<Tables>, decided: Verdict): Promise<void> {
  await db
    .insertInto('revision_health')
    .values(decided)
    .onConflict((conflict) => conflict.columns(['environment', 'revision']).doNothing())
    .execute();
}

/** What became of the rollback that was owed. */
export async function settleOwed(
  db: Kysely<Tables>,
  settled: { readonly environment: string; readonly revision: number; readonly rollback: 'done' | 'refused' },
): Promise<void> {
  await db
    .updateTable('revision_health')
    .set({ rollback: settled.rollback })
    .where('environment', '=', settled.environment)
    .where('revision', '=', settled.revision)
    .where('rollback', '=', 'owed')
    .execute();
}

/** What people did that a rollback by itself would undo, or that it would follow too soon. */
export interface InTheWay {
  readonly hasOverride: boolean;
  /** One of the revisions that would be withdrawn is a rollback. */
  readonly hasRollback: boolean;
  readonly isSoonAfterRollback: boolean;
}

export async function readInTheWay(
  db: Kysely<Tables>,
  { environment, to, windowMs }: { readonly environment: string; readonly to: number; readonly windowMs: number },
): Promise<InTheWay> {
  const text = `select
    exists (select from override where environment = $1 and (ended_at is null or revision > $2 or ended_revision > $2))
      as "hasOverride",
    exists (select from revision where environment = $1 and revision > $2 and summary ? 'rollback') as "hasRollback",
    exists (select from revision where environment = $1 and summary ? 'rollback'
      and applied_at > now() - $3 * interval '1 millisecond') as "isSoonAfterRollback"`;
  const [row] = await rowsOf<InTheWay>(db, { name: 'health_in_the_way', text }, [environment, to, windowMs]);
  return row ?? { hasOverride: true, hasRollback: true, isSoonAfterRollback: true };
}
