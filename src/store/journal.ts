import { sha256 } from '../manifest/digest.ts';
import { type NewWait, type RunEnd, type RunWrite, type WriteAnswer } from '../run/executor.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { journalStatements, type Parts } from './journal-statement.ts';
import { JournalTexts } from './journal-texts.ts';
import { rowsOf } from './statement.ts';
import { storable } from './storable.ts';

/** Contents longer than this live in `blob`, so that the journal's pages hold many rows. */
const inlineBytesMax = 8_192;
/** SQLSTATE. */
const uniqueViolation = '23505';

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
    return await rowsOf<WriteRow>(
      db,
      isApproved ? journalStatements.approved : journalStatements[partsOf(values)],
      values,
    );
  } catch (cause) {
    if (sqlStateOf(cause) !== uniqueViolation) throw cause;
    return rowsOf<WriteRow>(db, isApproved ? journalStatements.approvedAgain : journalStatements.again, values);
  }
}

function partsOf([, , blobs, waits, ends]: readonly unknown[]): Parts {
  if (blobs !== '[]' || waits !== '[]') return 'all';
  return ends === '[]' ? 'steps' : 'ends';
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
  const { body, size, digest } = placeBody(entry.body, blobs);
  const decisionPlace = entry.decision && texts.add(JSON.stringify(entry.decision));
  const bodyPlace = body === undefined ? undefined : texts.add(body, size);
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
): { body?: string; size?: number; digest?: string } {
  if (body === undefined) return {};
  const size = Buffer.byteLength(body);
  if (size <= inlineBytesMax) return { body, size };
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
