import type { JsonObject } from '../manifest/json.ts';
import type { AcknowledgeOperations } from './operations-acknowledge.ts';
import type { Plan } from '../plan/change.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import type { Requirements } from '../run/pool.ts';
import type { HeldBack } from '../run/tier-standing.ts';
import type { AccessOperations } from './operations-access.ts';
import type { AlertOperations } from './operations-alert.ts';
import type { AnswerOperations } from './operations-answer.ts';
import type { ApprovalOperations } from './operations-approval.ts';
import type { AuditOperations, WhyOperations } from './operations-audit.ts';
import type { BudgetOperations } from './operations-budget.ts';
import type { DriftOperations } from './operations-drift.ts';
import type { HaltOperations } from './operations-halt.ts';
import type { SecretOperations } from './operations-secret.ts';
import type { OverrideOperations } from './operations-override.ts';
import type { ProposalOperations } from './operations-proposal.ts';
import type { RevisionOperations, RevisionRecord } from './operations-revision.ts';
import type { ReplayOperations } from './operations-replay.ts';
import type { RetryOperations, RetryRequest } from './operations-retry.ts';
import type { RolloutOperations } from './operations-rollout.ts';
import type { StartTaskRequest, TaskOperations } from './operations-task.ts';
import type { EnvironmentStatus } from './operations-status.ts';
import type { SyncOperations } from './operations-sync.ts';
import type { TokenOperations } from './operations-token.ts';
import type { RunChangesRequest, RunOperations, RunsRequest } from './operations-run.ts';

/**
 * What the doors ask of pawl. Two implementations: `app.ts` on an open database, and `api/client.ts` over HTTP
 * against a running `pawl up`. Every method throws `TerminalError` or `RetryableError`.
 */
export interface Operations
  extends RevisionOperations,
    DriftOperations,
    OverrideOperations,
    AcknowledgeOperations,
    AccessOperations,
    AlertOperations,
    AnswerOperations,
    ApprovalOperations,
    AuditOperations,
    WhyOperations,
    RunOperations,
    TaskOperations,
    TokenOperations,
    RetryOperations,
    RolloutOperations,
    BudgetOperations,
    HaltOperations,
    SecretOperations,
    SyncOperations,
    ProposalOperations,
    ReplayOperations {
  /** What pawl.yaml at the repository's HEAD declares. */
  environments(): Promise<readonly { readonly name: string; readonly branch: string }[]>;
  plan(request: PlanRequest): Promise<Plan>;
  /** Plans the commit again and applies it when the digest is the one given; else `plan.stale`, exit 6. */
  apply(request: ApplyRequest): Promise<AppliedRevision>;
  drift(environment: string): Promise<Plan['drift']>;
  status(): Promise<readonly EnvironmentStatus[]>;
  /** The newest first; `before` a revision continues the list. */
  history(request: HistoryRequest): Promise<readonly RevisionRecord[]>;
  get(request: GetRequest): Promise<readonly ResourceRecord[]>;
  submit(request: SubmitRequest): Promise<RunRecord>;
  /** Starts a run of a Task, or of a schedule's task now. */
  startTask(request: StartTaskRequest): Promise<RunRecord>;
  /** Starts a run again from its journal; from the start: a new run with its input, pinned to what is live now. */
  retry(id: string, request: RetryRequest): Promise<RunRecord>;
  run(id: string): Promise<RunRecord>;
  /** The newest first; `before` a run continues the list. */
  runs(request: RunsRequest): Promise<readonly RunRecord[]>;
  /** The same list as soon as it is another than the one that was seen, or when the wait is over. */
  runChanges(request: RunChangesRequest): Promise<{ readonly seen: string; readonly runs: readonly RunRecord[] }>;
  workers(): Promise<readonly WorkerRecord[]>;
  cancel(id: string): Promise<RunRecord>;
  /** Says what became of a call whose outcome is unknown, so that its run goes on. */
  resolve(request: ResolveRequest): Promise<RunRecord>;
  trace(id: string): Promise<TraceRecord>;
  close(): Promise<void>;
}

export interface PlanRequest {
  readonly environment: string;
  /** A branch, tag or commit; absent: the environment's branch. */
  readonly ref?: string;
  /** Plan the uncommitted files of the working copy instead; such a plan cannot be applied. */
  readonly workingCopy?: boolean;
  /** Also apply it in a transaction that is rolled back, and say what came of that. */
  readonly preflight?: boolean;
}

export interface ApplyRequest {
  readonly environment: string;
  readonly commit: string;
  readonly planDigest: string;
  /** Ids of risks and guards that they acknowledge with it. */
  readonly acknowledge?: readonly string[];
  /** Why it goes live although no window is open. */
  readonly outsideWindow?: string;
}

export interface AppliedRevision {
  readonly environment: string;
  readonly revision: number;
  readonly commit: string;
  readonly root: string;
  readonly summary: Plan['summary'];
  readonly revertOf: number | undefined;
}

export interface HistoryRequest {
  readonly environment: string;
  readonly limit: number;
  readonly before?: number;
}

export interface GetRequest {
  readonly environment: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** A revision's number, or a time in ISO 8601: what it held, or what the newest by then did. Absent: live. */
  readonly at?: string;
}

export interface ResourceRecord {
  readonly address: string;
  readonly generation: number;
  readonly revision: number;
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  readonly drifted: boolean;
  readonly manifest: JsonObject;
}

export interface SubmitRequest {
  readonly environment: string;
  /** `name` or `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly input: JsonObject;
  readonly idempotencyKey?: string;
  /** The conversation that the run goes on with, for agents that have a memory. */
  readonly session?: string;
  /** What a worker must have to execute the run. */
  readonly requires?: Requirements;
  /** 0 to 9; 9 is highest. Absent: 5. */
  readonly priority?: number;
  /** How long after its submission it must be over. */
  readonly deadlineMs?: number;
  /** It tries a case of an Eval, and is counted apart from what people and machines asked for. */
  readonly evaluates?: { readonly eval: string; readonly case: string; readonly turn: number };
}

export interface RunRecord {
  readonly id: string;
  readonly environment: string;
  readonly system: string;
  readonly revision: number;
  readonly state: 'Queued' | 'Running' | 'Waiting' | 'Succeeded' | 'Failed' | 'Cancelled' | 'TimedOut' | 'DeadLetter';
  readonly input: JsonObject;
  readonly output: unknown;
  readonly error:
    | { readonly code: string; readonly message: string; readonly node?: string; readonly path?: string }
    | undefined;
  /** For a waiting run: what it waits for. */
  readonly waits: readonly {
    readonly path: string;
    readonly kind: 'timer' | 'rate' | 'unknown' | 'human' | 'review' | 'approval' | 'halt';
    readonly dueAt: string | undefined;
  }[];
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** When its task starts it again. */
  readonly retryAt?: string | undefined;
  /** Of a queued run: why no worker of its pool takes it. */
  readonly held?: HeldBack | undefined;
}

export interface WorkerRecord {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** The pool whose runs it takes. */
  readonly pool: string;
  readonly slots: number;
  readonly running: number;
  readonly startedAt: string;
  readonly leaseUntil: string;
  readonly live: boolean;
  /** The isolation tiers that its self-test proved; absent: it has not tried them yet. */
  readonly tiers?: readonly Tier[] | undefined;
  /** Why it does not offer others, by tier. */
  readonly withheld?: Readonly<Record<string, string>> | undefined;
}

export interface ResolveRequest {
  readonly run: string;
  readonly path: string;
  readonly as: 'done' | 'failed' | 'again';
  readonly output?: unknown;
}

/** The journal, for reading. Arguments and outputs are not here: they are contents, shown by other doors. */
export interface TraceRecord {
  readonly run: RunRecord;
  /** Executions of nodes in the order in which they began, skipped nodes last; a list or a nested system has one of its own. */
  readonly nodes: readonly TraceNode[];
  readonly totals: {
    readonly tokensIn: number;
    readonly tokensOut: number;
    readonly cost: number;
    readonly calls: number;
    readonly denied: number;
  };
}

export interface TraceNode {
  readonly node: string;
  readonly kind: 'agent' | 'tool' | 'system' | 'human' | 'value';
  /** `namespace/name` of the agent, tool or system; of what people are asked, who answered. */
  readonly target: string;
  /** `stopped`: the run ended before the node did. */
  readonly state: 'done' | 'running' | 'waiting' | 'failed' | 'stopped' | 'skipped';
  /** What followed a failure that did not fail the run: another attempt, or the rest of the graph. */
  readonly then?: 'retried' | 'continued';
  readonly error?: { readonly code: string; readonly message: string };
  /** What the person `target` said. */
  readonly said?: 'answered' | 'approved' | 'changes' | 'denied';
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly calls: readonly TraceCall[];
}

export interface TraceCall {
  readonly path: string;
  readonly kind: 'model' | 'tool';
  readonly target: string;
  readonly decision: {
    readonly kind: 'allow' | 'ask' | 'deny';
    readonly rule: string;
    readonly reason?: string;
    readonly message?: string;
    /** The request by which people released it. */
    readonly approval?: string;
    /** Who approved that request, in the order in which they did. */
    readonly approvedBy?: readonly string[];
    /** What policies with `mode: audit` would have made of it, where that is another verdict. */
    readonly would?:
      | { readonly kind: 'allow' | 'ask' | 'deny'; readonly rule: string; readonly reason?: string | undefined }
      | undefined;
  };
  /** What guards found in what was sent and in the answer: names and counts. Absent: nothing. */
  readonly guards?: readonly {
    readonly guard: string;
    readonly mode: 'preCall' | 'postCall';
    readonly action: 'mask' | 'block' | 'audit';
    readonly found?: Readonly<Record<string, number>>;
    readonly failed?: string;
  }[];
  readonly outcome: 'running' | 'done' | 'failed' | 'denied' | 'unknown';
  /** Its worker ended before it was answered, and another made it again, with the same key. */
  readonly madeAgain?: true;
  /** Of a call that was put to people: the one who answered. */
  readonly answeredBy?: string;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly startedAt: string;
  readonly endedAt: string | undefined;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Micro-USD. */
  readonly cost: number;
  /** What was held for a call that took more than that. */
  readonly held?: { readonly tokens: number; readonly cost: number } | undefined;
}
