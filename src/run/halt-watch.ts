import { type Bus, channels } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { Executor } from './executor.ts';
import { Flights } from './flights.ts';
import { Periodic } from './periodic.ts';

const pollMs = 1_000;

interface HaltWatchOptions {
  readonly executor: Pick<Executor, 'watchHalts'>;
  readonly bus: Pick<Bus, 'listen'>;
  readonly log: Log;
}

/**
 * Hears of halts, by the bus and by looking, and gives up the calls under way that they say. That no new call begins
 * does not depend on it: the journal takes no intent that was decided without a halt in force.
 */
export class HaltWatch {
  readonly flights = new Flights();
  readonly #options: HaltWatchOptions;
  readonly #periodic: Periodic;
  #epoch = 0;
  #looking: Promise<void> | undefined;
  #again = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: HaltWatchOptions) {
    this.#options = options;
    this.#periodic = new Periodic({ name: 'halts', everyMs: pollMs, log: options.log, work: () => this.tick() });
  }

  async start(): Promise<void> {
    const { executor, bus, log } = this.#options;
    if (executor.watchHalts === undefined) return;
    this.#unlisten = await bus.listen(channels.halted, () => {
      this.tick().catch((error: unknown) => log.warn({ err: error }, 'halts could not be read'));
    });
    this.#periodic.start();
  }

  async stop(): Promise<void> {
    await this.#unlisten?.();
    await this.#periodic.stop();
    await this.#looking?.catch(() => undefined); // Who began it has logged why.
  }

  /** Looks once; asked for while it looks, it looks again. */
  async tick(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      this.#again = false;
      const state = await this.#options.executor.watchHalts?.(this.#epoch);
      if (state !== undefined) {
        this.#epoch = state.epoch;
        this.flights.heard(state);
      }
      if (!this.#again) return;
    }
  }
}
