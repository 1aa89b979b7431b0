import { sha256 } from '../manifest/digest.ts';
import type { JournalEntry, RunEnd, RunWrite, WriteAnswer } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** Contents longer than this live in `blob`, so that the journal's pages hold many rows. */
const inlineBytesMax = 8_192;

/**
 * One statement for many runs. It locks the runs' rows in the order of their ids, which every other writer does too,
 * so that two batches never wait for each other; what does not come back had another owner or another fence. An
 * intent whose decision looked at an older live revision is left out and named. A row that is there already is the
 * same row: the batch was sent again after its answer was lost.
 */
const writeText = `
with claimed as materialized (
  select r.id, r.environment, r.fence,
    r.cancel_requested_at is not null as cancelled,
    coalesce(r.deadline_at <= now(), false) as overdue
  from unnest($1::uuid[], $2::bigint[], $3::uuid[]) as w (id, fence, owner)
  join run r on r.id = w.id
  where r.fence = w.fence and r.owner = w.owner
  order by r.id
  for no key update of r
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
select h.id, h.cancelled, h.overdue, h.live,
  (select array_agg(e.path) from entry e where e.run = h.id and e.conflict) as conflicts
from held h`;

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
  const entries = writes.flatMap((write) => write.entries.map((entry) => ({ run: write.run, entry })));
  const blobs = new Map<string, string>();
  const bodies = entries.map(({ entry }) => placeBody(entry.body, blobs));
  const of = <T>(pick: (entry: JournalEntry) => T | undefined): (T | null)[] =>
    entries.map(({ entry }) => pick(entry) ?? null);
  const result = <T>(pick: (entry: Extract<JournalEntry, { phase: 'result' }>) => T | undefined): (T | null)[] =>
    of((entry) => (entry.phase === 'result' ? pick(entry) : undefined));
  const intent = <T>(pick: (entry: Extract<JournalEntry, { phase: 'intent' }>) => T | undefined): (T | null)[] =>
    of((entry) => (entry.phase === 'intent' ? pick(entry) : undefined));
  return [
    writes.map((write) => write.run),
    writes.map((write) => write.fence),
    writes.map((write) => write.worker),
    entries.map(({ run }) => run),
    of((entry) => entry.path),
    of((entry) => entry.phase),
    of((entry) => entry.node),
    of((entry) => entry.kind),
    // A model may ask for a tool under any name, and text cannot hold a NUL.
    of((entry) => entry.target.replaceAll('\u0000', '\uFFFD')),
    of((entry) => entry.argsDigest),
    of((entry) => (entry.decision === undefined ? undefined : jsonText(entry.decision))),
    bodies.map(({ body }) => body),
    bodies.map(({ digest }) => digest),
    result((entry) => entry.outcome),
    result((entry) => (entry.error === undefined ? undefined : jsonText(entry.error))),
    intent((entry) => entry.tokensReserved),
    result((entry) => entry.tokensIn),
    result((entry) => entry.tokensOut),
    of((entry) => entry.cost),
    intent((entry) => entry.idempotencyKey),
    intent((entry) => entry.liveRevision),
    [...blobs.keys()],
    [...blobs.values()],
    ...waitValues(writes),
    ...endValues(writes),
  ];
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
