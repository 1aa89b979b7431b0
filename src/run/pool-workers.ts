import { type Bus, channels } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import { Periodic } from './periodic.ts';
import { defaultPool } from './pool.ts';
import type { Worker } from './worker.ts';

/** How often is looked for new pools where no wake-up came. */
const lookMs = 5_000;

export interface PoolWorkersOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** Live pools, each with how many runs a worker of it executes at a time. */
  readonly pools: () => Promise<ReadonlyMap<string, number | undefined>>;
  readonly worker: (pool: string, slots: number | undefined) => Worker;
}

/**
 * A worker for each pool, where no other process could take their runs: the default one from the beginning, others as an
 * apply brings them. Of a pool that is removed the worker stays, for the runs that it has.
 */
export class PoolWorkers {
  readonly #options: PoolWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  readonly #periodic: Periodic;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: PoolWorkersOptions) {
    this.#options = options;
    this.#periodic = new Periodic({ name: 'pools', everyMs: lookMs, log: options.log, work: () => this.look() });
  }

  async start(): Promise<void> {
    await this.look();
    const again = () => void this.look().catch(() => undefined);
    this.#unlisten = await this.#options.bus.listen(channels.applied, again);
    this.#periodic.start();
  }

  /** Names of the pools that have a worker here. */
  get served(): readonly string[] {
    return [...this.#workers.keys()];
  }

  /** Starts workers of pools that have none. */
  look(): Promise<void> {
    // One look after the other: two would start two workers of one pool.
    this.#looking = this.#looking.catch(() => undefined).then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    const pools = new Map([[defaultPool, undefined], ...(await this.#options.pools())]);
    for (const [pool, slots] of pools) {
      if (this.#isStopped || this.#workers.has(pool)) continue;
      const worker = this.#options.worker(pool, slots);
      await worker.start();
      this.#workers.set(pool, worker);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#unlisten?.();
    await this.#periodic.stop();
    await this.#looking.catch(() => undefined);
    await Promise.all(Array.from(this.#workers.values(), (worker) => worker.stop()));
  }
}
