import type { RecordedRow } from './executor.ts';

/**
 * Paths of failures that a run which was started again by a person tries anew. A failure that something was made of (a
 * model was told of it, the graph went on from it) stays: what came after it would not fit another outcome. A call
 * whose outcome nobody knows stays unless it may be repeated: starting a run again says nothing of what became of it.
 */
export function forgivenIn(rows: readonly RecordedRow[]): ReadonlySet<string> {
  const forgiven = new Set<string>();
  if (!rows.some(({ beforeRetry }) => beforeRetry === true)) return forgiven;
  const later: Consumer[] = [];
  for (const row of rows.toReversed()) {
    const consumer = { place: row.node, base: baseOf(row.node), call: callOf(row.path), isTool: row.kind === 'tool' };
    if (isFailure(row) && !later.some((one) => isMadeOf(one, consumer))) forgiven.add(row.path);
    else later.push(consumer);
  }
  return forgiven;
}

/** Something in the journal that may have been made of what stands before it. */
interface Consumer {
  readonly place: string;
  readonly base: string;
  readonly call: string;
  readonly isTool: boolean;
}

function isFailure({ beforeRetry, outcome, error }: RecordedRow): boolean {
  if (beforeRetry !== true) return false;
  if (outcome === 'unknown') return error?.retryable === true;
  return outcome === 'failed' || outcome === 'denied';
}

/** Tool calls of one turn stand beside each other; another turn, attempt or outer place follows from the failure. */
function isMadeOf(later: Consumer, failed: Consumer): boolean {
  if (later.call === failed.call || (later.place === failed.place && later.isTool)) return false;
  const rest = failed.base.startsWith(later.base) ? failed.base.slice(later.base.length) : undefined;
  return rest !== undefined && /^(?:$|[>^[])/.test(rest);
}

/** The place without how often a cycle, a loop or a retry came to it (see place.ts). */
function baseOf(place: string): string {
  return place.replaceAll(/[#@!]\d+/g, '');
}

/** The call without its attempt. */
function callOf(path: string): string {
  return path.replace(/~\d+$/, '');
}
