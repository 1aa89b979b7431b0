import type { Address } from '../manifest/resource.ts';
import type { GuardRefusal } from './guard.ts';

/**
 * What is shown beside a plan and varies by the hour: outside its digest, so that a pull request's plan and the one
 * after the merge can be equal. A member that was not looked at is absent.
 */
export interface Beside {
  readonly impact?: Impact;
  readonly budget?: readonly BudgetFigure[];
  readonly backtest?: Backtest;
  readonly preflight?: Preflight;
  /** `guard.live_runs`. */
  readonly guards?: readonly GuardRefusal[];
  readonly acknowledgements?: readonly Acknowledgement[];
}

/** What the changes reach, by reverse reference. */
export interface Impact {
  readonly systems: readonly Address[];
  readonly schedules: readonly { readonly address: Address; readonly nextFire: string | undefined }[];
  readonly webhooks: readonly Address[];
  /** Runs that have not ended, by `namespace/name` of the system. */
  readonly runs: readonly { readonly system: string; readonly inFlight: number; readonly oldest: string }[];
}

export interface BudgetFigure {
  /** `namespace/name`. */
  readonly system: string;
  /** Micro-USD a run at most: caps times the worst price; undefined: no cap. */
  readonly ceiling: Pair<number>;
  /** Micro-USD a day: median tokens of recorded runs × runs a day × price; undefined: no history, or no price. */
  readonly expected: Pair<number>;
  /** How many recorded runs it is taken from. */
  readonly runs: number;
}

export interface Pair<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Recorded calls of the last runs, decided again under the target. */
export interface Backtest {
  readonly runs: number;
  readonly calls: number;
  /** Runs with a call that would now be denied, or would now have to ask. */
  readonly deniedRuns: number;
  readonly deniedCalls: number;
  /** Calls that were denied and would now pass. */
  readonly allowedCalls: number;
  /** First examples by rule, most frequent rule first. */
  readonly examples: readonly {
    readonly run: string;
    readonly path: string;
    readonly subject: Address;
    readonly target: string;
    readonly reason: string;
    readonly rule: string;
    readonly count: number;
  }[];
}

/** The real apply in a transaction that was rolled back. */
export type Preflight = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };

export interface Acknowledgement {
  /** A risk's id, or a guard's. */
  readonly id: string;
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  readonly planDigest: string;
}
