export interface RequestRatesOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Sources that are told apart at a time. */
  readonly sourcesMax: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** How many requests each source may send: a bucket of `burst`, filled by `perSecond`. */
export class RequestRates {
  readonly #options: RequestRatesOptions;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RequestRatesOptions) {
    this.#options = options;
  }

  /** How many milliseconds until a source has a request to spend; 0: it has one. Nothing is spent. */
  waitOf(source: string, now: number): number {
    const { perSecond, burst } = this.#options;
    const known = this.#buckets.get(source) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1_000) * perSecond);
    return tokens >= 1 ? 0 : Math.max(1, Math.ceil(((1 - tokens) / perSecond) * 1_000));
  }

  /** 0 lets a request in; else how many milliseconds to wait for the next. */
  take(source: string, now: number): number {
    const { perSecond, burst, sourcesMax } = this.#options;
    const known = this.#buckets.get(source) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1_000) * perSecond);
    const isIn = tokens >= 1;
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: isIn ? tokens - 1 : tokens, at: now });
    // The one that has been silent for longest has its bucket full again, or nearly.
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > sourcesMax && oldest !== undefined) this.#buckets.delete(oldest);
    return isIn ? 0 : Math.max(1, Math.ceil(((1 - tokens) / perSecond) * 1_000));
  }
}
