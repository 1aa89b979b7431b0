import type { Halt } from '../../src/policy/halt-scope.ts';
import type { HaltState, NewWait } from '../../src/run/executor.ts';
import type { MemoryRun } from './memory-rows.ts';

/** The halts of a store in memory; those of one environment, which is all that it has. */
export class MemoryHalts {
  epoch = 1;
  /** Undefined: they cannot be read. */
  known: readonly Halt[] | undefined = [];
  readonly #ended = new Set<string>();

  begin(halt: Halt): void {
    this.known = [...(this.known ?? []), halt];
    this.epoch += 1;
  }

  end(id: string): void {
    this.known = this.known?.filter((halt) => halt.id !== id);
    this.#ended.add(id);
    this.epoch += 1;
  }

  /** Makes ready what waited for those that ended, and gives those in force where they are others. */
  watch(
    epoch: number,
    { runs, now }: { readonly runs: Iterable<MemoryRun>; readonly now: number },
  ): HaltState | undefined {
    for (const run of runs) if (run.state === 'Waiting' && this.#isOver(run)) release(run, now);
    return epoch === this.epoch ? undefined : { epoch: this.epoch, of: () => this.known };
  }

  #isOver(run: MemoryRun): boolean {
    const over = [...run.waits.values()].filter(
      ({ kind, resolved, detail }) => kind === 'halt' && !resolved && this.#hasEnded(detail?.['halt']),
    );
    for (const wait of over) wait.resolved = true;
    return over.length > 0;
  }

  #hasEnded(id: unknown): boolean {
    return typeof id === 'string' && this.#ended.has(id);
  }

  /** Whether a run that is about to wait was decided upon other halts than these. */
  isOlder(waits: readonly NewWait[]): boolean {
    return waits.some(({ haltEpoch }) => haltEpoch !== undefined && haltEpoch !== this.epoch);
  }
}

function release(run: MemoryRun, now: number): void {
  run.deadlineAt += now - (run.askedAt ?? now);
  Object.assign(run, { state: 'Queued', runAt: undefined, askedAt: undefined });
}
