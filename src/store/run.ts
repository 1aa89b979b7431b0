import { TerminalError } from '../errors.ts';
import { canonicalText } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Database } from './database-port.ts';
import type { RunFailure } from './json-column.ts';
import { rowsOf } from './statement.ts';

export interface NewRun {
  readonly id: string;
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** Fits the input schema of the bundle: the caller checked it. */
  readonly input: JsonObject;
  readonly idempotencyKey?: string;
  readonly submittedBy: string;
  readonly pool?: string;
  /** 0 to 9; 9 is highest. */
  readonly priority?: number;
}

export interface RunRow {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  readonly system: string;
  readonly revision: number;
  readonly bundle: string;
  readonly state: 'Queued' | 'Running' | 'Waiting' | 'Succeeded' | 'Failed' | 'Cancelled' | 'TimedOut' | 'DeadLetter';
  readonly input: JsonObject;
  readonly output: unknown;
  readonly error: RunFailure | null;
  readonly fence: number;
  readonly crashes: number;
  readonly cancel_requested_at: Date | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

export const runColumns = `r.id, r.environment, r.namespace, r.system, r.revision, r.bundle, r.state, r.input, r.output,
  r.error, r.fence, r.crashes, r.cancel_requested_at, r.created_at, r.started_at, r.ended_at`;

/**
 * Pins the revision and the bundle that are current now. The fair key is a virtual start time: a namespace's next run
 * starts one after its last queued one, but never before the earliest run that still waits, so that a namespace which
 * queued a thousand runs does not hold up another's first. Two submissions at once may get the same key: no matter.
 */
const submitText = `
insert into run as r (id, environment, namespace, system, revision, bundle, pool, priority, fair_key, deadline_at,
  idempotency_key, submitted_by, input)
select $1, e.name, split_part($3, '/', 1), $3, e.revision, b.digest, $7, $8,
  greatest(
    coalesce((select q.fair_key from run q where q.state = 'Queued' and q.crashes < 2 and q.pool = $7 and q.priority = $8
      order by q.fair_key limit 1), 0),
    coalesce((select q.fair_key from run q where q.state = 'Queued' and q.pool = $7
      and q.namespace = split_part($3, '/', 1) order by q.fair_key desc limit 1), 0) + 1
  ),
  now() + (b.content::json #>> '{limits,timeoutMs}')::bigint * interval '1 millisecond', $4, $5, $6::json
from environment e
join bundle_history h on h.environment = e.name and h.system = $3 and h.to_revision is null
join bundle b on b.digest = h.digest
where e.name = $2
on conflict (environment, system, idempotency_key) do nothing
returning ${runColumns}`;

/** Queues a run; the same idempotency key gives back the run that is there, whatever became of it. */
export async function submitRun(database: Database, run: NewRun): Promise<RunRow> {
  const { id, environment, system, idempotencyKey = null, submittedBy, pool = 'default', priority = 5 } = run;
  const input = JSON.stringify(run.input);
  const values = [id, environment, system, idempotencyKey, submittedBy, input, pool, priority];
  const [made] = await rowsOf<RunRow>(database.db, { name: 'submit_run', text: submitText }, values);
  if (made !== undefined) return made;
  const earlier =
    idempotencyKey === null ? undefined : await runOfKey(database, { environment, system, idempotencyKey });
  if (earlier === undefined) {
    throw new TerminalError(`AgentSystem/${system} is not live in the environment ${environment}.`, {
      code: 'run.system_unknown',
      help: 'Look at `pawl get AgentSystem`, and apply the commit that declares it.',
    });
  }
  if (canonicalText(earlier.input) === canonicalText(run.input)) return earlier;
  throw new TerminalError(`The idempotency key was used for run ${earlier.id}, which has another input.`, {
    code: 'run.idempotency_mismatch',
    help: 'Use a new key for a new input.',
    exit: 6,
  });
}

async function runOfKey(
  database: Database,
  key: { readonly environment: string; readonly system: string; readonly idempotencyKey: string },
): Promise<RunRow | undefined> {
  const text = `select ${runColumns} from run r where r.environment = $1 and r.system = $2 and r.idempotency_key = $3`;
  const values = [key.environment, key.system, key.idempotencyKey];
  return (await rowsOf<RunRow>(database.db, { name: 'run_of_key', text }, values))[0];
}

/** Reads one run; `run.unknown` when there is none. */
export async function readRun(database: Database, id: string): Promise<RunRow> {
  const text = `select ${runColumns} from run r where r.id = $1`;
  const [row] = isUuid(id) ? await rowsOf<RunRow>(database.db, { name: 'read_run', text }, [id]) : [];
  if (row === undefined) throw unknownRun(id);
  return row;
}

const cancelText = `
update run r set
  cancel_requested_at = coalesce(r.cancel_requested_at, now()),
  state = case when r.state = 'Running' then r.state else 'Cancelled' end,
  ended_at = case when r.state = 'Running' then null else now() end,
  run_at = null,
  error = case when r.state = 'Running' then null
    else json_build_object('code', 'run.cancelled', 'message', 'The run was cancelled.') end
where r.id = $1 and r.ended_at is null
returning ${runColumns}`;

/** Ends a run that nobody executes; asks the worker of one that is executed, which hears it within a second. */
export async function cancelRun(database: Database, id: string): Promise<RunRow> {
  if (!isUuid(id)) throw unknownRun(id);
  const [row] = await rowsOf<RunRow>(database.db, { name: 'cancel_run', text: cancelText }, [id]);
  if (row !== undefined) return row;
  const ended = await readRun(database, id);
  throw new TerminalError(`Run ${id} has ended (${ended.state}); there is nothing to cancel.`, {
    code: 'run.ended',
    help: 'Submit a new run if the work is still wanted.',
    exit: 6,
  });
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

export function unknownRun(id: string): TerminalError {
  return new TerminalError(`No run has the id ${JSON.stringify(id.slice(0, 64))}.`, {
    code: 'run.unknown',
    help: 'Look at `pawl get runs`.',
  });
}
