import { Halted } from './halt.ts';

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

/** A run that was lost may come back to this worker while its old execution is still ending. */
export function keyOf(run: { readonly id: string; readonly fence: number }): string {
  return `${run.id} ${run.fence}`;
}
