import type { Taker } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { ClaimedRun } from './executor.ts';

export interface ClaimingOptions {
  /** Under whose lease runs may be claimed now; undefined: there is none that is good. */
  readonly owner: () => string | undefined;
  /** How many runs could begin now; none where the worker takes no more. */
  readonly free: () => number;
  readonly claim: (worker: string, slots: number) => Promise<readonly ClaimedRun[]>;
  readonly begin: (worker: string, run: ClaimedRun) => void;
  /** Whether runs that this worker may not take wait in its pool. */
  readonly leavesOthers: () => boolean;
  readonly log: Log;
}

/** Claims, one at a time, as many runs as there are free slots. */
export class Claiming {
  readonly #options: ClaimingOptions;
  #underWay: Promise<void> | undefined;
  #made = 0;
  #refilling = false;
  #again = false;
  /** The last claim found fewer runs than there were slots: only a wake-up or the poll makes it worth looking again. */
  #exhausted = false;

  constructor(options: ClaimingOptions) {
    this.#options = options;
  }

  /** How many claims were made; with one under way the number is still the one from before its answer. */
  get made(): number {
    return this.#made;
  }

  get isQuiet(): boolean {
    return this.#underWay === undefined;
  }

  /** Claims once, as many runs as there are free slots; resolves when they are under way. */
  async tick(): Promise<void> {
    this.#exhausted = false;
    if (this.#underWay !== undefined) {
      this.#again = true;
      return this.#underWay;
    }
    this.#underWay = this.#claim().finally(() => {
      this.#underWay = undefined;
      if (this.#again) this.wake();
    });
    return this.#underWay;
  }

  wake(): void {
    void this.look();
  }

  async look(): ReturnType<Taker['look']> {
    // The poll comes again, so that a claim that failed is only logged.
    try {
      await this.tick();
      if (!this.#exhausted) return 'more';
      return this.#options.leavesOthers() ? 'others' : 'all';
    } catch (error) {
      this.#options.log.warn({ err: error }, 'claim failed');
      return 'all';
    }
  }

  /**
   * A slot was left. `isLast`: no run that could leave another is in execution, so that the claim goes out in this very
   * turn of the event loop, before the end that is to be written. Else after it: runs that end in one batch leave their
   * slots to one claim.
   */
  refill(isLast: boolean): void {
    if (this.#exhausted || this.#refilling) return;
    if (isLast) return this.wake();
    this.#refilling = true;
    setImmediate(() => {
      this.#refilling = false;
      this.wake();
    });
  }

  /** Resolves when no claim is under way. */
  async settled(): Promise<void> {
    await this.#underWay?.catch(() => undefined);
  }

  async #claim(): Promise<void> {
    this.#again = false;
    const { owner, free, claim, begin } = this.#options;
    const worker = owner();
    if (worker === undefined) this.#exhausted = true;
    const slots = free();
    if (worker === undefined || slots <= 0) return;
    this.#made += 1;
    const runs = await claim(worker, slots);
    for (const run of runs) begin(worker, run);
    if (runs.length === slots) return;
    this.#exhausted = true;
    // A wake-up that came while the statement was under way may stand for a run that it did not see.
    if (this.#again) await this.#claim();
  }
}
