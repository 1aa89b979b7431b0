import type { Log } from '../log.ts';
import type { Executor, WorkerIdentity } from './executor.ts';

export interface LeaseOptions {
  readonly executor: Pick<Executor, 'enlist' | 'renew' | 'retire'>;
  /** A new identity: an id is never used again. */
  readonly identity: () => WorkerIdentity;
  readonly leaseMs: number;
  readonly log: Log;
  /** Everything that was owned under the lease belongs to somebody else. */
  readonly lost: () => void;
}

/** The one lease of a worker. Lost, it is taken anew under another id. */
export class Lease {
  readonly #options: LeaseOptions;
  #worker: string | undefined;
  /** When the last renewal that succeeded was asked for: the lease runs at least from there. */
  #renewedAt = 0;
  #givenUp = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get worker(): string | undefined {
    return this.#worker;
  }

  /** Whether a side effect may start: beyond two thirds of the lease somebody else may own the run before it ends. */
  isFresh(): boolean {
    return this.#worker !== undefined && performance.now() - this.#renewedAt < (this.#options.leaseMs * 2) / 3;
  }

  /** The same of what was begun under a lease: the one that is taken after it was lost owns nothing of that. */
  isFreshFor(worker: string): boolean {
    return this.#worker === worker && this.isFresh();
  }

  async take(): Promise<void> {
    const identity = this.#options.identity();
    const askedAt = performance.now();
    await this.#options.executor.enlist(identity);
    this.#worker = identity.id;
    this.#renewedAt = askedAt;
  }

  /** Renews, or takes a new lease after the old one was lost. */
  async renew(): Promise<void> {
    if (this.#givenUp) return;
    const worker = this.#worker;
    if (worker === undefined) return this.take();
    const askedAt = performance.now();
    if (await this.#options.executor.renew(worker)) {
      this.#renewedAt = askedAt;
      return;
    }
    this.#options.log.warn({ worker }, 'lease lost');
    this.#worker = undefined;
    this.#options.lost();
    await this.#options.executor.retire(worker);
    await this.take();
  }

  async giveUp(): Promise<void> {
    this.#givenUp = true;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) await this.#options.executor.retire(worker);
  }
}
