import type { Json } from '../manifest/json.ts';
import { isHandOff } from '../policy/hand-off.ts';
import type { RecordedCall } from './call-index.ts';
import { Halted, StepFailure } from './halt.ts';
import type { RunJournal } from './journal.ts';
import { questionPath } from './people.ts';
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
  const leftMs = Math.max(0, timeoutMs - usedMs - spentWithin(place, scope.journal));
  const limit = setTimeout(() => timer.abort(new Halted('over')), leftMs);
  const overdueAt = Math.min(performance.now() + leftMs, scope.overdueAt ?? Number.POSITIVE_INFINITY);
  try {
    return await work({ ...scope, overdueAt, signal: AbortSignal.any([scope.signal, timer.signal]) });
  } catch (cause) {
    if (!timer.signal.aborted || scope.signal.aborted) throw cause;
    const message = `${what} took longer than its ${timeoutMs} ms.`;
    throw new StepFailure({ code: 'limit.timeout', message, node: place });
  } finally {
    clearTimeout(limit);
  }
}

type Journal = Pick<RunJournal, 'callsWithin' | 'recorded'>;

/** Milliseconds in which at least one call inside of a place was under way, by the journal of earlier owners. */
export function spentWithin(place: string, journal: Journal): number {
  return spentBy(journal.callsWithin(place), journal);
}

/** What calls took. Work that was handed on is counted by its own calls: it may have waited. People take none. */
function spentBy(calls: readonly RecordedCall[], journal: Journal): number {
  const spans: [number, number][] = [];
  for (const { intent, result } of calls) {
    if (intent === undefined || result === undefined || isHandOff(intent.target)) continue;
    if (isOfPeople(intent.path, journal)) continue;
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

function isOfPeople(path: string, journal: Journal): boolean {
  return journal.recorded(questionPath({ place: path.replace(/~\d+$/, ''), kind: 'human' })) !== undefined;
}

export interface AgentTime {
  readonly place: string;
  readonly timeoutMs: number | undefined;
  /** Aborts when whoever waits for the agent has no more time. */
  readonly signal: AbortSignal;
}

/** Gives an agent the time that its limits leave after the calls that earlier owners of the run made for it. */
export async function withinAgentTime(
  { place, timeoutMs, signal }: AgentTime,
  { journal }: Scope,
  work: (signal: AbortSignal) => Promise<Json>,
): Promise<Json> {
  // Without a row of rules the gate refuses the first call, and says so.
  if (timeoutMs === undefined) return work(signal);
  const timer = new AbortController();
  const own = ({ intent }: RecordedCall) => intent?.node === place || intent?.node.startsWith(`${place}^`) === true;
  const spent = spentBy(journal.callsWithin(place).filter(own), journal);
  const limit = setTimeout(() => timer.abort(), Math.max(0, timeoutMs - spent));
  try {
    return await work(AbortSignal.any([signal, timer.signal]));
  } catch (cause) {
    const isOver = timer.signal.aborted && !(cause instanceof Halted);
    const message = `The step took longer than its ${timeoutMs} ms.`;
    throw isOver ? new StepFailure({ code: 'limit.timeout', message, node: place }) : cause;
  } finally {
    clearTimeout(limit);
  }
}
