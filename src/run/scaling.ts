/** What a pool's number of workers follows from. */
export interface Scaling {
  readonly metrics: readonly { readonly metric: ScalingMetric; readonly target: number }[];
  /** For how long fewer workers must have been enough before there are fewer. */
  readonly scaleDownAfterMs: number;
}

export type ScalingMetric = 'queueDepth' | 'oldestQueuedAge' | 'activeRuns' | 'runsPerSecond' | 'cpu' | 'memory';
