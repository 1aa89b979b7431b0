import { sha256 } from '../manifest/digest.ts';
import { drained, type NewWait, type RunEnd, type RunWrite, type WriteAnswer } from '../run/executor.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import { replacedError } from './concurrency.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { consumedText } from './journal-approval.ts';
import { JournalTexts, textAt } from './journal-texts.ts';
import { rowsOf } from './statement.ts';
import { storable } from './storable.ts';

/** Contents longer than this live in `blob`, so that the journal's pages hold many rows. */
const inlineBytesMax = 8_192;
/** SQLSTATE. */
const uniqueViolation = '23505';

/** How runs end, or wait: a wait that was cancelled, drained, answered or lifted meanwhile is none. */
const endedText = `  update run r set
    state = case when x.state <> 'Waiting' then x.state when x.cancelled or x.drained then 'Cancelled'
      when x.goes_on then 'Queued' else x.state end,
    owner = null,
    output = x.output::json,
    error = case when r.replaced_by is not null and (x.state = 'Cancelled' or x.state = 'Waiting' and x.cancelled)
      then ${replacedError('r.replaced_by')}
      when x.state = 'Waiting' and x.cancelled
      then json_build_object('code', 'run.cancelled', 'message', 'The run was cancelled.')
      when x.state = 'Waiting' and x.drained
      then json_build_object('code', '${drained.code}', 'message', '${drained.message}') else x.error::json end,
    run_at = case when x.state = 'Waiting' and not x.goes_on
      then least(now() + x.delay * interval '1 millisecond',
        case when x.delay is not null and x.people is null then r.deadline_at end) end,
    asked_at = case when x.state = 'Waiting' and not x.goes_on and x.people then now() end,
    ended_at = case when x.state not in ('Queued', 'Waiting') or x.state = 'Waiting' and (x.cancelled or x.drained) then now() end
  from (
    select x.*, h.cancelled, h.drained, h.answered or coalesce(x.halt_epoch <> h.halt_epoch, false) as goes_on
    from json_to_recordset($5) as x (id uuid, state text, output text, error text, delay bigint, people boolean,
      halt_epoch bigint)
    join held h on h.id = x.id
    -- Every state: the planner takes it for a narrow range, and so looks each row up by its key. A plan that is kept
    -- from when the table was small would else read all of it for each batch. By bytes: in
    -- Estonian Z comes before T, and no run would wait.
    where x.state collate "C" between 'A' and 'Z'
  ) x
  where r.id = x.id`;

const notForked = `
      and not exists (
        select from json_to_recordset($6) as a (run uuid, seq integer, hash text)
        join audit b on b.run = a.run and b.seq = a.seq
        where a.run = r.id and b.hash <> a.hash
      )`;

const entryColumns = `run, path, phase, node, kind, target, args_digest, decision_at, decision_size, body_at, body_size,
    body_digest, outcome, error, tokens_reserved, tokens_in, tokens_out, cost, revision, halt_epoch`;

/**
 * One statement for many runs. It locks the runs' rows in the order of their ids, which every other writer does too,
 * so that two batches never wait for each other; what does not come back had another owner or another fence. The lock
 * is lateral so that each row is found by its key: a plan kept from when the table was small would read all of it. An
 * intent whose decision looked at an older live revision or at other halts is left out and named. A row that is there already is the
 * same row: the batch was sent again after its answer was lost. A record that would fork there is no such batch's: its
 * owner does not know what is durable, and is answered as one that lost the run.
 */
function writeText(sent: 'first' | 'again', approvals: 'some' | 'none' = 'none'): string {
  const isAgain = sent === 'again';
  const isApproved = approvals === 'some';
  return `
with claimed as materialized (
  select r.*
  from (select * from json_to_recordset($1) as w (id uuid, fence bigint, owner uuid) order by id) w
  cross join lateral (
    select r.id, r.environment, r.fence, r.cancel_requested_at is not null as cancelled,
      coalesce(r.deadline_at <= now(), false) as overdue, r.drain_requested_at is not null as drained, r.answered
    from run r where r.id = w.id and r.fence = w.fence and r.owner = w.owner${isAgain ? notForked : ''}
    for no key update
  ) r
), halted as materialized (
  -- After every lock of a run: who waits for one here would else hold up who halts.
  select current_halt_epoch() as halt_epoch from (select count(*) from claimed) c
), held as materialized (
  select c.*, e.revision as live, halted.halt_epoch
  from claimed c join environment e on e.name = c.environment cross join halted
), ${isApproved ? 'drafted' : 'entry'} as materialized (
  select e.*, h.fence, e.phase = 'intent' and (e.revision is distinct from h.live or e.halt_epoch is distinct from h.halt_epoch) as conflict
  from rows from (
    json_to_recordset($2) as (run uuid, path text, phase text, node text, kind text, target text, args_digest text,
      decision_at integer, decision_size integer, body_at integer, body_size integer, body_digest text, outcome text,
      error text, tokens_reserved integer, tokens_in integer, tokens_out integer, cost bigint, revision bigint,
      halt_epoch bigint${isApproved ? ', approval text, action_digest text, class_digest text' : ''})
  ) with ordinality as e (${entryColumns}${isApproved ? ', approval, action_digest, class_digest' : ''}, ord)
  join held h on h.id = e.run
${isApproved ? consumedText : ''}), kept as (
  insert into blob (digest, body)
  select digest, ${textAt('body', '$7')}
  from json_to_recordset($3) as b (digest text, body_at integer, body_size integer) order by digest
  on conflict do nothing
), written as (
  insert into step (run, path, phase, node, kind, target, fence, args_digest, decision, body, body_digest, outcome,
    error, tokens_reserved, tokens_in, tokens_out, cost)
  select run, path, phase, node, kind, target, fence, args_digest, ${textAt('decision', '$7')}::json,
    ${textAt('body', '$7')}, body_digest, outcome, error::json, tokens_reserved, tokens_in, tokens_out, cost
  from entry where not conflict order by ord
  ${isAgain ? 'on conflict (run, path, phase) do nothing' : ''}
), recorded as (
  insert into audit (run, seq, text, hash)
  select a.run, a.seq, ${textAt('a.text', '$7')}, a.hash
  from json_to_recordset($6) as a (run uuid, seq integer, text_at integer, text_size integer, hash text)
  join held h on h.id = a.run
  ${isAgain ? 'on conflict (run, seq) do nothing' : ''}
), waited as (
  insert into wait (run, path, kind, due_at, detail)
  select w.run, w.path, w.kind, now() + w.delay * interval '1 millisecond', w.detail::json
  from json_to_recordset($4) as w (run uuid, path text, kind text, delay bigint, detail text)
  join held h on h.id = w.run
  on conflict (run, path) do update set due_at = excluded.due_at, detail = excluded.detail, resolution = null
    where wait.kind in ('rate', 'halt')
), ended as (
${endedText}
)
select h.id, h.cancelled, h.overdue, h.drained, h.answered, h.live, c.paths as conflicts
from held h
left join (select run, array_agg(path) as paths from entry where conflict group by run) c on c.run = h.id`;
}

const first = { name: 'write_journal', text: writeText('first') } as const;
const again = { name: 'write_journal_again', text: writeText('again') } as const;
const firstApproved = { name: 'write_approved', text: writeText('first', 'some') } as const;
const againApproved = { name: 'write_approved_again', text: writeText('again', 'some') } as const;

interface WriteRow {
  readonly id: string;
  readonly cancelled: boolean;
  readonly overdue: boolean;
  readonly drained: boolean;
  readonly answered: boolean;
  readonly live: number;
  readonly conflicts: readonly string[] | null;
}

/** Writes up to a batch of runs' entries and ends; answers in the order of `writes`, of which each is another run. */
export async function writeJournal(database: Database, writes: readonly RunWrite[]): Promise<readonly WriteAnswer[]> {
  const rows = await rowsWritten(database, writes);
  const byRun = new Map(rows.map((row) => [row.id, row]));
  return writes.map((write) => {
    const row = byRun.get(write.run);
    if (row === undefined) return { kind: 'fenced' };
    const { cancelled, overdue, drained: isDrained, answered, live, conflicts } = row;
    const heard = { cancelled, overdue, drained: isDrained, answered };
    return { kind: 'accepted', conflicts: conflicts ?? [], liveRevision: live, ...heard };
  });
}

/** Rows are there already only when the answer of a batch was lost: only then is each looked for before its insert. */
async function rowsWritten({ db }: Database, writes: readonly RunWrite[]): Promise<readonly WriteRow[]> {
  const values = valuesOf(writes);
  const isApproved = writes.some(({ entries }) =>
    entries.some((entry) => entry.phase === 'intent' && entry.approval !== undefined),
  );
  try {
    return await rowsOf<WriteRow>(db, isApproved ? firstApproved : first, values);
  } catch (cause) {
    if (sqlStateOf(cause) !== uniqueViolation) throw cause;
    return rowsOf<WriteRow>(db, isApproved ? againApproved : again, values);
  }
}

/**
 * One JSON text for each record set of the statement: cheaper to write and to read than an array for each column. Long
 * texts are beside them, so that none is escaped.
 */
function valuesOf(writes: readonly RunWrite[]): readonly unknown[] {
  const texts = new JournalTexts();
  const blobs = new Map<string, string>();
  const runs: unknown[] = [];
  const rows: unknown[] = [];
  const waits: unknown[] = [];
  const ends: unknown[] = [];
  const records: unknown[] = [];
  for (const { run, fence, worker, entries, waits: early = [], end, record } of writes) {
    runs.push({ id: run, fence, owner: worker });
    if (record !== undefined) {
      const { at: text_at, size: text_size } = texts.add(record.text);
      records.push({ run, seq: record.seq, text_at, text_size, hash: record.hash });
    }
    for (const entry of entries) rows.push(rowOf(run, entry, { blobs, texts }));
    for (const wait of early) waits.push(waitOf(run, wait));
    if (end === undefined) continue;
    ends.push(endOf(run, end));
    if (end.kind !== 'waiting') continue;
    // What was asked of people a moment ago may be in the same batch: a statement may touch a row once.
    const told = new Set(early.map(({ path }) => path));
    for (const wait of end.waits) if (!told.has(wait.path)) waits.push(waitOf(run, wait));
  }
  const bodies = Array.from(blobs, ([digest, body]) => {
    const { at: body_at, size: body_size } = texts.add(body);
    return { digest, body_at, body_size };
  });
  return [...[runs, rows, bodies, waits, ends, records].map((set) => JSON.stringify(set)), texts.bytes()];
}

interface Beside {
  readonly blobs: Map<string, string>;
  readonly texts: JournalTexts;
}

function waitOf(run: string, { path, kind, delayMs, detail }: NewWait): object {
  return { run, path, kind, delay: delayMs, detail: detail && JSON.stringify(detail) };
}

/** By the statement's columns; what is undefined is null. All in one place: spreading parts costs more than the row. */
function rowOf(run: string, entry: JournalEntry, { blobs, texts }: Beside): object {
  const { path, phase, node, kind, argsDigest, cost } = entry;
  const { body, digest } = placeBody(entry.body, blobs);
  const decisionPlace = entry.decision && texts.add(JSON.stringify(entry.decision));
  const bodyPlace = body === undefined ? undefined : texts.add(body);
  const [intent, result] = entry.phase === 'intent' ? [entry, undefined] : [undefined, entry];
  return {
    run,
    path,
    phase,
    node,
    kind,
    // A model may ask for a tool under any name.
    target: storable(entry.target),
    args_digest: argsDigest,
    decision_at: decisionPlace?.at,
    decision_size: decisionPlace?.size,
    body_at: bodyPlace?.at,
    body_size: bodyPlace?.size,
    body_digest: digest,
    cost,
    tokens_reserved: intent?.tokensReserved,
    revision: intent?.liveRevision,
    halt_epoch: intent?.haltEpoch,
    // Nearly no call has one.
    approval: intent?.approval?.id,
    action_digest: intent?.approval?.actionDigest,
    class_digest: intent?.approval?.classDigest,
    outcome: result?.outcome,
    error: result?.error && JSON.stringify(result.error),
    tokens_in: result?.tokensIn,
    tokens_out: result?.tokensOut,
  };
}

/** Where a body goes: inline, or by its digest into `blobs`. */
export function placeBody(
  body: string | undefined,
  blobs: Map<string, string>,
): { body?: string | undefined; digest?: string | undefined } {
  if (body === undefined) return {};
  if (body.length <= inlineBytesMax / 4 || Buffer.byteLength(body) <= inlineBytesMax) return { body };
  const digest = sha256(body);
  blobs.set(digest, body);
  return { digest };
}

const stateAfter = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
  timedOut: 'TimedOut',
  waiting: 'Waiting',
  released: 'Queued',
} as const satisfies Record<RunEnd['kind'], string>;

/** JSON within JSON: what an output or a message holds is data to the outer one, a NUL's escape too. */
function endOf(run: string, end: RunEnd): object {
  return {
    id: run,
    state: stateAfter[end.kind],
    output: end.kind === 'succeeded' ? JSON.stringify(end.output) : undefined,
    error: 'error' in end ? JSON.stringify(end.error) : undefined,
    delay: end.kind === 'waiting' ? soonest(end.waits.map((wait) => wait.delayMs)) : undefined,
    people: end.kind === 'waiting' && end.waits.some(({ kind }) => timeless.has(kind)) ? true : undefined,
    halt_epoch: end.kind === 'waiting' ? soonest(end.waits.map((wait) => wait.haltEpoch)) : undefined,
  };
}

/** What a run waits for in a time that is none of its own. */
const timeless: ReadonlySet<NewWait['kind']> = new Set(['human', 'review', 'approval', 'halt']);

function soonest(delays: readonly (number | undefined)[]): number | undefined {
  const known = delays.filter((delay) => delay !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
