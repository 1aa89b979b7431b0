import { sha256 } from '../manifest/digest.ts';
import type { JournalEntry, RunEnd, RunWrite, WriteAnswer } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** Contents longer than this live in `blob`, so that the journal's pages hold many rows. */
const inlineBytesMax = 8_192;

/**
 * One statement for many runs. It locks the runs' rows in the order of their ids, which every other writer does too,
 * so that two batches never wait for each other; what does not come back had another owner or another fence. The lock
 * is lateral so that each row is found by its key: a plan kept from when the table was small would read all of it. An
 * intent whose decision looked at an older live revision is left out and named. A row that is there already is the
 * same row: the batch was sent again after its answer was lost.
 */
const writeText = `
with claimed as materialized (
  select r.*
  from (select * from unnest($1::uuid[], $2::bigint[], $3::uuid[]) as w (id, fence, owner) order by id) w
  cross join lateral (
    select r.id, r.environment, r.fence, r.cancel_requested_at is not null as cancelled,
      coalesce(r.deadline_at <= now(), false) as overdue
    from run r where r.id = w.id and r.fence = w.fence and r.owner = w.owner
    for no key update
  ) r
), held as materialized (
  select c.*, e.revision as live from claimed c join environment e on e.name = c.environment
), entry as materialized (
  select e.*, h.fence, e.phase = 'intent' and e.revision is distinct from h.live as conflict
  from unnest(
    $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
    $13::text[], $14::text[], $15::text[], $16::integer[], $17::integer[], $18::integer[], $19::bigint[], $20::text[],
    $21::bigint[]
  ) with ordinality as e (run, path, phase, node, kind, target, args_digest, decision, body, body_digest, outcome,
    error, tokens_reserved, tokens_in, tokens_out, cost, idempotency_key, revision, ord)
  join held h on h.id = e.run
), kept as (
  insert into blob (digest, body)
  select digest, body from unnest($22::text[], $23::text[]) as b (digest, body) order by digest
  on conflict do nothing
), written as (
  insert into step (run, path, phase, node, kind, target, fence, args_digest, decision, body, body_digest, outcome,
    error, tokens_reserved, tokens_in, tokens_out, cost, idempotency_key)
  select run, path, phase, node, kind, target, fence, args_digest, decision::json, body, body_digest, outcome,
    error::json, tokens_reserved, tokens_in, tokens_out, cost, idempotency_key
  from entry where not conflict order by ord
  on conflict (run, path, phase) do nothing
), waited as (
  insert into wait (run, path, kind, due_at)
  select w.run, w.path, w.kind, now() + w.delay * interval '1 millisecond'
  from unnest($24::uuid[], $25::text[], $26::text[], $27::bigint[]) as w (run, path, kind, delay)
  join held h on h.id = w.run
  on conflict (run, path) do nothing
), ended as (
  update run r set
    state = case when x.state = 'Waiting' and h.cancelled then 'Cancelled' else x.state end,
    owner = null,
    output = x.output::json,
    error = case when x.state = 'Waiting' and h.cancelled
      then json_build_object('code', 'run.cancelled', 'message', 'The run was cancelled.') else x.error::json end,
    run_at = case when x.state = 'Waiting'
      then least(now() + x.delay * interval '1 millisecond', case when x.delay is not null then r.deadline_at end) end,
    ended_at = case when x.state not in ('Queued', 'Waiting') or x.state = 'Waiting' and h.cancelled then now() end
  from unnest($28::uuid[], $29::text[], $30::text[], $31::text[], $32::bigint[]) as x (id, state, output, error, delay)
  join held h on h.id = x.id
  where r.id = x.id
)
select h.id, h.cancelled, h.overdue, h.live, c.paths as conflicts
from held h
left join (select run, array_agg(path) as paths from entry where conflict group by run) c on c.run = h.id`;

interface WriteRow {
  readonly id: string;
  readonly cancelled: boolean;
  readonly overdue: boolean;
  readonly live: number;
  readonly conflicts: readonly string[] | null;
}

/** Writes up to a batch of runs' entries and ends; answers in the order of `writes`, of which each is another run. */
export async function writeJournal(database: Database, writes: readonly RunWrite[]): Promise<readonly WriteAnswer[]> {
  const statement = { name: 'write_journal', text: writeText };
  const rows = await rowsOf<WriteRow>(database.db, statement, valuesOf(writes));
  const byRun = new Map(rows.map((row) => [row.id, row]));
  return writes.map((write) => {
    const row = byRun.get(write.run);
    if (row === undefined) return { kind: 'fenced' };
    const { cancelled, overdue, live, conflicts } = row;
    return { kind: 'accepted', conflicts: conflicts ?? [], liveRevision: live, cancelled, overdue };
  });
}

function valuesOf(writes: readonly RunWrite[]): readonly unknown[] {
  const blobs = new Map<string, string>();
  // One array per column, filled row by row: this is the hottest loop of a worker.
  const columns: unknown[][] = Array.from({ length: 18 }, () => []);
  for (const { run, entries } of writes) {
    for (const entry of entries) {
      const row = rowOf(run, entry, blobs);
      for (let at = 0; at < row.length; at += 1) columns[at]?.push(row[at]);
    }
  }
  return [
    writes.map((write) => write.run),
    writes.map((write) => write.fence),
    writes.map((write) => write.worker),
    ...columns,
    [...blobs.keys()],
    [...blobs.values()],
    ...waitValues(writes),
    ...endValues(writes),
  ];
}

/** In the order of the statement's columns. */
function rowOf(run: string, entry: JournalEntry, blobs: Map<string, string>): readonly unknown[] {
  const { path, phase, node, kind, argsDigest = null, decision, cost = null } = entry;
  const { body, digest } = placeBody(entry.body, blobs);
  const said = decision === undefined ? null : jsonText(decision);
  // A model may ask for a tool under any name, and text cannot hold a NUL.
  const target = entry.target.includes('\u0000') ? entry.target.replaceAll('\u0000', '\uFFFD') : entry.target;
  const call = [run, path, phase, node, kind, target, argsDigest, said, body, digest];
  if (entry.phase === 'intent') {
    const { tokensReserved, idempotencyKey = null, liveRevision } = entry;
    return [...call, null, null, tokensReserved, null, null, cost, idempotencyKey, liveRevision];
  }
  const { outcome, error, tokensIn = null, tokensOut = null } = entry;
  return [...call, outcome, error === undefined ? null : jsonText(error), null, tokensIn, tokensOut, cost, null, null];
}

function placeBody(
  body: string | undefined,
  blobs: Map<string, string>,
): { body: string | null; digest: string | null } {
  if (body === undefined) return { body: null, digest: null };
  if (body.length <= inlineBytesMax / 4 || Buffer.byteLength(body) <= inlineBytesMax) return { body, digest: null };
  const digest = sha256(body);
  blobs.set(digest, body);
  return { body: null, digest };
}

function waitValues(writes: readonly RunWrite[]): readonly unknown[] {
  const waits = writes.flatMap(({ run, end }) =>
    end?.kind === 'waiting' ? end.waits.map((wait) => ({ run, wait })) : [],
  );
  return [
    waits.map(({ run }) => run),
    waits.map(({ wait }) => wait.path),
    waits.map(({ wait }) => wait.kind),
    waits.map(({ wait }) => wait.delayMs ?? null),
  ];
}

const stateAfter = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
  timedOut: 'TimedOut',
  waiting: 'Waiting',
  released: 'Queued',
} as const satisfies Record<RunEnd['kind'], string>;

function endValues(writes: readonly RunWrite[]): readonly unknown[] {
  const ends = writes.flatMap(({ run, end }) => (end === undefined ? [] : [{ run, end }]));
  return [
    ends.map(({ run }) => run),
    ends.map(({ end }) => stateAfter[end.kind]),
    ends.map(({ end }) => (end.kind === 'succeeded' ? jsonText(end.output) : null)),
    ends.map(({ end }) => ('error' in end ? jsonText(end.error) : null)),
    ends.map(({ end }) => (end.kind === 'waiting' ? soonest(end.waits.map((wait) => wait.delayMs)) : null)),
  ];
}

function soonest(delays: readonly (number | undefined)[]): number | null {
  const known = delays.filter((delay) => delay !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

/** JSON text is ASCII-safe for the database: JSON.stringify escapes NUL and halves of surrogate pairs. */
function jsonText(value: unknown): string {
  return JSON.stringify(value);
}
