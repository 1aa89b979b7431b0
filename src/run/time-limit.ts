import { Halted, StepFailure } from './halt.ts';
import type { RunJournal } from './journal.ts';
import type { Scope } from './scope.ts';

export interface TimeLimit {
  readonly place: string;
  readonly timeoutMs: number;
  /** What pauses took of it. */
  readonly usedMs?: number;
  /** What the failure says, as `The system` or `The step`. */
  readonly what: string;
}

/**
 * Gives what is inside of a place the time that calls of earlier owners leave of it; what waits takes none. When it is
 * over, calls under way are given up and the place fails.
 */
export async function withinTime<T>(
  { place, timeoutMs, usedMs = 0, what }: TimeLimit,
  scope: Scope,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  const limit = setTimeout(
    () => timer.abort(new Halted('over')),
    Math.max(0, timeoutMs - usedMs - spentWithin(place, scope.journal)),
  );
  try {
    return await work({ ...scope, signal: AbortSignal.any([scope.signal, timer.signal]) });
  } catch (cause) {
    if (!timer.signal.aborted || scope.signal.aborted) throw cause;
    const message = `${what} took longer than its ${timeoutMs} ms.`;
    throw new StepFailure({ code: 'limit.timeout', message, node: place });
  } finally {
    clearTimeout(limit);
  }
}

/** Milliseconds in which at least one call inside of a place was under way, by the journal of earlier owners. */
export function spentWithin(place: string, journal: Pick<RunJournal, 'calls'>): number {
  const spans: [number, number][] = [];
  for (const { intent, result } of journal.calls()) {
    if (intent === undefined || result === undefined || !isWithin(intent.node, place)) continue;
    if (intent.kind === 'model' || intent.kind === 'tool') spans.push([intent.atMs, result.atMs]);
  }
  spans.sort(([a], [b]) => a - b);
  let spent = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans) {
    spent += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return spent;
}

/** Whether a place is this one or inside of it: a mark, a hand, a delegate or a node of a nested system. */
export function isWithin(place: string, outer: string): boolean {
  return place === outer || (place.startsWith(outer) && /^[#[@!^:>]/.test(place.slice(outer.length)));
}
