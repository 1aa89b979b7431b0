import { type Kysely, type Selectable, sql } from 'kysely';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { listAt } from '../manifest/manifest-reference.ts';
import type { RolloutPlan, SideFigures } from '../policy/rollout.ts';
import type { Database } from './database-port.ts';
import { isNoEval } from './eval-run.ts';
import { recordEvent } from './event.ts';
import type { Rollout, Tables } from './tables.gen.ts';
import { inTransaction } from './transaction.ts';

export type OpenState = 'progressing' | 'paused' | 'aborted';
export type RolloutState = OpenState | 'done' | 'reverted' | 'superseded' | 'removed';

export interface Side {
  /** Digest of the bundle. */
  readonly bundle: string;
  readonly revision: number;
}

export interface RolloutRow {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly plan: RolloutPlan;
  readonly from: Side;
  readonly to: Side;
  readonly step: number;
  readonly weight: number;
  readonly state: RolloutState;
  readonly reason: string;
  /** Counts changes of the row. */
  readonly changes: number;
  readonly startedAt: Date;
  readonly stepSince: Date;
  readonly endedAt: Date | undefined;
}

/** The newest rollout of each system, those under way first. */
export async function listRollouts(db: Kysely<Tables>, environment: string): Promise<readonly RolloutRow[]> {
  const rows = await db
    .selectFrom('rollout')
    .selectAll()
    .where('environment', '=', environment)
    .orderBy((order) => order.fn('coalesce', ['ended_at', sql`'infinity'::timestamptz`]), 'desc')
    .orderBy('system')
    .limit(1_000)
    .execute();
  return rows.map(rolloutRow);
}

/** Those of an environment that are under way. */
export async function readOpenRollouts(db: Kysely<Tables>, environment: string): Promise<readonly RolloutRow[]> {
  const rows = await db
    .selectFrom('rollout')
    .selectAll()
    .where('environment', '=', environment)
    .where('ended_at', 'is', null)
    .execute();
  return rows.map(rolloutRow);
}

/** Rollouts of all environments that may come to something by themselves, with the database's time. */
export async function rolloutsToJudge(
  db: Kysely<Tables>,
  limit: number,
): Promise<{ readonly rollouts: readonly RolloutRow[]; readonly now: Date }> {
  const { rows } = await sql<StoredRollout & { readonly now: Date }>`
    select r.*, clock_timestamp() as now from rollout r
    where r.ended_at is null and r.state <> 'aborted'
    order by r.environment, r.system limit ${limit}`.execute(db);
  return { rollouts: rows.map(rolloutRow), now: rows[0]?.now ?? new Date(0) };
}

type StoredRollout = Selectable<Rollout>;

function rolloutRow(row: StoredRollout): RolloutRow {
  return {
    environment: row.environment,
    system: row.system,
    plan: storedPlan(row.plan),
    from: { bundle: row.from_bundle, revision: row.from_revision },
    to: { bundle: row.to_bundle, revision: row.to_revision },
    step: row.step,
    weight: row.weight,
    state: row.state as RolloutState,
    reason: row.reason,
    changes: row.changes,
    startedAt: row.started_at,
    stepSince: row.step_since,
    endedAt: row.ended_at ?? undefined,
  };
}

/** Apply alone writes it, from a manifest that was validated. */
function storedPlan(plan: Json): RolloutPlan {
  if (!isJsonObject(plan) || listAt(plan, 'steps').length === 0)
    throw new TypeError('the plan of a rollout has no steps');
  return plan as unknown as RolloutPlan;
}

/** The newest runs that are looked at. */
const runsMin = 20_000;
const runsMax = 1_000_000;

/**
 * What came of both sides' runs that ended since the step began, the newest first. As many rows are looked at as should
 * hold twice the runs that the analysis waits for, whatever the system's load.
 */
export async function readFigures(
  db: Kysely<Tables>,
  rollout: RolloutRow,
): Promise<Record<'from' | 'to', SideFigures>> {
  const { environment, system, from, to, stepSince, plan, step, weight } = rollout;
  const minRuns = plan.steps[step]?.analysis?.minRuns ?? 0;
  const looked = Math.min(runsMax, Math.max(runsMin, (minRuns * 200) / Math.max(1, weight)));
  const { rows } = await sql<{ bundle: string; runs: number; failed: number; latency_ms: number | null }>`
    select bundle, count(*)::integer as runs, (count(*) filter (where state <> 'Succeeded'))::integer as failed,
      percentile_disc(0.95) within group (order by extract(epoch from ended_at - coalesce(started_at, created_at)) * 1000)
        ::double precision as latency_ms
    from (
      select bundle, state, created_at, started_at, ended_at from run
      where environment = ${environment} and system = ${system} and ended_at is not null and ended_at >= ${stepSince} and ${sql.raw(isNoEval())}
      order by ended_at desc, id desc limit ${Math.ceil(looked)}
    ) ended
    where state <> 'Cancelled' and bundle in (${from.bundle}, ${to.bundle})
    group by bundle`.execute(db);
  const of = (bundle: string): SideFigures => {
    const row = rows.find((one) => one.bundle === bundle);
    if (row === undefined) return { runs: 0, failed: 0 };
    const { runs, failed, latency_ms: latencyMs } = row;
    return { runs, failed, ...(latencyMs === null ? {} : { latencyMs }) };
  };
  return { from: of(from.bundle), to: of(to.bundle) };
}

export interface RolloutChange {
  readonly state: 'progressing' | 'paused' | 'aborted' | 'done';
  readonly step: number;
  readonly weight: number;
  readonly reason: string;
  /** Of the record of it: `rollout.aborted`. */
  readonly action: string;
  readonly actor: string;
}

/** Changes the row and records it, if the row is what the change was decided on. False: somebody came first. */
export function changeRollout(database: Database, row: RolloutRow, change: RolloutChange): Promise<boolean> {
  const { environment, system, changes } = row;
  const { state, step, weight, reason, action, actor } = change;
  return inTransaction(database, async (trx) => {
    const { rows } = await sql`
      update rollout set state = ${state}, step = ${step}, weight = ${weight}, reason = ${reason},
        changes = changes + 1, step_since = clock_timestamp(),
        ended_at = case when ${state}::text = 'done' then clock_timestamp() end
      where environment = ${environment} and system = ${system} and changes = ${changes} and ended_at is null
      returning system`.execute(trx);
    if (rows.length === 0) return false;
    const detail: JsonObject = { system, step, weight, from: row.from.revision, to: row.to.revision };
    await recordEvent(trx, { environment, actor, action, detail: reason === '' ? detail : { ...detail, reason } });
    return true;
  });
}
