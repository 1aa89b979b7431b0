import type { JsonObject } from '../manifest/json.ts';
import type { WaitKind } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { isUuid, unknownRun } from './run.ts';
import { rowsOf } from './statement.ts';

/** What a run's row says beside its state, and what is live of its system now. */
export interface RunDetailRow {
  readonly pool: string;
  readonly priority: number;
  readonly submitted_by: string;
  /** What began it: `kind` and what names that; null: somebody asked for the system itself. */
  readonly cause: JsonObject | null;
  /** The run whose input it has, where one was started again from the start. */
  readonly retried_from: string | null;
  readonly attempt: number;
  /** Attempts in all that its task allows. */
  readonly attempts_max: number | null;
  readonly retry_at: Date | null;
  readonly retry_over: boolean;
  readonly idempotency_key: string | null;
  readonly run_at: Date | null;
  readonly deadline_at: Date | null;
  readonly cancel_requested_at: Date | null;
  readonly drain_requested_at: Date | null;
  readonly fence: number;
  readonly crashes: number;
  readonly bundle: string;
  readonly live_revision: number;
  /** Digest of the system's bundle in force; null: live has no such system. */
  readonly live_bundle: string | null;
  readonly owner: string | null;
  readonly host: string | null;
  readonly pid: number | null;
  readonly lease_holds: boolean | null;
}

const detailText = `
select r.pool, r.priority, r.submitted_by, r.cause, r.retried_from, r.idempotency_key,
  r.attempt, (r.cause #>> '{retry,maxAttempts}')::integer as attempts_max, r.retry_at, r.retry_over, r.run_at, r.deadline_at, r.cancel_requested_at,
  r.drain_requested_at, r.fence, r.crashes, r.bundle, e.revision as live_revision, h.digest as live_bundle,
  r.owner, w.host, w.pid, w.lease_until > now() as lease_holds
from run r
join environment e on e.name = r.environment
left join bundle_history h on h.environment = r.environment and h.system = r.system and h.to_revision is null
left join worker w on w.id = r.owner
where r.id = $1`;

export async function readRunDetail(database: Database, id: string): Promise<RunDetailRow> {
  const [row] = isUuid(id)
    ? await rowsOf<RunDetailRow>(database.db, { name: 'run_detail', text: detailText }, [id])
    : [];
  if (row === undefined) throw unknownRun(id);
  return row;
}

export interface WaitDetailRow {
  readonly path: string;
  readonly kind: WaitKind;
  readonly due_at: Date | null;
  readonly detail: JsonObject | null;
  readonly created_at: Date;
}

/** What one run waits for, with what is asked of whom; nothing once it has ended, whatever it waited for then. */
export async function readWaitDetails(database: Database, id: string): Promise<readonly WaitDetailRow[]> {
  const text = `select w.path, w.kind, w.due_at, w.detail, w.created_at from wait w join run r on r.id = w.run
    where w.run = $1 and r.ended_at is null and w.resolution is null and (w.due_at is null or w.due_at > now())
    order by w.created_at, w.path`;
  return rowsOf<WaitDetailRow>(database.db, { name: 'wait_details', text }, [id]);
}
