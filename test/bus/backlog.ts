import type { Taker } from '../../src/bus/bus.ts';

/** Ready runs that exist in one place, as rows do: workers take what is there, however they came to look. */
export class Backlog {
  looks = 0;
  taken = 0;
  done = 0;
  #ready = 0;

  add(): void {
    this.#ready += 1;
  }

  take(most: number): number {
    this.looks += 1;
    const count = Math.min(most, this.#ready);
    this.#ready -= count;
    this.taken += count;
    return count;
  }
}

/** Takes as many as it has slots, works on each for a turn of the event loop, and then looks again by itself. */
export class TestWorker implements Taker {
  readonly #backlog: Backlog;
  readonly #slots: number;
  #busy = 0;
  #waiting: (() => void)[] = [];

  constructor(backlog: Backlog, slots: number) {
    this.#backlog = backlog;
    this.#slots = slots;
  }

  room(signal: AbortSignal): Promise<void> {
    if (this.#busy < this.#slots) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  }

  async look(): Promise<'more' | 'all'> {
    const free = this.#slots - this.#busy;
    const count = this.#backlog.take(free);
    this.#busy += count;
    for (let index = 0; index < count; index += 1) setImmediate(() => this.#end());
    return count === free ? 'more' : 'all';
  }

  #end(): void {
    this.#busy -= 1;
    this.#backlog.done += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
    void this.look();
  }
}
