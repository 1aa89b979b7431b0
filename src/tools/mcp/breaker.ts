const windowMs = 60 * 60_000;

/** Counts how often servers died, so that one that always does is not started for ever. */
export class Breaker {
  readonly #deaths = new Map<string, number[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  died(key: string): void {
    this.#deaths.set(key, [...this.#recent(key), this.#now()]);
  }

  /** Undefined: it may be started. Else when it may be again, in milliseconds from now. */
  closedAgainInMs(key: string, restartsMax: number): number | undefined {
    const recent = this.#recent(key);
    if (recent.length <= restartsMax) return undefined;
    // When so many of them are an hour ago that as many restarts are left as the limit allows.
    const [decisive = this.#now()] = recent.slice(recent.length - restartsMax - 1);
    return decisive + windowMs - this.#now();
  }

  #recent(key: string): number[] {
    const recent = (this.#deaths.get(key) ?? []).filter((at) => this.#now() - at < windowMs);
    if (recent.length === 0) this.#deaths.delete(key);
    return recent;
  }
}
