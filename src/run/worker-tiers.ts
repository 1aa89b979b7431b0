import type { Tier } from '../manifest/bundle-world.ts';
import type { Log } from '../log.ts';
import type { Isolation } from '../tools/isolation/isolated.ts';
import type { Executor } from './executor.ts';
import { defaultPool } from './pool.ts';

export interface WorkerTiersOptions {
  readonly executor: Pick<Executor, 'tierDemand' | 'offerTiers'>;
  readonly pool: string;
  /** What the worker's self-test proved, by now; absent: it runs nothing that needs a tier. */
  readonly isolation: (() => Promise<Isolation>) | undefined;
  readonly log: Log;
  /** What some environment demands of the pool is met from now on. */
  readonly met: () => void;
}

/**
 * Keeps what a worker offers in its row, and the worker from the runs of environments whose pool demands a tier that it
 * lacks. Each environment declares the pool for itself: what one demands holds up no run of the others.
 */
export class WorkerTiers {
  readonly #options: WorkerTiersOptions;
  /** By the environment that declares the pool. */
  #demands: ReadonlyMap<string, readonly Tier[]> = new Map();
  #offered: readonly Tier[] = [];
  #unmet: readonly string[] = [];
  /** The worker and what its row says. */
  #written = '';
  #looks = 0;
  #trial: Promise<void> | undefined;

  constructor(options: WorkerTiersOptions) {
    this.#options = options;
  }

  /** The environments whose runs the worker leaves to others. */
  get unmet(): readonly string[] {
    return this.#unmet;
  }

  /** Whether there may be runs for it at all. The default pool is there for environments too that do not declare it. */
  get servesAny(): boolean {
    return this.#unmet.length === 0 || this.#unmet.length < this.#demands.size || this.#options.pool === defaultPool;
  }

  /** Reads what the pool demands. The self-test takes a second or so, and nobody waits for it here. */
  async look(worker: string | undefined): Promise<void> {
    const { executor, pool, isolation } = this.#options;
    if (worker === undefined || isolation === undefined || executor.tierDemand === undefined) return;
    this.#demands = await executor.tierDemand(pool);
    this.#looks += 1;
    this.#settle();
    // A worker that lives for moments says nothing of its tiers unless somebody asks.
    if (this.#looks === 1 && [...this.#demands.values()].every((wanted) => wanted.length === 0)) return;
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
    this.#offered = tiers;
    const written = JSON.stringify([worker, tiers, withheld]);
    if (written !== this.#written) {
      await this.#options.executor.offerTiers?.(worker, { tiers, withheld });
      this.#written = written;
      const missing = new Set([...this.#demands.values()].flat().filter((tier) => !tiers.includes(tier)));
      if (missing.size > 0)
        this.#options.log.warn(
          { missing: [...missing], environments: this.#lacking(), withheld },
          'the pool demands tiers that this worker does not offer',
        );
    }
    this.#settle();
  }

  #settle(): void {
    const before = this.#unmet;
    this.#unmet = this.#lacking();
    if (before.some((environment) => !this.#unmet.includes(environment))) this.#options.met();
  }

  #lacking(): readonly string[] {
    return [...this.#demands]
      .filter(([, wanted]) => !wanted.every((tier) => this.#offered.includes(tier)))
      .map(([environment]) => environment);
  }
}
