import type { Tier } from '../manifest/bundle-world.ts';
import type { Log } from '../log.ts';
import type { Isolation } from '../tools/isolation/isolated.ts';
import type { Executor } from './executor.ts';

export interface WorkerTiersOptions {
  readonly executor: Pick<Executor, 'tierDemand' | 'offerTiers'>;
  readonly pool: string;
  /** What the worker's self-test proved, by now; absent: it runs nothing that needs a tier. */
  readonly isolation: (() => Promise<Isolation>) | undefined;
  readonly log: Log;
  /** The pool's demand is met from now on. */
  readonly met: () => void;
}

/** Keeps what a worker offers in its row, and from its pool's runs as long as it lacks a tier that the pool demands. */
export class WorkerTiers {
  readonly #options: WorkerTiersOptions;
  #demand: readonly Tier[] = [];
  #offered: readonly Tier[] = [];
  /** The worker and what its row says. */
  #written = '';
  #looks = 0;
  #trial: Promise<void> | undefined;

  constructor(options: WorkerTiersOptions) {
    this.#options = options;
  }

  /** Whether the worker may take runs of its pool. */
  get isMet(): boolean {
    return this.#demand.every((tier) => this.#offered.includes(tier));
  }

  /** Reads what the pool demands. The self-test takes a second or so, and nobody waits for it here. */
  async look(worker: string | undefined): Promise<void> {
    const { executor, pool, isolation } = this.#options;
    if (worker === undefined || isolation === undefined || executor.tierDemand === undefined) return;
    this.#demand = await executor.tierDemand(pool);
    this.#looks += 1;
    // A worker that lives for moments says nothing of its tiers unless somebody asks.
    if (this.#demand.length === 0 && this.#looks === 1) return;
    this.#trial ??= this.#offer(worker, isolation)
      .catch((cause: unknown) => this.#options.log.warn({ err: cause }, 'tiers could not be told'))
      .finally(() => (this.#trial = undefined));
  }

  /** Resolves when no trial is under way. */
  async stop(): Promise<void> {
    await this.#trial;
  }

  async #offer(worker: string, isolation: () => Promise<Isolation>): Promise<void> {
    const { tiers, withheld = {} } = await isolation();
    const wasMet = this.isMet;
    this.#offered = tiers;
    const written = JSON.stringify([worker, tiers, withheld]);
    if (written !== this.#written) {
      await this.#options.executor.offerTiers?.(worker, { tiers, withheld });
      this.#written = written;
      const missing = this.#demand.filter((tier) => !tiers.includes(tier));
      if (missing.length > 0)
        this.#options.log.warn({ missing, withheld }, 'the pool demands tiers that this worker does not offer');
    }
    if (!wasMet && this.isMet) this.#options.met();
  }
}
