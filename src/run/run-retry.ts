import type { BundleRetry } from '../manifest/bundle.ts';
import type { RunError } from './executor.ts';
import { backoffMs, causeOf, mayPass } from './retry.ts';

/** What a task says of its runs that fail; a run carries it in its cause. */
export interface RunRetry extends BundleRetry {
  /** After its submission; no attempt begins later. */
  readonly deadlineMs?: number;
}

/** A run of a task that ended without success. */
export interface FailedRun {
  readonly state: 'Failed' | 'TimedOut';
  readonly error: Pick<RunError, 'code'>;
  /** The first is 1. */
  readonly attempt: number;
  /** Since its submission. */
  readonly elapsedMs: number;
}

/** Why no attempt follows, or after which pause the next one does. */
export type RetryDecision =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'over'; readonly why: 'attempts' | 'cause' | 'deadline' };

/** Decides on another attempt. `random` is in [0, 1). */
export function decideRetry(policy: RunRetry, failed: FailedRun, random: number): RetryDecision {
  const { state, error, attempt, elapsedMs } = failed;
  const cause = state === 'TimedOut' ? 'timeout' : passingCause(error);
  if (cause === undefined || !policy.on.includes(cause)) return { kind: 'over', why: 'cause' };
  if (attempt >= policy.maxAttempts) return { kind: 'over', why: 'attempts' };
  const delayMs = backoffMs(policy, attempt, random);
  const { deadlineMs } = policy;
  if (deadlineMs !== undefined && elapsedMs + delayMs >= deadlineMs) return { kind: 'over', why: 'deadline' };
  return { kind: 'again', delayMs };
}

/** An agent that was denied too often meets the same rules, and the same people, again. */
function passingCause(error: Pick<RunError, 'code'>): BundleRetry['on'][number] | undefined {
  return error.code === 'agent.denied' || !mayPass(error) ? undefined : causeOf(error);
}
