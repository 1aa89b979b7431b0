import type { NewWait, RunError } from './executor.ts';

/** Why a run is not to go on in this worker; also the reason of its aborted signal. */
export type HaltReason =
  | 'cancelled'
  | 'overdue'
  /** Another worker owns the run: nothing may be written any more. */
  | 'lost'
  /** The worker stops, and hands the run back. */
  | 'stopped'
  /** Another branch of the run failed. */
  | 'failing'
  /** The time of what is inside of a place is over: the place fails. */
  | 'over'
  /** A rollback withdrew what the run is pinned to: steps under way end, and no further one begins. */
  | 'drained';

/** Ends a branch without a word in the journal: no new call is made. */
export class Halted extends Error {
  readonly reason: HaltReason;

  constructor(reason: HaltReason) {
    super(`the run is halted: ${reason}`);
    this.name = 'Halted';
    this.reason = reason;
  }
}

/** Ends a branch for now: what it waits for is written when every other branch has come to its end. */
export class Suspended extends Error {
  readonly waits: readonly NewWait[];

  constructor(waits: readonly NewWait[]) {
    super('the branch waits');
    this.name = 'Suspended';
    this.waits = waits;
  }
}

/** Ends the run as failed, with the code that its record shows. */
export class StepFailure extends Error {
  readonly error: RunError;

  constructor(error: RunError) {
    super(error.message);
    this.name = 'StepFailure';
    this.error = error;
  }
}

/** The reason of an aborted signal of a run. */
export function haltReasonOf(signal: AbortSignal): HaltReason | undefined {
  if (!signal.aborted) return undefined;
  return signal.reason instanceof Halted ? signal.reason.reason : 'stopped';
}

/**
 * The results of branches that all came to an end, or the one thing that stopped them: a halt before a failure before
 * a wait, so that nothing waits in a run that has failed.
 */
export function valuesOf<T>(settled: readonly PromiseSettledResult<T>[]): T[] {
  const causes = settled.flatMap((one) => (one.status === 'rejected' ? [errorOf(one.reason)] : []));
  const halted = causes.find((cause) => cause instanceof Halted);
  if (halted !== undefined) throw halted;
  const failed = causes.find((cause) => !(cause instanceof Suspended));
  if (failed !== undefined) throw failed;
  const waits = causes.flatMap((cause) => (cause instanceof Suspended ? cause.waits : []));
  if (waits.length > 0) throw new Suspended(waits);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** What stopped a branch. Anything may be thrown in JavaScript, and only errors carry a stack. */
function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason), { cause: reason });
}
