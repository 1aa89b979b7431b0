/** Works on everything, so many at a time, and gives the results in their order. `work` does not throw. */
export async function eachAtMost<Item, Result>(
  limit: number,
  all: readonly Item[],
  work: (one: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const rest = all.entries();
  const take = async (): Promise<void> => {
    for (const [index, one] of rest) results.set(index, await work(one));
  };
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, take));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

export interface Bounds<Result> {
  /** After this the signal aborts, and what the work comes to no longer counts. */
  readonly limitMs: number;
  /** After this the caller goes on, and the work goes on by itself. */
  readonly patienceMs: number;
  /** What the caller is given when its patience is over. */
  readonly impatient: Result;
  /** What a work that came to its limit has come to. */
  readonly expired: () => Promise<Result>;
  /** The work is over, however long it took. */
  readonly ended: () => void;
}

/** Works for a limited time, and holds up the caller for less. Nothing can end work that never gives way. */
export async function bounded<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { limitMs, patienceMs, impatient, expired, ended }: Bounds<Result>,
): Promise<Result> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Result>((resolve, reject) => {
    timer = setTimeout(() => {
      stop.abort();
      expired().then(resolve, reject);
    }, limitMs);
  });
  const whole = work(stop.signal).finally(ended);
  const counted = Promise.race([whole, limit]).finally(() => clearTimeout(timer));
  // When nobody waits any longer, what it fails with was told by the work itself.
  counted.catch(() => undefined);
  whole.catch(() => undefined);
  let patience: NodeJS.Timeout | undefined;
  const waited = new Promise<Result>((resolve) => {
    patience = setTimeout(() => resolve(impatient), patienceMs);
  });
  return Promise.race([counted, waited]).finally(() => clearTimeout(patience));
}
