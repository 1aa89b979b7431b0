import { setTimeout as delay } from 'node:timers/promises';

/** A worker in a process of its own. */
export interface Child {
  /** Resolves when the process is gone, however it went. */
  readonly ended: Promise<void>;
  /** Asks it to stop: it hands back what it runs. */
  stop(): void;
  kill(): void;
}

export interface FleetOptions {
  readonly start: () => Child;
  /** How many there should be now. */
  readonly wanted: () => Promise<number>;
  readonly everyMs: number;
  /** How long those that are stopped may take. */
  readonly graceMs: number;
  readonly report: (sentence: string, cause?: unknown) => void;
}

const backoffMsMin = 500;
const backoffMsMax = 30_000;
/** A process that lived so long did not fail at its start. */
const settledMs = 10_000;

/** Holds the number of workers of a pool at what is wanted: starts, stops and restarts processes on this machine. */
export class Fleet {
  readonly #options: FleetOptions;
  /** In the order in which they were started; the newest are stopped first. */
  readonly #running: Child[] = [];
  readonly #stopping = new Set<Child>();
  #failures = 0;
  #notBefore = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Processes that are to go on. */
  get size(): number {
    return this.#running.length;
  }

  /** Follows until the signal aborts, then stops them all. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.tick().catch((cause: unknown) => this.#options.report('the pool could not be read', cause));
      await delay(this.#options.everyMs, undefined, { signal }).catch(() => undefined);
    }
    await this.stop();
  }

  async tick(): Promise<void> {
    const wanted = await this.#options.wanted();
    while (this.#running.length > wanted) this.#retire();
    if (performance.now() < this.#notBefore) return;
    while (this.#running.length < wanted) this.#start();
  }

  async stop(): Promise<void> {
    while (this.#running.length > 0) this.#retire();
    const left = [...this.#stopping];
    const grace = new AbortController();
    const limit = delay(this.#options.graceMs, undefined, { signal: grace.signal })
      .then(() => left.forEach((child) => child.kill()))
      .catch(() => undefined);
    await Promise.all(left.map(({ ended }) => ended));
    grace.abort();
    await limit;
  }

  #start(): void {
    const child = this.#options.start();
    const startedAt = performance.now();
    this.#running.push(child);
    void child.ended.then(() => this.#gone(child, performance.now() - startedAt));
  }

  #retire(): void {
    const child = this.#running.pop();
    if (child === undefined) return;
    this.#stopping.add(child);
    child.stop();
  }

  #gone(child: Child, livedMs: number): void {
    if (this.#stopping.delete(child)) return;
    this.#running.splice(this.#running.indexOf(child), 1);
    this.#failures = livedMs > settledMs ? 1 : this.#failures + 1;
    const pauseMs = Math.min(backoffMsMax, backoffMsMin * 2 ** (this.#failures - 1));
    this.#notBefore = performance.now() + pauseMs;
    this.#options.report(`a worker ended by itself; the next one is started in ${pauseMs} ms at the earliest`);
  }
}
