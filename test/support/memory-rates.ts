import { type Bucket, giveBack, type RateAnswer, type RateAsk, take } from '../../src/run/rate.ts';

/** Token buckets in this process's memory. */
export class MemoryRates {
  readonly buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(ask: RateAsk): RateAnswer {
    const { bucket, answer } = take(this.buckets.get(ask.key), ask, this.#now());
    this.buckets.set(ask.key, bucket);
    return answer;
  }

  giveBack(key: string, tokens: number, requests = 0): void {
    const bucket = this.buckets.get(key);
    if (bucket !== undefined) this.buckets.set(key, giveBack(bucket, tokens, requests));
  }
}
