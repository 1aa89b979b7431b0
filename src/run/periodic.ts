import type { Log } from '../log.ts';

export interface PeriodicOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Log;
  readonly work: () => Promise<void>;
}

/** Work that is done again and again, never twice at once, at intervals that differ by a fifth so that processes part. */
export class Periodic {
  readonly #options: PeriodicOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    const { everyMs } = this.#options;
    this.#timer = setTimeout(() => this.#turn(), everyMs * (0.9 + 0.2 * Math.random()));
  }

  /** Resolves when the work that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #turn(): void {
    const { work, log, name } = this.#options;
    this.#working = work()
      // The next turn tries again; a database that is away is logged and waited for.
      .catch((error: unknown) => log.warn({ err: error, work: name }, 'periodic work failed'))
      .finally(() => this.start());
  }
}
