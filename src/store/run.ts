import { TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Database } from './database-port.ts';
import type { RunFailure } from './json-column.ts';
import { rowsOf } from './statement.ts';
import { stoppedText } from './stopped-run.ts';

export interface RunRow {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  readonly system: string;
  readonly revision: number;
  readonly bundle: string;
  readonly pool: string;
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
  /** When its task starts it again. */
  readonly retry_at: Date | null;
}

export const runColumns = `r.id, r.environment, r.namespace, r.system, r.revision, r.bundle, r.pool, r.state, r.input, r.output,
  r.error, r.fence, r.crashes, r.cancel_requested_at, r.created_at, r.started_at, r.ended_at, r.retry_at`;

/** Reads one run; `run.unknown` when there is none. */
export async function readRun(database: Pick<Database, 'db'>, id: string): Promise<RunRow> {
  const text = `select ${runColumns} from run r where r.id = $1`;
  const [row] = isUuid(id) ? await rowsOf<RunRow>(database.db, { name: 'read_run', text }, [id]) : [];
  if (row === undefined) throw unknownRun(id);
  return row;
}

const cancelText = toldText(`
update run r set ${stoppedText('cancel', { code: `'run.cancelled'`, message: `'The run was cancelled.'` })}
where r.id = $1 and r.ended_at is null
returning ${runColumns}`);

/** With who asked for it among the events of people; a schedule's or a policy's own doing is none. */
function toldText(update: string): string {
  return `with stopped as (${update}
), told as (
  insert into event (environment, actor, action, detail)
  select s.environment, $2, 'run.cancelled', jsonb_build_object('run', s.id, 'state', s.state) from stopped s
  where $2::text is not null
)
select * from stopped`;
}

/** Of a run of a task that ended without success: another attempt may follow. The index has this very condition. */
export function awaitsRetry(alias: string): string {
  return `${alias}.state in ('Failed', 'TimedOut') and ${alias}.cause ? 'retry' and not ${alias}.retry_over`;
}

const stayText = toldText(`
update run r set retry_at = null, retry_over = true, cancel_requested_at = now()
where r.id = $1 and ${awaitsRetry('r')}
returning ${runColumns}`);

/**
 * Ends a run that nobody executes; asks the worker of one that is executed, which hears it within a second. One that its
 * task would start again stays as it ended.
 */
export async function cancelRun(database: Pick<Database, 'db'>, id: string, by?: string): Promise<RunRow> {
  if (!isUuid(id)) throw unknownRun(id);
  const cancel = { name: 'cancel_run', text: cancelText };
  // Its next attempt may begin between the two.
  for (const statement of [cancel, { name: 'cancel_retry', text: stayText }, cancel]) {
    const [row] = await rowsOf<RunRow>(database.db, statement, [id, by ?? null]);
    if (row !== undefined) return row;
  }
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
