import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../controller/planning.ts';
import { sha256 } from '../manifest/digest.ts';
import { desiredWorkers as wantedWorkers } from '../run/scaling.ts';
import { readActivity, readQueues, type SystemActivity } from '../store/activity.ts';
import type { Database } from '../store/database.ts';
import { readPoolStates } from '../store/pool-state.ts';
import { readRunDetail, readWaitDetails, type RunDetailRow } from '../store/run-detail.ts';
import { listRuns } from '../store/run-list.ts';
import { readWorkers } from '../store/worker.ts';
import { readTierStandings } from '../store/worker-tiers.ts';
import { heldBack } from '../run/tier-standing.ts';
import type { RunRecord } from './operations.ts';
import type {
  RunChangesRequest,
  RunOperations,
  RunsRequest,
  RunStanding,
  TopRecord,
  TopSystem,
} from './operations-run.ts';
import { runEvents } from './local-event.ts';
import { runRecords } from './records.ts';

const windowMs = 300_000;
/** How often a list that is watched is read. */
const lookMs = 500;

export interface RunReading extends RunOperations {
  runs(request: RunsRequest): Promise<readonly RunRecord[]>;
  runChanges(request: RunChangesRequest): Promise<{ readonly seen: string; readonly runs: readonly RunRecord[] }>;
}

/** `known` refuses the name of an environment that is neither declared nor live. */
export function runOperations({ database }: ControlPlane, known: (name: string) => Promise<string>): RunReading {
  const runs = async (request: RunsRequest) => runRecords(database, await listRuns(database, request));
  return {
    runs: async (request) => runs({ ...request, environment: await known(request.environment) }),
    runChanges: async (request) => {
      const { seen, waitMs, ...filter } = { ...request, environment: await known(request.environment) };
      const until = performance.now() + waitMs;
      for (;;) {
        const listed = await runs(filter);
        const now = digestOf(listed);
        if (now !== seen || performance.now() >= until) return { seen: now, runs: listed };
        await delay(Math.min(lookMs, Math.max(1, until - performance.now())));
      }
    },
    standing: (id) => standing(database, id),
    top: async (environment) => top(database, await known(environment)),
    runEvents: async (request) => runEvents(database, { ...request, environment: await known(request.environment) }),
  };
}

/** What a watcher would print a line for. */
function digestOf(runs: readonly RunRecord[]): string {
  return sha256(
    JSON.stringify(
      runs.map(({ id, state, error, waits, retryAt, held }) => [id, state, error?.code, waits, retryAt, held?.code]),
    ),
  );
}

async function standing(database: Database, id: string): Promise<RunStanding> {
  const [row, waits] = [await readRunDetail(database, id), await readWaitDetails(database, id)];
  const { owner, host, pid } = row;
  return {
    run: id,
    submittedBy: row.submitted_by,
    cause: row.cause ?? undefined,
    attempts: attemptsOf(row),
    retriedFrom: row.retried_from ?? undefined,
    pool: row.pool,
    priority: row.priority,
    idempotencyKey: row.idempotency_key ?? undefined,
    deadlineAt: row.deadline_at?.toISOString(),
    cancelRequestedAt: row.cancel_requested_at?.toISOString(),
    drainRequestedAt: row.drain_requested_at?.toISOString(),
    crashes: row.crashes,
    fence: row.fence,
    worker:
      owner === null || host === null || pid === null
        ? undefined
        : { id: owner, host, pid, live: row.lease_holds === true },
    pin: { bundle: row.bundle, state: pinState(row), liveRevision: row.live_revision },
    waits: waits.map((wait) => ({
      path: wait.path,
      kind: wait.kind,
      since: wait.created_at.toISOString(),
      dueAt: wait.due_at?.toISOString(),
      detail: wait.detail ?? undefined,
    })),
  };
}

function attemptsOf({
  attempt,
  attempts_max: max,
  retry_at: next,
  retry_over: over,
}: RunDetailRow): RunStanding['attempts'] {
  return max === null ? undefined : { number: attempt, max, next: next?.toISOString(), over };
}

function pinState({ bundle, live_bundle: live }: RunDetailRow): RunStanding['pin']['state'] {
  if (live === null) return 'gone';
  return live === bundle ? 'live' : 'replaced';
}

async function top(database: Database, environment: string): Promise<TopRecord> {
  const [systems, queues, workers, states] = await Promise.all([
    readActivity(database, { environment, windowMs }),
    readQueues(database),
    readWorkers(database),
    readPoolStates(database, environment),
  ]);
  const standingOf = await readTierStandings(
    database,
    queues.map(({ pool }) => ({ environment, pool })),
  );
  const live = workers.filter((worker) => worker.live);
  const sum = (of: (worker: (typeof live)[number]) => number) => live.reduce((total, one) => total + of(one), 0);
  return {
    environment,
    windowMs,
    pools: queues.map(({ pool, queued, oldest_ms: oldestMs }) => {
      const state = states.find((one) => one.pool.name === pool);
      const desiredWorkers = state && wantedWorkers(state.pool, state.measured);
      const standing = standingOf({ environment, pool });
      const held = standing && heldBack(standing);
      return { pool, queued, oldestMs: Math.round(oldestMs), desiredWorkers, held };
    }),
    workers: { live: live.length, slots: sum(({ slots }) => slots), running: sum(({ running }) => running) },
    systems: systems.map(topSystem),
  };
}

function topSystem(row: SystemActivity): TopSystem {
  const { tokens_in: tokensIn, tokens_out: tokensOut, p95_ms: p95, ...counts } = row;
  return { ...counts, tokensIn, tokensOut, p95Ms: p95 === null ? undefined : Math.round(p95) };
}
