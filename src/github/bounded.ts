import { AsyncLocalStorage } from 'node:async_hooks';

const signals = new AsyncLocalStorage<AbortSignal>();

/** Runs `work` so that all it asks of GitHub, waits between tries included, ends when the signal aborts. */
export function boundedBy<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return signals.run(signal, work);
}

/** Rejects when the signal of `boundedBy` aborts; what was sent already may still be carried out. */
export async function untilStopped<Result>(work: () => Promise<Result>): Promise<Result> {
  const signal = signals.getStore();
  if (signal === undefined) return work();
  signal.throwIfAborted();
  return new Promise<Result>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}

/** `fetch` that gives up on one request after a time. */
export function fetchWithin(requestMs: number): typeof fetch {
  return (address, options) => {
    const limits = [AbortSignal.timeout(requestMs), ...(options?.signal ? [options.signal] : [])];
    return fetch(address, { ...options, signal: AbortSignal.any(limits) });
  };
}
