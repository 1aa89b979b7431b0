import type { Kysely } from 'kysely';
import { isNoEval } from './eval-run.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** What is measured in an environment. Absent: nobody asked for it to be narrowed. */
export interface MetricScope {
  readonly environment: string;
  readonly windowMs: number;
  /** `namespace/name` each. */
  readonly systems?: readonly string[] | undefined;
  readonly pools?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
}

function valuesOf({ environment, windowMs, systems, pools, namespaces }: MetricScope): readonly unknown[] {
  return [environment, systems ?? null, pools ?? null, namespaces ?? null, windowMs];
}

const scoped = `r.environment = $1 and ($2::text[] is null or r.system = any($2))
  and ($3::text[] is null or r.pool = any($3)) and ($4::text[] is null or r.namespace = any($4))`;

const ended = `${scoped} and r.ended_at > now() - $5 * interval '1 millisecond'
  -- By the index on when runs began: one that took longer than a day is not among them.
  and r.created_at > now() - interval '1 day' - $5 * interval '1 millisecond'`;

/** Runs that ended in the window; nulls where none did. */
export interface EndedRuns {
  readonly runs: number;
  readonly failed: number;
  readonly deadLetters: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

export async function readEndedRuns(db: Kysely<Tables>, scope: MetricScope): Promise<EndedRuns> {
  const seconds = 'extract(epoch from r.ended_at - coalesce(r.started_at, r.created_at))';
  const text = `select count(*)::integer as runs, count(*) filter (where r.state <> 'Succeeded')::integer as failed,
      count(*) filter (where r.state = 'DeadLetter')::integer as "deadLetters",
      percentile_cont(0.5) within group (order by ${seconds})::double precision as p50,
      percentile_cont(0.99) within group (order by ${seconds})::double precision as p99
    from run r where ${ended} and ${isNoEval('r')}`;
  const [row] = await rowsOf<EndedRuns>(db, { name: 'metric_runs', text, planned: 'always' }, valuesOf(scope));
  return row ?? { runs: 0, failed: 0, deadLetters: 0, p50: null, p99: null };
}

/** Calls of models and tools that came to an end in the window. */
export interface EndedCalls {
  readonly calls: number;
  readonly failed: number;
  readonly denied: number;
  readonly tokens: number;
  readonly costUsd: number;
}

export async function readEndedCalls(db: Kysely<Tables>, scope: MetricScope): Promise<EndedCalls> {
  const text = `select count(*)::integer as calls,
      count(*) filter (where s.outcome in ('failed', 'unknown'))::integer as failed,
      count(*) filter (where s.outcome = 'denied')::integer as denied,
      coalesce(sum(coalesce(s.tokens_in, 0) + coalesce(s.tokens_out, 0)), 0)::double precision as tokens,
      (coalesce(sum(s.cost), 0) / 1000000.0)::double precision as "costUsd"
    from run r join step s on s.run = r.id
    where ${scoped} and (r.ended_at is null or r.ended_at > now() - $5 * interval '1 millisecond')
      and r.created_at > now() - interval '1 day' - $5 * interval '1 millisecond'
      and s.phase = 'result' and s.kind in ('model', 'tool') and s.at > now() - $5 * interval '1 millisecond'`;
  const [row] = await rowsOf<EndedCalls>(db, { name: 'metric_calls', text, planned: 'always' }, valuesOf(scope));
  return row ?? { calls: 0, failed: 0, denied: 0, tokens: 0, costUsd: 0 };
}

/** Runs as they are at this moment. */
export interface OpenRuns {
  readonly queued: number;
  /** 0: none is queued. */
  readonly oldestQueuedSeconds: number;
  readonly active: number;
}

export async function readOpenRunCounts(db: Kysely<Tables>, scope: MetricScope): Promise<OpenRuns> {
  const text = `select count(*) filter (where r.state = 'Queued')::integer as queued,
      coalesce(extract(epoch from now() - min(r.created_at) filter (where r.state = 'Queued')), 0)
        ::double precision as "oldestQueuedSeconds",
      count(*) filter (where r.state = 'Running')::integer as active
    from run r where ${scoped} and r.ended_at is null`;
  const values = valuesOf(scope).slice(0, 4);
  const [row] = await rowsOf<OpenRuns>(db, { name: 'metric_open', text, planned: 'always' }, values);
  return row ?? { queued: 0, oldestQueuedSeconds: 0, active: 0 };
}

export interface PendingApprovals {
  readonly pending: number;
  readonly oldestSeconds: number;
}

export async function readPendingApprovals(db: Kysely<Tables>, scope: MetricScope): Promise<PendingApprovals> {
  const text = `select count(*)::integer as pending,
      coalesce(extract(epoch from now() - min(a.created_at)), 0)::double precision as "oldestSeconds"
    from approval a join run r on r.id = a.run
    where a.environment = $1 and a.state = 'pending' and ${scoped}`;
  const values = valuesOf(scope).slice(0, 4);
  const [row] = await rowsOf<PendingApprovals>(db, { name: 'metric_approvals', text, planned: 'always' }, values);
  return row ?? { pending: 0, oldestSeconds: 0 };
}

/** 99th percentiles of what passes of controllers took in the window, in seconds; nulls where there was none. */
export interface PassSeconds {
  readonly pass: number | null;
  readonly plan: number | null;
  readonly apply: number | null;
}

export async function readPassSeconds(
  db: Kysely<Tables>,
  { environment, windowMs }: Pick<MetricScope, 'environment' | 'windowMs'>,
): Promise<PassSeconds> {
  const p99 = (column: string) => `(percentile_cont(0.99) within group (order by ${column}) / 1000)::double precision`;
  const text = `select ${p99('pass_ms')} as pass, ${p99('plan_ms')} as plan, ${p99('apply_ms')} as apply
    from pass where environment = $1 and at > now() - $2 * interval '1 millisecond'`;
  const [row] = await rowsOf<PassSeconds>(db, { name: 'metric_passes', text, planned: 'always' }, [
    environment,
    windowMs,
  ]);
  return row ?? { pass: null, plan: null, apply: null };
}

/** AlertRules of an environment's current revision, by address. */
export async function readAlertRules(
  db: Kysely<Tables>,
  environment: string,
): Promise<readonly { readonly address: string; readonly body: unknown }[]> {
  const text = `select h.address, s.body::json as body from resource_history h join spec s on s.digest = h.digest
    where h.environment = $1 and h.to_revision is null and h.address >= 'AlertRule/' and h.address < 'AlertRule0'
    order by h.address`;
  return rowsOf(db, { name: 'alert_rules', text }, [environment]);
}
