import type { BundleRetry } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import type { RunError } from './executor.ts';
import { failureSeen, recordFailure } from './fact.ts';
import { errorOf, isForLater } from './failure.ts';
import { Halted, Suspended } from './halt.ts';
import type { NodeStart, Work, Wrapper } from './node-start.ts';
import { backoffMs, causeOf, mayPass } from './retry.ts';
import type { Scope } from './scope.ts';
import { spentWithin, withinTime } from './time-limit.ts';

/** Gives all attempts at an execution together the time that the node's `timeout` says, pauses included. */
export const timed: Wrapper = (start, scope, inner) => {
  const { place, node } = start;
  if (node.timeoutMs === undefined) return inner(start, scope);
  const limit = { place, timeoutMs: node.timeoutMs, usedMs: pausedMs(start, scope), what: 'The step' };
  return withinTime(limit, scope, (within) => inner(start, within));
};

/** Tries again what failed in one of the ways that the node's `retry` names. Each attempt has a place of its own. */
export const retried: Wrapper = (start, scope, inner) => {
  const { retry } = start.node;
  return retry === undefined ? inner(start, scope) : runAttempts(retry, { start, scope, inner });
};

interface Attempts {
  readonly start: NodeStart;
  readonly scope: Scope;
  readonly inner: Work;
}

async function runAttempts(retry: BundleRetry, attempts: Attempts): Promise<Json> {
  const { start, scope, inner } = attempts;
  for (let number = 1; ; number += 1) {
    const place = attemptPlace(start.place, number);
    if (failureSeen(scope.journal, place, 'retry') !== undefined) {
      pause(place, scope.waits.get(`${place}/retry`)?.remainingMs ?? 0);
      continue;
    }
    const unsettled = new Set<string>();
    try {
      return await inner({ ...start, place }, { ...scope, unsettled });
    } catch (cause) {
      const delayMs = isStopped(cause, scope) ? undefined : delayOf(errorOf(cause), { retry, number });
      if (delayMs === undefined || unsettled.size > 0 || isUnsettled(place, scope) || !fits(delayMs, attempts))
        throw cause;
      scope.report(cause);
      // Written down, so that nobody makes this attempt again, and the pause is what it was.
      recordFailure(scope.journal, { place, fact: 'retry' }, { error: errorOf(cause), body: delayMs });
      pause(place, delayMs);
    }
  }
}

function attemptPlace(place: string, number: number): string {
  return number === 1 ? place : `${place}!${number}`;
}

function isStopped(cause: unknown, scope: Scope): boolean {
  return cause instanceof Halted || cause instanceof Suspended || scope.signal.aborted || isForLater(cause);
}

/** A run that waits holds no slot. */
function pause(place: string, delayMs: number): void {
  if (delayMs > 0) throw new Suspended([{ path: `${place}/retry`, kind: 'timer', delayMs }]);
}

/** How long until the next attempt; undefined: there is none. */
function delayOf(
  error: RunError,
  { retry, number }: { readonly retry: BundleRetry; readonly number: number },
): number | undefined {
  if (number >= retry.maxAttempts || !mayPass(error) || !retry.on.includes(causeOf(error))) return undefined;
  return backoffMs(retry, number, Math.random());
}

/**
 * Whether a call of the attempt may have had an effect that must not be had twice: its outcome is unknown. Another
 * attempt could make it again.
 */
function isUnsettled(place: string, { journal }: Scope): boolean {
  const calls = journal.callsWithin(place);
  return calls.some(({ result }) => result?.outcome === 'unknown' && result.error?.retryable === false);
}

/** Whether the pause leaves time for another attempt. */
function fits(delayMs: number, { start, scope }: Attempts): boolean {
  const { timeoutMs } = start.node;
  return (
    timeoutMs === undefined || spentWithin(start.place, scope.journal) + pausedMs(start, scope) + delayMs < timeoutMs
  );
}

function pausedMs({ node, place }: NodeStart, { journal }: Scope): number {
  let paused = 0;
  for (let number = 1; number < (node.retry?.maxAttempts ?? 1); number += 1) {
    const body = failureSeen(journal, attemptPlace(place, number), 'retry')?.body;
    if (typeof body === 'number') paused += body;
  }
  return paused;
}
