import { TerminalError } from '../errors.ts';
import { sha256 } from '../manifest/digest.ts';
import type { NewWait, RunEnd, RunWrite } from '../run/executor.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import { BinaryRows, binaryTexts } from './binary-rows.ts';
import type { JournalTypes } from './journal-types.ts';
import { storable } from './storable.ts';

/** Contents longer than this live in `blob`, so that the journal's pages hold many rows. */
const inlineBytesMax = 8_192;
/** In UTF-8, of one that JavaScript counts. */
const bytesPerCharMax = 3;
/** A little over what the names, digests and numbers of a row take. */
const rowBytes = 640;

/** What the journal's statement is given, and which of its parts it needs for that. */
export interface JournalParameters {
  readonly values: readonly unknown[];
  readonly isApproved: boolean;
  /** Long bodies or waits. */
  readonly hasMore: boolean;
  readonly hasEnds: boolean;
}

/** Rows in PostgreSQL's binary format: as JSON they took a fifth of the statement's time to read. */
export function journalParameters(writes: readonly RunWrite[], types: JournalTypes): JournalParameters {
  const blobs = new Map<string, string>();
  const expected = bytesExpected(writes);
  const runs = new BinaryRows(types.write, expected.writes);
  const entries = new BinaryRows(types.entry, expected.entries);
  const waits: unknown[] = [];
  let isApproved = false;
  let hasEnds = false;
  for (const write of writes) {
    try {
      addWrite(runs, write);
      for (const [place, entry] of write.entries.entries()) {
        addEntry(entries, write.run, { entry, place, ...placeBody(entry.body, blobs) });
        isApproved ||= entry.phase === 'intent' && entry.approval !== undefined;
      }
      if (write.waits !== undefined || write.end?.kind === 'waiting') waits.push(...waitsOf(write));
      hasEnds ||= write.end !== undefined;
    } catch (cause) {
      throw unwritable(write, cause);
    }
  }
  const values = [
    runs.bytes(),
    entries.bytes(),
    binaryTexts([...blobs.keys()]),
    binaryTexts([...blobs.values()]),
    JSON.stringify(waits),
  ];
  return { values, isApproved, hasMore: blobs.size > 0 || waits.length > 0, hasEnds };
}

function bytesExpected(writes: readonly RunWrite[]): { readonly writes: number; readonly entries: number } {
  const expected = { writes: 0, entries: 0 };
  for (const { record, entries } of writes) {
    expected.writes += rowBytes + (record?.text.length ?? 0);
    for (const { body } of entries) expected.entries += rowBytes + (body?.length ?? 0);
  }
  return expected;
}

/** As what the server refuses, so that the others of a batch are written without this one. */
function unwritable({ run }: RunWrite, cause: unknown): TerminalError {
  const message = `What run ${run} did cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new TerminalError(message, { code: 'store.rejected', cause });
}

/** By the columns of `journal_write`. */
function addWrite(rows: BinaryRows, { run, fence, worker, record, end }: RunWrite): void {
  const waits = end?.kind === 'waiting' ? end.waits : undefined;
  rows.begin();
  rows.uuid(run);
  rows.bigint(fence);
  rows.uuid(worker);
  rows.bigint(record?.seq);
  rows.text(record?.text);
  rows.hex(record?.hash);
  rows.text(end && stateAfter[end.kind]);
  // JSON as text: what an output or a message holds is data, a NUL's escape too.
  rows.json(end?.kind === 'succeeded' ? JSON.stringify(end.output) : undefined);
  rows.json(end !== undefined && 'error' in end ? JSON.stringify(end.error) : undefined);
  rows.bigint(waits && soonest(waits.map((wait) => wait.delayMs)));
  rows.boolean(waits?.some(({ kind }) => timeless.has(kind)) === true ? true : undefined);
  rows.bigint(waits && soonest(waits.map((wait) => wait.haltEpoch)));
}

/** By the columns of `journal_entry`. */
function addEntry(rows: BinaryRows, run: string, { entry, place, body, digest }: PlacedEntry): void {
  const [intent, result] = entry.phase === 'intent' ? [entry, undefined] : [undefined, entry];
  rows.begin();
  rows.uuid(run);
  rows.text(entry.path);
  rows.text(entry.phase);
  rows.text(entry.node);
  rows.text(entry.kind);
  // A model may ask for a tool under any name.
  rows.text(storable(entry.target));
  rows.hex(entry.argsDigest);
  rows.json(entry.decision && JSON.stringify(entry.decision));
  rows.text(body);
  rows.text(digest);
  rows.text(result?.outcome);
  rows.json(result?.error && JSON.stringify(result.error));
  rows.bigint(intent?.tokensReserved);
  rows.bigint(result?.tokensIn);
  rows.bigint(result?.tokensOut);
  rows.bigint(entry.cost);
  rows.bigint(intent?.liveRevision);
  rows.bigint(intent?.haltEpoch);
  rows.text(intent?.approval?.id);
  rows.text(intent?.approval?.actionDigest);
  rows.text(intent?.approval?.classDigest);
  rows.bigint(place);
}

interface PlacedEntry {
  readonly entry: JournalEntry;
  /** Among those of the write. */
  readonly place: number;
  readonly body?: string;
  readonly digest?: string;
}

/** Where a body goes: inline, or by its digest into `blobs`. */
export function placeBody(body: string | undefined, blobs: Map<string, string>): { body?: string; digest?: string } {
  if (body === undefined) return {};
  if (body.length * bytesPerCharMax <= inlineBytesMax || Buffer.byteLength(body) <= inlineBytesMax) return { body };
  const digest = sha256(body);
  blobs.set(digest, body);
  return { digest };
}

function* waitsOf({ run, waits: early = [], end }: RunWrite): Generator<object> {
  for (const wait of early) yield waitOf(run, wait);
  if (end?.kind !== 'waiting') return;
  // What was asked of people a moment ago may be in the same batch: a statement may touch a row once.
  const told = new Set(early.map(({ path }) => path));
  for (const wait of end.waits) if (!told.has(wait.path)) yield waitOf(run, wait);
}

function waitOf(run: string, { path, kind, delayMs, detail }: NewWait): object {
  return { run, path, kind, delay: delayMs, detail: detail && JSON.stringify(detail) };
}

const stateAfter = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
  timedOut: 'TimedOut',
  waiting: 'Waiting',
  released: 'Queued',
} as const satisfies Record<RunEnd['kind'], string>;

/** What a run waits for in a time that is none of its own. */
const timeless: ReadonlySet<NewWait['kind']> = new Set(['human', 'review', 'approval', 'halt']);

function soonest(delays: readonly (number | undefined)[]): number | undefined {
  const known = delays.filter((delay) => delay !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
