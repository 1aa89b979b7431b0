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
}

export const runColumns = `r.id, r.environment, r.namespace, r.system, r.revision, r.bundle, r.pool, r.state, r.input, r.output,
  r.error, r.fence, r.crashes, r.cancel_requested_at, r.created_at, r.started_at, r.ended_at`;

/** Reads one run; `run.unknown` when there is none. */
export async function readRun(database: Pick<Database, 'db'>, id: string): Promise<RunRow> {
  const text = `select ${runColumns} from run r where r.id = $1`;
  const [row] = isUuid(id) ? await rowsOf<RunRow>(database.db, { name: 'read_run', text }, [id]) : [];
  if (row === undefined) throw unknownRun(id);
  return row;
}

const cancelText = `
update run r set ${stoppedText('cancel', { code: `'run.cancelled'`, message: `'The run was cancelled.'` })}
where r.id = $1 and r.ended_at is null
returning ${runColumns}`;

/** Ends a run that nobody executes; asks the worker of one that is executed, which hears it within a second. */
export async function cancelRun(database: Pick<Database, 'db'>, id: string): Promise<RunRow> {
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
