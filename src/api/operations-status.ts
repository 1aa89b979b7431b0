import type { Problem } from '../manifest/problem.ts';
import type { AlertRecord, ProbeRecord } from './operations-alert.ts';
import type { HaltRecord } from './operations-halt.ts';
import type { RolloutRecord } from './operations-rollout.ts';
import type { ConditionRecord, SuspensionRecord } from './operations-sync.ts';

/** What is live in an environment, whether it is what Git says, and what keeps it from being so. */
export interface EnvironmentStatus {
  readonly environment: string;
  readonly branch: string;
  readonly revision: number;
  /** Commit that is live. */
  readonly commit: string | undefined;
  /** Head of the branch in Git; undefined when the source cannot be read. */
  readonly head: string | undefined;
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown';
  readonly drifted: number;
  readonly lastAttempt:
    | {
        readonly at: string;
        readonly outcome: string;
        readonly commit: string | undefined;
        readonly code: string | undefined;
        readonly message: string;
      }
    | undefined;
  readonly problems: readonly Problem[];
  /** Halts in force, of all environments too; absent: none. */
  readonly halts?: readonly HaltRecord[];
  /** Set while a rollback holds commits. */
  readonly pinned?: {
    /** The revision that the rollback made, and the one that it returned to. */
    readonly revision: number;
    readonly to: number;
    readonly by: string;
    readonly at: string;
    readonly reason: string;
    /** Withdrawn contents that the head of the branch still holds. */
    readonly held: number;
  };
  /** How far controllers came with the head of the branch, and why no further; absent: none has looked. */
  readonly conditions?: readonly ConditionRecord[];
  /** Absent: sync goes on. */
  readonly suspension?: SuspensionRecord;
  /** Absent: commits are applied at any time. */
  readonly window?: { readonly isOpen: boolean; readonly opensAt?: string; readonly deniedBy?: string };
  /** What hands hold over what Git says; absent: nothing. */
  readonly overrides?: readonly {
    readonly address: string;
    readonly by: string;
    readonly reason: string;
    readonly expiresAt: string;
  }[];
  /** Since when drift is not healed, because something kept undoing it. */
  readonly healingStoppedAt?: string;
  /** Rollouts under way; absent: none. */
  readonly rollouts?: readonly RolloutStanding[];
  /** What fires, the newest first; absent: nothing. */
  /** Budgets of windows that are not over, of which more is used than their limit. */
  readonly overrun?: readonly string[];
  readonly alerts?: readonly Pick<AlertRecord, 'key' | 'severity' | 'title' | 'since'>[];
  /** What workers found failing outside; absent: nothing. */
  readonly probes?: readonly Pick<ProbeRecord, 'subject' | 'name' | 'reason' | 'since'>[];
}

/** How far one came, without what its runs came to. */
export interface RolloutStanding
  extends Pick<RolloutRecord, 'system' | 'strategy' | 'step' | 'steps' | 'weight' | 'stepSince'> {
  readonly state: 'progressing' | 'paused' | 'aborted';
  /** Revisions. */
  readonly from: number;
  readonly to: number;
}
