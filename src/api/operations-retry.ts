import type { Tier } from '../manifest/bundle-world.ts';
import type { HeldBack } from '../run/tier-standing.ts';
/** What on-call asks of runs that ended without success. */
export interface RetryOperations {
  /** Starts dead letters again from their journals, the oldest first. */
  redrive(request: RedriveRequest): Promise<RedriveRecord>;
  /** What each pool has to do, and how many workers that asks for. */
  pools(environment: string): Promise<readonly PoolRecord[]>;
}

export interface RetryRequest {
  readonly fromStart?: boolean;
}

export interface RedriveRequest {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem; absent: of all. */
  readonly system?: string;
  readonly limit: number;
  /** Only says which. */
  readonly dryRun?: boolean;
}

export interface RedriveRecord {
  readonly runs: readonly string[];
  /** Those that could not be started again, and why: they are no dead letters any more. */
  readonly refused: readonly { readonly run: string; readonly message: string }[];
}

export interface PoolRecord {
  readonly environment: string;
  /** `namespace/name`, or `default`. */
  readonly pool: string;
  readonly queued: number;
  /** Seconds that the oldest of them has waited. */
  readonly oldestQueuedAge: number;
  readonly activeRuns: number;
  /** Runs that ended in a second, over the last minute. */
  readonly runsPerSecond: number;
  readonly workers: number;
  readonly slots: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly desiredWorkers: number;
  /** The tiers that it demands of each of its workers; empty: none. */
  readonly isolation: readonly Tier[];
  /** Why no worker takes its runs although some live. */
  readonly held?: HeldBack | undefined;
}
