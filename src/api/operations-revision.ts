import type { Json } from '../manifest/json.ts';
import type { Change, Plan } from '../plan/change.ts';

/** What the doors ask of older states: to look at them, to compare them, and to return to one. */
export interface RevisionOperations {
  /** What returning to a revision's stored content would do, and what it cannot undo; needs no Git. */
  planRollback(request: RevisionRequest): Promise<RollbackPlan>;
  /** Plans it again and applies it when the digest is the one given; else `plan.stale`, exit 6. */
  rollback(request: RollbackRequest): Promise<RolledBack>;
  quarantine(environment: string): Promise<readonly WithdrawnRecord[]>;
  releaseQuarantine(request: ReleaseRequest): Promise<readonly WithdrawnRecord[]>;
  /** What one revision changed, by whom and why. */
  show(request: RevisionRequest): Promise<ShownRevision>;
  /** What differs between two states: revisions, `live`, `working-copy` or what Git resolves. */
  compare(request: CompareRequest): Promise<ComparisonRecord>;
  blame(request: { readonly environment: string; readonly address: string }): Promise<BlameRecord>;
}

export interface RevisionRequest {
  readonly environment: string;
  readonly revision: number;
}

export interface RollbackPlan extends LeftBehind {
  readonly plan: Plan;
  /** The revision whose content comes back. */
  readonly to: RevisionRecord;
}

/** What a rollback does not take back. */
export interface LeftBehind {
  /** Runs under way that stay pinned to what is withdrawn, by `namespace/name` of the system. */
  readonly inFlight: readonly { readonly system: string; readonly runs: number }[];
  /** Calls that already did something outside, or may have: the newest of them, and how many there are. */
  readonly effects: { readonly total: number; readonly calls: readonly EffectRecord[] };
}

export interface EffectRecord {
  readonly run: string;
  readonly system: string;
  readonly revision: number;
  readonly path: string;
  readonly tool: string;
  readonly operations: readonly string[];
  readonly at: string;
  /** `running`: no outcome is recorded yet. */
  readonly outcome: 'done' | 'failed' | 'unknown' | 'running';
}

export type RunsOrder = 'finish' | 'drain' | 'cancel';

export interface RollbackRequest extends RevisionRequest {
  readonly planDigest: string;
  readonly runs: RunsOrder;
  readonly reason: string;
  /** Ids of risks and guards that they acknowledge with it. */
  readonly acknowledge: readonly string[];
  /** False: no pull request that reverts it is wanted. */
  readonly pullRequest?: boolean | undefined;
}

export interface RolledBack extends LeftBehind {
  /** `unchanged`: the environment already is what the revision says, and no revision was made. */
  readonly outcome: 'applied' | 'unchanged';
  readonly environment: string;
  /** The revision that the rollback made. */
  readonly revision: number;
  readonly to: number;
  readonly summary: Plan['summary'];
  /** What is held from now on. */
  readonly quarantine: readonly WithdrawnRecord[];
}

export interface WithdrawnRecord {
  readonly address: string;
  /** Of the content; null: the resource's absence was withdrawn. */
  readonly digest: string | null;
  /** The revision that the rollback made, and the one that it returned to. */
  readonly since: number;
  readonly to: number;
  readonly by: string;
  readonly reason: string;
}

export interface ReleaseRequest {
  readonly environment: string;
  /** Absent: everything. */
  readonly addresses?: readonly string[];
  readonly reason: string;
}

export interface ShownRevision {
  readonly record: RevisionRecord;
  /** From the revision before. */
  readonly changes: readonly Change[];
  readonly acknowledgements: readonly {
    readonly id: string;
    readonly by: string;
    readonly at: string;
    readonly reason: string;
  }[];
}

export interface CompareRequest {
  readonly environment: string;
  readonly from: string;
  readonly to: string;
}

export interface ComparisonRecord {
  readonly environment: string;
  /** `revision 41`, `live`, `main @ 4f2c9e1`, `the working copy`. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
}

export interface BlameRecord {
  readonly environment: string;
  readonly address: string;
  readonly removedBy: number | undefined;
  readonly formerly: readonly string[];
  readonly fields: readonly {
    readonly path: string;
    /** Absent where it must not be shown. */
    readonly value?: Json;
    readonly sensitive: boolean;
    readonly revision: number;
    readonly commit: string;
    readonly subject: string;
    readonly by: string;
    readonly at: string;
  }[];
}

export interface RevisionRecord {
  readonly revision: number;
  readonly commit: string;
  readonly subject: string;
  readonly summary: Plan['summary'];
  readonly revertOf: number | undefined;
  readonly appliedBy: string;
  readonly appliedAt: string;
  /** Set where a rollback made it. */
  readonly rollback?: {
    readonly to: number;
    readonly from: number;
    readonly reason: string;
    readonly runs: 'finish' | 'drain' | 'cancel';
  };
  /** Of a rollback: how many of the contents that it withdrew are held still. */
  readonly quarantine?: { readonly held: number; readonly released: number } | undefined;
  /** Calls of its runs that took more of a budget than was held for them; absent: none. */
  readonly overruns?: number | undefined;
  /** Of them, those of budgets that are on trial, where no other was overrun with them; absent: none. */
  readonly trialOverruns?: number | undefined;
}
