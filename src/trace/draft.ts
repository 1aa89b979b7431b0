import type { Json } from '../manifest/json.ts';
import type { CallKind, RecordedRow } from '../run/journal-entry.ts';
import { parentOf } from './parent.ts';

/** One call of a place, put together from its two rows. */
export interface Call {
  readonly first: RecordedRow & { readonly kind: CallKind };
  readonly intent: RecordedRow | undefined;
  readonly result: RecordedRow | undefined;
}

/** What the journal says of one place. */
export interface Draft {
  readonly place: string;
  readonly calls: Call[];
  /** Who answered calls that were put to people, by their path without an attempt. */
  readonly answers: Map<string, RecordedRow>;
  /** What people were asked there: a form at the place of its node, a review at a place of its own. */
  asked: 'human' | 'review' | undefined;
  answer: RecordedRow | undefined;
  /** Another attempt follows. */
  retried: RecordedRow | undefined;
  /** The graph went on from its failure. */
  ended: RecordedRow | undefined;
  isWaiting: boolean;
  fromMs: number;
  untilMs: number;
}

export type Drafts = ReadonlyMap<string, Draft>;

/**
 * Every place that the journal or an open wait speaks of, in the order in which they began, and those that they are
 * inside of: lists and nested systems make no calls of their own.
 */
export function draftsOf(rows: readonly RecordedRow[], waits: readonly { path: string; kind: string }[]): Drafts {
  const drafts = new Map<string, Draft>();
  const calls = new Map<string, Call>();
  for (const row of rows) add(row, drafts, calls);
  for (const call of calls.values()) draftAt(call.first.node, drafts).calls.push(call);
  for (const wait of waits) {
    const end = wait.path.lastIndexOf('/');
    const place = wait.path.slice(0, end);
    const isAsked = (wait.kind === 'human' && !isCallPath(place)) || wait.kind === 'review';
    const draft = draftAt(wait.kind === 'review' ? wait.path : placeOfCall(place), drafts);
    draft.isWaiting = true;
    if (isAsked) draft.asked = wait.kind === 'human' ? 'human' : 'review';
  }
  return new Map([...drafts].sort(([, a], [, b]) => a.fromMs - b.fromMs));
}

function add(row: RecordedRow, drafts: Map<string, Draft>, calls: Map<string, Call>): void {
  const isReview = row.kind === 'human' && row.path.endsWith('/review');
  const place = isReview ? row.path : row.kind === 'human' ? placeOfCall(row.node) : row.node;
  // The cause of a graph's failure stands at the node that is told of it, which begins later.
  if (row.kind === 'node' && row.path.endsWith('/cause')) return;
  const draft = draftAt(place, drafts);
  touch(draft, row.atMs, drafts);
  if (isCall(row)) {
    const known = calls.get(row.path) ?? { first: row, intent: undefined, result: undefined };
    calls.set(row.path, row.phase === 'intent' ? { ...known, intent: row } : { ...known, result: row });
  } else if (row.kind === 'human' && isCallPath(row.node)) {
    draft.answers.set(row.node, row);
  } else if (row.kind === 'human') {
    draft.asked = isReview ? 'review' : 'human';
    draft.answer = row;
  } else if (row.kind === 'node') {
    if (row.path.endsWith('/retry')) draft.retried = row;
    // The task of an agent elsewhere is no end of the node.
    else if (!row.path.endsWith('/task')) draft.ended = row;
  }
}

/** What a call asks people stands at the call, and what a node asks them at its place. */
function isCallPath(place: string): boolean {
  return /\/[\d.]+$/.test(place);
}

function placeOfCall(place: string): string {
  return place.replace(/\/[\d.]+$/, '');
}

function isCall(row: RecordedRow): row is RecordedRow & { readonly kind: CallKind } {
  return row.kind === 'model' || row.kind === 'tool';
}

function draftAt(place: string, drafts: Map<string, Draft>): Draft {
  const known = drafts.get(place);
  if (known !== undefined) return known;
  const around = parentOf(place);
  if (around !== undefined) draftAt(around, drafts);
  const draft: Draft = {
    place,
    calls: [],
    answers: new Map(),
    asked: undefined,
    answer: undefined,
    retried: undefined,
    ended: undefined,
    isWaiting: false,
    fromMs: Number.POSITIVE_INFINITY,
    untilMs: Number.NEGATIVE_INFINITY,
  };
  drafts.set(place, draft);
  return draft;
}

/** What happens in a place happens in all that it is inside of. */
function touch(draft: Draft, atMs: number, drafts: ReadonlyMap<string, Draft>): void {
  for (let at: Draft | undefined = draft; at !== undefined; ) {
    at.fromMs = Math.min(at.fromMs, atMs);
    at.untilMs = Math.max(at.untilMs, atMs);
    const around = parentOf(at.place);
    at = around === undefined ? undefined : drafts.get(around);
  }
}

/** The journal's own text. */
export function bodyOf(row: RecordedRow): Json | undefined {
  return row.body === undefined ? undefined : (JSON.parse(row.body) as Json);
}
