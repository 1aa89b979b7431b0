/** What a pool's number of workers follows from. */
export interface Scaling {
  readonly metrics: readonly { readonly metric: ScalingMetric; readonly target: number }[];
  /** For how long fewer workers must have been enough before there are fewer. */
  readonly scaleDownAfterMs: number;
}

export type ScalingMetric = 'queueDepth' | 'oldestQueuedAge' | 'activeRuns' | 'runsPerSecond' | 'cpu' | 'memory';

/** What a pool has to do, over all its workers. */
export interface Measured {
  readonly workers: number;
  readonly slots: number;
  /** Runs that are ready, bounded: from there on it is simply many. */
  readonly queueDepth: number;
  /** Seconds. */
  readonly oldestQueuedAge: number;
  readonly activeRuns: number;
  /** Of the last minute. */
  readonly runsPerSecond: number;
  /** Shares of 1, the mean over the workers; absent: nobody said. */
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
}

export interface Bounds {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly scaling?: Scaling;
}

/**
 * How many workers a pool should have: the most that any of its metrics asks for, within the bounds. A pool without
 * metrics has as many as it may have at least, and one as soon as there is something to do.
 */
export function desiredWorkers({ minWorkers, maxWorkers, scaling }: Bounds, measured: Measured): number {
  const isIdle = measured.queueDepth === 0 && measured.activeRuns === 0;
  const asked = (scaling?.metrics ?? []).map(({ metric, target }) => askedBy(metric, target, measured));
  const wanted = Math.max(isIdle ? 0 : 1, ...asked);
  return Math.min(maxWorkers, Math.max(minWorkers, wanted));
}

function askedBy(metric: ScalingMetric, target: number, measured: Measured): number {
  const { workers } = measured;
  switch (metric) {
    // Each worker is to have so much of it.
    case 'queueDepth':
    case 'activeRuns':
    case 'runsPerSecond':
      return rounded(measured[metric] / target);
    // The workers that there are bring it to where it is: more of them in proportion bring it to the target.
    case 'oldestQueuedAge':
      return measured.queueDepth === 0 ? 0 : rounded((Math.max(1, workers) * measured.oldestQueuedAge) / target);
    case 'cpu':
    case 'memory':
      return rounded((workers * (measured[metric] ?? 0)) / target);
  }
}

/** Up, but not for a remainder of the arithmetic. */
function rounded(workers: number): number {
  return Math.ceil(workers - 1e-9);
}

/** Follows a desired number: up at once, down to the most that was wanted within the time. */
export class Steady {
  readonly #downAfterMs: number;
  #seen: { readonly at: number; readonly wanted: number }[] = [];

  constructor(downAfterMs: number) {
    this.#downAfterMs = downAfterMs;
  }

  follow(wanted: number, now: number): number {
    // What is lower and older than the newest never decides again.
    this.#seen = this.#seen.filter((one) => one.at > now - this.#downAfterMs && one.wanted > wanted);
    this.#seen.push({ at: now, wanted });
    return this.#seen[0]?.wanted ?? wanted;
  }
}
