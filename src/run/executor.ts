import type { Bundle } from '../manifest/bundle.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Action, ApprovalState, Ask } from '../policy/approval.ts';
import type { Authority } from '../policy/authority.ts';
import type { Halt } from '../policy/halt-scope.ts';
import type { AccountDoor } from './accounts.ts';
import type { RateAnswer, RateAsk } from './rate.ts';
import type { JournalEntry, RecordedRow } from './journal-entry.ts';

/**
 * The port between executing runs and keeping them: PostgreSQL (and the embedded database) in production, a simulated
 * one in tests. Every write of a worker carries the fence it was given at the claim; a write under an older fence
 * changes nothing and says so.
 */
export interface Executor {
  /** Takes a lease for a new worker and holds it until `retire`. */
  enlist(worker: WorkerIdentity): Promise<void>;
  /** Extends the lease. False: the lease is lost, and everything that the worker ran belongs to somebody else. */
  renew(worker: string): Promise<boolean>;
  /** Gives the lease back; runs that the worker still owns are ready again and do not count as crashed. */
  retire(worker: string): Promise<void>;
  /** Makes ready again what dead workers left, dead-letters what killed too many of them, promotes what is due. */
  reap(): Promise<Reaped>;
  /** Takes ready runs, by priority, then fairly by namespace; never more than `slots`. */
  claim(request: ClaimRequest): Promise<readonly ClaimedRun[]>;
  /** Writes a run's entries durably. Entries of one run are written in the order in which they are given. */
  journal(write: RunWrite): Promise<WriteAnswer>;
  /** Writes that a run waits and gives up its slot, or that it is handed back. */
  park(write: RunWrite & { readonly end: ParkEnd }): Promise<WriteAnswer>;
  /** Writes how a run ended, once. */
  complete(write: RunWrite & { readonly end: FinalEnd }): Promise<WriteAnswer>;
  /** The runs that the worker owns, and which of them somebody cancelled or are past their deadline. */
  owned(worker: string): Promise<readonly OwnedRun[]>;
  /** Puts a call to people, or gives what stands of it; asked again as another action, the earlier request is over. */
  requestApproval(request: ApprovalRequest): Promise<ApprovalAnswer>;
  /** The tiers that workers of a pool must have proved, by the environment that declares it. Absent: none are demanded. */
  tierDemand?(pool: string): Promise<ReadonlyMap<string, readonly Tier[]>>;
  /** Says what a worker's self-test came to. */
  offerTiers?(worker: string, offer: TierOffer): Promise<void>;
  /** Counts calls of all workers against the rates of what they call. */
  readonly rates?: RateDoor;
  /** Keeps the budgets that runs share; absent: nobody is held to them. */
  readonly accounts?: AccountDoor;
  /**
   * Ends halts that are past their time and makes ready what waited for those that ended. Gives those in force where
   * there are others than at `epoch`. Absent: nothing is ever halted here.
   */
  watchHalts?(epoch: number): Promise<HaltState | undefined>;
  bundle(digest: string): Promise<StoredBundle>;
  /** The authority of the current bundle of what has the system's name, or had it, and the revision it was read at. */
  authority(environment: string, system: string): Promise<LiveAuthority>;
}

/** What a worker's self-test came to. */
export interface TierOffer {
  readonly tiers: readonly Tier[];
  /** Why it does not offer others. */
  readonly withheld: Readonly<Partial<Record<Tier, string>>>;
}

export interface RateDoor {
  /** Decides whether a call may be made now, or how long from now to ask again. */
  take(ask: RateAsk): Promise<RateAnswer>;
  /** Corrects what is left by what calls were allowed and did not use. */
  giveBack(key: string, tokens: number, requests?: number): Promise<void>;
}

/** One call that people are asked to release. */
export interface ApprovalRequest {
  readonly worker: string;
  readonly run: string;
  readonly fence: number;
  /** The call's path without its attempt. */
  readonly path: string;
  readonly node: string;
  readonly action: Action;
  readonly actionDigest: string;
  /** JSON text of the arguments as people are shown them. */
  readonly args: string;
  readonly asks: readonly Ask[];
  /** What further calls must have in common with it to be released along with it. */
  readonly classDigest?: string;
}

export type ApprovalAnswer =
  | { readonly kind: 'fenced' }
  /** `remainingMs`: until it expires, by the database's clock. */
  | { readonly kind: 'asked'; readonly state: ApprovalState; readonly remainingMs: number };

export interface WorkerIdentity {
  /** Never used again, not even by the same process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly slots: number;
  /** The pool whose runs it takes; absent: `default`. */
  readonly pool?: string;
}

export interface ClaimRequest {
  readonly worker: string;
  readonly pool: string;
  readonly slots: number;
  /** Whether a run that was there when two workers died may be taken too: at most one of them runs on a worker. */
  readonly suspect: boolean;
  /** Environments whose runs are left to others. */
  readonly except?: readonly string[];
}

export interface ClaimedRun {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly revision: number;
  /** Digest of the bundle. */
  readonly bundle: string;
  readonly fence: number;
  readonly crashes: number;
  readonly input: JsonObject;
  /** What joins it to other runs in one conversation. */
  readonly session?: string | null;
  readonly cancelled: boolean;
  readonly overdue: boolean;
  /** Until its deadline, from the claim; absent: it has none. */
  readonly deadlineInMs?: number | null;
  /** A rollback asked the run to begin no further step. */
  readonly drained: boolean;
  /** Absent or false: it is counted by no concurrency key. */
  readonly keyed?: boolean;
  /** The environment's revision when the run was claimed. */
  readonly liveRevision: number;
  /** Absent: nothing is ever halted here. */
  readonly haltEpoch?: number;
  /** What earlier claims journalled, in order. */
  readonly steps: readonly RecordedRow[];
  readonly waits: readonly RecordedWait[];
  /** Where its record has come to; absent: it has none yet. */
  readonly audit?: AuditHead;
}

/**
 * `timer`: until a time. `rate`: until a rate limit has room again. `unknown`: a person says what became of a call.
 * `human`: a person fills in a form. `review`: people approve, deny or ask for changes. `approval`: people release a call.
 * `halt`: a switch is lifted, or its time is over.
 */
export type WaitKind = 'timer' | 'rate' | 'unknown' | 'human' | 'review' | 'approval' | 'halt';

export interface RecordedWait {
  readonly path: string;
  readonly kind: WaitKind;
  /** Timers, rates and people: how long it still waits by the database's clock; 0 when its time has come. */
  readonly remainingMs: number;
  /** Of `approval`: what people said of the call. */
  readonly approval?: ApprovalState;
}

/** Where the record of a run has come to. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** What one write adds to the record. */
export interface AuditRow extends AuditHead {
  readonly text: string;
  /** How many notes it tells. */
  readonly notes: number;
}

/** Makes the rows of one run's record, each of which is bound to the one before it. */
export interface AuditSeal {
  seal(write: Pick<RunWrite, 'entries' | 'end'>): AuditRow | undefined;
  accepted(row: AuditRow, answer: Extract<WriteAnswer, { kind: 'accepted' }>): void;
}

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly node?: string;
  readonly path?: string;
}

/** How a run ends that was asked to begin no further step. */
export const drained: RunError = {
  code: 'run.drained',
  message: 'What the run is pinned to was withdrawn or removed, and it stopped before its next step.',
};

export interface NewWait {
  readonly path: string;
  readonly kind: WaitKind;
  /** From now by the database's clock: when the run goes on by itself, or when nobody may answer any more. */
  readonly delayMs?: number;
  /**
   * What is asked of whom: shown to people, held against their answer. Of `timer`: why it is a new pause; without it one
   * that was written before goes on.
   */
  readonly detail?: JsonObject;
  /** Of `halt`: the halts that the decision looked at. Where one began or ended since, the run does not wait. */
  readonly haltEpoch?: number;
}

export type FinalEnd =
  | { readonly kind: 'succeeded'; readonly output: Json }
  | { readonly kind: 'failed' | 'cancelled' | 'timedOut'; readonly error: RunError };

export type ParkEnd =
  | { readonly kind: 'waiting'; readonly waits: readonly NewWait[] }
  /** Handed back by a worker that stops: ready again, no crash. */
  | { readonly kind: 'released' };

export type RunEnd = FinalEnd | ParkEnd;

export interface RunWrite {
  readonly worker: string;
  readonly run: string;
  readonly fence: number;
  readonly entries: readonly JournalEntry[];
  /** Waits of branches whose run goes on in others: people may answer before it parks. */
  readonly waits?: readonly NewWait[];
  readonly end?: RunEnd;
  /** The run's record; absent: of this write nothing is recorded. */
  readonly chain?: AuditSeal;
  /** What the chain made of this write, once the write is under way. */
  readonly record?: AuditRow;
}

export type WriteAnswer =
  | { readonly kind: 'fenced' }
  | {
      readonly kind: 'accepted';
      /** Paths of intents that were not written: decided upon an older live revision, or by an approval that is none. */
      readonly conflicts: readonly string[];
      readonly liveRevision: number;
      readonly cancelled: boolean;
      readonly overdue: boolean;
      readonly drained: boolean;
      /** A person answered one of the run's waits since it was claimed. */
      readonly answered?: boolean;
    };

export interface Reaped {
  readonly workers: number;
  readonly requeued: number;
  readonly deadLettered: number;
  readonly promoted: number;
  /** Runs that were queued past their deadline. */
  readonly timedOut: number;
}

export interface OwnedRun {
  readonly run: string;
  readonly fence: number;
  /** By the database's clock. */
  readonly interrupted: 'cancelled' | 'overdue' | 'drained' | null;
}

/** What a run is pinned to: content and authority, both as they were compiled. */
export interface StoredBundle {
  readonly content: Bundle;
  readonly authority: Authority;
}

/** The halts of every environment in force. */
export interface HaltState {
  readonly epoch: number;
  /** Undefined: they cannot be read, and count as active. */
  readonly of: (environment: string) => readonly Halt[] | undefined;
}

export interface LiveAuthority {
  readonly revision: number;
  /** Halts in force; absent: nothing is ever halted here. */
  readonly halts?: { readonly epoch: number; readonly known: readonly Halt[] | undefined };
  /** Undefined: live no longer has the system. */
  readonly authority: Authority | undefined;
  /** Of what had the name in revisions before one: it goes on under another. In their order; absent: nothing had. */
  readonly moved?: readonly { readonly before: number; readonly authority: Authority | undefined }[];
}
