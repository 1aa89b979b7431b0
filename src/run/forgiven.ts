import type { RecordedRow } from './journal-entry.ts';

/**
 * Paths of failures that a run which was started again by a person tries anew. A failure that something was made of (a
 * model was told of it, the graph went on from it) stays: what came after it would not fit another outcome. A call
 * whose outcome nobody knows stays unless it may be repeated: starting a run again says nothing of what became of it.
 */
export function forgivenIn(rows: readonly RecordedRow[]): ReadonlySet<string> {
  const forgiven = new Set<string>();
  if (!rows.some(({ beforeRetry }) => beforeRetry === true)) return forgiven;
  const begun = beginnings(rows);
  const later: Consumer[] = [];
  for (const [at, row] of [...rows.entries()].reverse()) {
    const consumer = {
      at,
      place: row.node,
      base: baseOf(row.node),
      call: callOf(row.path),
      isTool: row.kind === 'tool',
    };
    const isUsed = later.some((one) => isMadeOf(one, consumer) || (isEnd(row) && isAfter(one, consumer, begun)));
    if (isFailure(row) && !isUsed) forgiven.add(row.path);
    else later.push(consumer);
  }
  return forgiven;
}

/** Something in the journal that may have been made of what stands before it. */
interface Consumer {
  /** Where it stands in the journal. */
  readonly at: number;
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

/** The node failed for good, and the graph may have gone on. */
function isEnd({ kind, path }: RecordedRow): boolean {
  return kind === 'node' && /\/end(?:~\d+)?$/.test(path);
}

/**
 * Whether a row may be of what the graph went on to: of nothing that had begun by then, or that stands within such. The
 * journal does not say what led to what, so that a branch of its own which began later counts as well.
 */
function isAfter(later: Consumer, failed: Consumer, begun: ReadonlyMap<string, number>): boolean {
  const around = new Set(executionsOf(failed.place));
  const executions = executionsOf(later.place).filter((one) => !around.has(one));
  return executions.length > 0 && executions.every((one) => (begun.get(one) ?? 0) > failed.at);
}

/** Where the journal first tells of each execution of a node. */
function beginnings(rows: readonly RecordedRow[]): ReadonlyMap<string, number> {
  const begun = new Map<string, number>();
  for (const [at, { node }] of rows.entries()) {
    for (const one of executionsOf(node)) if (!begun.has(one)) begun.set(one, at);
  }
  return begun;
}

/** The executions of nodes that a place is within, the outermost first, without their items, turns and attempts. */
function executionsOf(place: string): readonly string[] {
  const steps = place.split('>').map((step) => step.replace(/\^.*$/, '').replaceAll(/[@!]r?\d+|\[\d+\]/g, ''));
  return steps.map((_, at) => steps.slice(0, at + 1).join('>'));
}

/** The place without how often a cycle, a loop or a retry came to it (see place.ts). */
function baseOf(place: string): string {
  return place.replaceAll(/[#@!]\d+/g, '');
}

/** The call without its attempt. */
function callOf(path: string): string {
  return path.replace(/~\d+$/, '');
}
