import { TerminalError } from '../errors.ts';
import type { queueCodes } from '../run/queue-codes.ts';
import type { Requirements } from '../run/pool.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { readmitKeyed } from './concurrency.ts';
import type { Database } from './database-port.ts';
import { prepareRun } from './prepare-run.ts';
import { readRoute } from './route.ts';
import { isUuid, readRun, type RunRow, runColumns, unknownRun } from './run.ts';
import { rowsOf } from './statement.ts';
import { submitRun } from './submit.ts';
import { inTransaction } from './transaction.ts';

/** A run that somebody starts again. */
export interface Retry {
  readonly run: string;
  readonly by: string;
}

/** What a run begins anew with, whoever starts it again; `b` is its bundle. */
export const requeuedText = `
  state = 'Queued', ended_at = null, run_at = null, output = null, error = null, asked_at = null,
  cancel_requested_at = null, drain_requested_at = null, replaced_by = null,
  crashes = 0, retries = r.retries + 1, retried_fence = r.fence, fence = r.fence + 1,
  blocked = r.concurrency_key is not null,
  fair_key = next_fair_key(r.pool, r.priority, r.namespace)`;

export const ownDeadline = `now() + b.timeout_ms * interval '1 millisecond'`;

/**
 * Queues a run again that ended without success: what it has done stays done, its time begins anew, and the failures
 * that ended it may be tried again. It keeps what it is pinned to.
 */
const retryText = `
update run r set ${requeuedText}, retry_at = null, retry_over = false, deadline_at = ${ownDeadline}
from bundle b
where r.id = $1 and r.state in ('Failed', 'DeadLetter', 'TimedOut', 'Cancelled') and b.digest = r.bundle
returning ${runColumns}, r.concurrency_key`;

const actText = `insert into event (environment, actor, action, detail) values ($1, $2, 'run.retried', $3::jsonb)`;

/** Starts a run again from its journal. */
export async function retryRun(database: Database, { run, by }: Retry): Promise<RunRow> {
  if (!isUuid(run)) throw unknownRun(run);
  const retried = await inTransaction(database, async (trx) => {
    const statement = { name: 'retry_run', text: retryText, planned: 'always' } as const;
    const [row] = await rowsOf<RunRow & { readonly concurrency_key: string | null }>(trx, statement, [run]);
    if (row === undefined) return undefined;
    const { environment, system, concurrency_key: key } = row;
    const detail = JSON.stringify({ run });
    await rowsOf(trx, { name: 'record_retry', text: actText }, [environment, by, detail]);
    if (key !== null) await readmitKeyed(trx, { environment, system, key });
    return row;
  });
  if (retried !== undefined) return retried;
  throw notRetryable(await readRun(database, run));
}

function notRetryable({ id, state }: RunRow): TerminalError {
  const code = 'run.not_retryable' satisfies keyof typeof queueCodes;
  const help =
    state === 'Succeeded' ? 'Use --from-start to do the work once more.' : 'Wait for its end, or cancel it first.';
  return new TerminalError(`Run ${id} is ${state}; only a run that ended without success can be started again.`, {
    code,
    help,
    exit: 6,
  });
}

/** Starts a new run with the input of an earlier one, pinned to what is live now, whatever became of that one. */
export async function runAgain(database: Database, { run, by }: Retry, id: string): Promise<RunRow> {
  if (!isUuid(run)) throw unknownRun(run);
  const text = `select environment, system, input, priority, requires, session from run where id = $1`;
  const [old] = await rowsOf<EarlierRow>(database.db, { name: 'read_again', text }, [run]);
  if (old === undefined) throw unknownRun(run);
  const { environment, system, input, priority, requires, session } = old;
  const route = await readRoute(database.db, { environment, system, input, id });
  const prepared = await prepareRun(database.db, {
    id,
    environment,
    system,
    input,
    submittedBy: by,
    priority,
    retriedFrom: run,
    ...(requires === null ? {} : { requires }),
    ...(session === null ? {} : { session }),
    ...(route?.pin === undefined ? {} : { pin: route.pin }),
  });
  return submitRun(database, prepared);
}

interface EarlierRow {
  readonly environment: string;
  readonly system: string;
  readonly input: JsonObject;
  readonly priority: number;
  readonly requires: (Requirements & { readonly [more: string]: Json }) | null;
  readonly session: string | null;
}

export interface DeadLetters {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem; absent: of all. */
  readonly system?: string;
  readonly limit: number;
}

/** The dead letters of an environment, the oldest first. */
export async function readDeadLetters(database: Database, filter: DeadLetters): Promise<readonly string[]> {
  const text = `select id from run where environment = $1 and state = 'DeadLetter' and ended_at is not null
    and ($2::text is null or system = $2) order by ended_at, id limit $3`;
  const statement = { name: 'read_dead_letters', text, planned: 'always' } as const;
  const { environment, system = null, limit } = filter;
  const rows = await rowsOf<{ readonly id: string }>(database.db, statement, [environment, system, limit]);
  return rows.map(({ id }) => id);
}
