import { RetryableError } from '../errors.ts';

export interface Patience {
  /** How long failures that may pass are waited out. */
  readonly patienceMs: number;
  /** Pauses between attempts; the last one stands for all that follow. */
  readonly pausesMs: readonly [number, ...number[]];
}

/** Does work again that fails in a way that may pass, until it succeeds, fails otherwise, or the time is over. */
export async function patiently<T>(work: () => Promise<T>, { patienceMs, pausesMs }: Patience): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof RetryableError) || performance.now() > until) throw cause;
      const pauseMs = pausesMs[Math.min(attempt, pausesMs.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
