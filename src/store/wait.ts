import { RetryableError, TerminalError } from '../errors.ts';
import type { Json } from '../manifest/json.ts';
import type { WaitKind } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { isUuid, type RunRow, readRun, unknownRun } from './run.ts';
import { rowsOf } from './statement.ts';

export interface Resolution {
  readonly run: string;
  readonly path: string;
  /** `again` closes the call as unknown, so that the next attempt gets a path and a decision of its own. */
  readonly as: 'done' | 'failed' | 'again';
  readonly output?: Json;
  readonly by: string;
}

/**
 * Writes the result that the worker could not, and makes the run ready when no other call of it is unknown. The time
 * that the run waited for a person is given back to its deadline.
 */
const resolveText = `
with waiting as materialized (
  select r.id, r.environment, r.fence, w.path, w.created_at from run r join wait w on w.run = r.id
  where r.id = $1 and r.state = 'Waiting' and w.path = $2 and w.kind = 'unknown' and w.resolution is null
  for no key update of r, w
), said as (
  insert into event (environment, actor, action, detail)
  select environment, $3::jsonb ->> 'by', 'call.resolved',
    jsonb_build_object('run', id, 'path', path, 'as', $3::jsonb ->> 'as') from waiting
), resolved as (
  update wait w set resolution = $3::jsonb from waiting where w.run = waiting.id and w.path = waiting.path
), written as (
  insert into step (run, path, phase, node, kind, target, fence, args_digest, outcome, body, error, tokens_in, tokens_out, cost)
  select s.run, s.path, 'result', s.node, s.kind, s.target, waiting.fence, s.args_digest, $4, $5, $6::json, 0, 0, s.cost
  from waiting join step s on s.run = waiting.id and s.path = waiting.path and s.phase = 'intent'
)
update run r set
  state = case when o.others then r.state else 'Queued' end,
  deadline_at = case when o.others then r.deadline_at else r.deadline_at + (now() - waiting.created_at) end,
  asked_at = case when o.others then r.asked_at end
from waiting, lateral (
  select exists (select from wait w where w.run = waiting.id and w.kind = 'unknown' and w.resolution is null
    and w.path <> waiting.path) as others
) o
where r.id = waiting.id
returning r.id`;

/** Says what became of a call whose outcome is unknown. */
export async function resolveUnknown(database: Database, resolution: Resolution): Promise<RunRow> {
  if (!isUuid(resolution.run)) throw unknownRun(resolution.run);
  const record = JSON.stringify({ as: resolution.as, by: resolution.by, at: new Date().toISOString() });
  const outcome = resolution.as === 'again' ? 'unknown' : resolution.as;
  const body = resolution.as === 'done' ? JSON.stringify(resolution.output ?? null) : null;
  const values = [resolution.run, resolution.path, record, outcome, body, errorOf(resolution)];
  const [row] = await rowsOf(database.db, { name: 'resolve_unknown', text: resolveText }, values);
  const run = await readRun(database, resolution.run);
  if (row === undefined) throw refusal(run, resolution.path);
  return run;
}

function errorOf(resolution: Resolution): string | null {
  if (resolution.as === 'done') return null;
  const message =
    resolution.as === 'failed'
      ? `${resolution.by} says that the call failed.`
      : `${resolution.by} says that the call is to be made again.`;
  return JSON.stringify({ code: 'call.resolved', message, retryable: false });
}

function refusal(run: RunRow, path: string): Error {
  if (run.ended_at !== null) {
    return new TerminalError(`Run ${run.id} has ended (${run.state}); there is nothing to resolve.`, {
      code: 'run.ended',
      exit: 6,
    });
  }
  const message = `Run ${run.id} (${run.state}) does not wait for the outcome of a call at ${JSON.stringify(path.slice(0, 200))}.`;
  const help = 'Look at the waits of `pawl get runs`, and try again when the run waits.';
  if (run.state === 'Running') return new RetryableError(message, { code: 'run.not_waiting', help });
  return new TerminalError(message, { code: 'run.not_waiting', help });
}

export interface OpenWait {
  readonly run: string;
  readonly path: string;
  readonly kind: WaitKind;
  readonly due_at: Date | null;
}

/** What some waiting runs wait for. */
export async function readOpenWaits(database: Database, runs: readonly string[]): Promise<readonly OpenWait[]> {
  const text = `select run, path, kind, due_at from wait
    where run = any ($1::uuid[]) and resolution is null and (kind = 'unknown' or due_at > now()) order by run, created_at, path`;
  return rowsOf<OpenWait>(database.db, { name: 'read_open_waits', text }, [runs]);
}
