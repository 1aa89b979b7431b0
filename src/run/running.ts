import { TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunEnd, WriteAnswer } from './executor.ts';
import { Halted } from './halt.ts';
import type { JournalHooks, RunJournal } from './journal.ts';

/** One run in execution, in the hands of its worker. */
export interface Running {
  readonly abort: AbortController;
  /** Set when the run is to begin no further step. */
  readonly drain: Latch;
  readonly done: Promise<void>;
  readonly suspect: boolean;
}

/** What was asked once, and stays asked. */
export class Latch {
  isSet = false;

  set(): void {
    this.isSet = true;
  }
}

export type Stops = Pick<Running, 'abort' | 'drain'>;

/** Does what the database says of a run. */
export function heed(
  { abort, drain }: Stops,
  said: { readonly cancelled: boolean; readonly overdue: boolean; readonly drained: boolean },
): void {
  if (said.drained) drain.set();
  if (said.cancelled) abort.abort(new Halted('cancelled'));
  else if (said.overdue) abort.abort(new Halted('overdue'));
}

/** What stops a run whose journal says that it is no longer this worker's, or takes nothing more. */
export function hooksOf({ id }: { readonly id: string }, stops: Stops, log: Log): JournalHooks {
  return {
    lost: () => stops.abort.abort(new Halted('lost')),
    heard: (said) => heed(stops, said),
    refused: (cause) => {
      log.warn({ err: cause, runId: id }, 'journal refused a result');
      stops.abort.abort(new Halted('stopped'));
    },
  };
}

/** A run that was lost may come back to this worker while its old execution is still ending. */
export function keyOf(run: { readonly id: string; readonly fence: number }): string {
  return `${run.id} ${run.fence}`;
}

/** Writes how a run ended. What the database refuses of it becomes its failure. */
export function endRun(journal: RunJournal, end: RunEnd): Promise<WriteAnswer> {
  return journal.end(end).catch((cause: unknown) => {
    if (!(cause instanceof TerminalError)) throw cause;
    return journal.end({ kind: 'failed', error: { code: cause.code, message: cause.message } });
  });
}
