import { giveBackRate, takeRate } from '../store/rate.ts';
import type { Database } from '../store/database-port.ts';
import type { RateAnswer, RateAsk } from './rate.ts';

interface Pending {
  readonly ask: RateAsk;
  readonly resolve: (answer: RateAnswer) => void;
  readonly reject: (cause: unknown) => void;
}

/** Asks for many calls of this process at once: one lock of a key for all that came while the last one was held. */
export class Rates {
  readonly #database: Database;
  readonly #waiting = new Map<string, Pending[]>();
  readonly #busy = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  take(ask: RateAsk): Promise<RateAnswer> {
    return new Promise((resolve, reject) => {
      const pending = { ask, resolve, reject };
      const queue = this.#waiting.get(ask.key);
      if (queue === undefined) this.#waiting.set(ask.key, [pending]);
      else queue.push(pending);
      if (!this.#busy.has(ask.key)) void this.#send(ask.key);
    });
  }

  giveBack(key: string, tokens: number, requests = 0): Promise<void> {
    return giveBackRate(this.#database, key, { tokens, requests });
  }

  async #send(key: string): Promise<void> {
    this.#busy.add(key);
    for (let batch = this.#next(key); batch !== undefined; batch = this.#next(key)) await this.#ask(batch);
    this.#busy.delete(key);
  }

  #next(key: string): readonly Pending[] | undefined {
    const batch = this.#waiting.get(key);
    this.#waiting.delete(key);
    return batch;
  }

  async #ask(batch: readonly Pending[]): Promise<void> {
    const [first, ...others] = batch.map(({ ask }) => ask);
    if (first === undefined) return;
    try {
      const answers = await takeRate(this.#database, [first, ...others]);
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] ?? { waitMs: 1_000 });
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
    }
  }
}
