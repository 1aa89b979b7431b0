/** Tells those who would bring a worker more to do when it has room. */
export class Room {
  readonly #isThere: () => boolean;
  #waiting: (() => void)[] = [];

  constructor(isThere: () => boolean) {
    this.#isThere = isThere;
  }

  /** Resolves when there is room; rejects when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    while (!this.#isThere()) await this.#next(signal);
    signal.throwIfAborted();
  }

  /** Something has ended. */
  freed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => reject(new Error('nobody waits for room any more', { cause: signal.reason }));
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
    });
  }
}
