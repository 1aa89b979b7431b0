import type { Json, JsonObject } from '../../src/manifest/json.ts';
import type {
  AuditRow,
  ClaimedRun,
  OwnedRun,
  RunError,
  StoredBundle,
  WaitKind,
  WorkerIdentity,
} from '../../src/run/executor.ts';
import type { JournalEntry, RecordedRow } from '../../src/run/journal-entry.ts';
import type { MemoryAnswer } from './memory-answer.ts';
import { approvalAt, type MemoryApproval } from './memory-approval.ts';

/** Rows as the tables hold them, with what is asked of them when a run is judged. */
export interface MemoryRun {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  readonly system: string;
  readonly revision: number;
  readonly bundle: string;
  readonly pool: string;
  readonly session: string | undefined;
  readonly priority: number;
  readonly fairKey: number;
  readonly input: JsonObject;
  readonly idempotencyKey: string | undefined;
  state: 'Queued' | 'Running' | 'Waiting' | 'Succeeded' | 'Failed' | 'Cancelled' | 'TimedOut' | 'DeadLetter';
  runAt: number | undefined;
  deadlineAt: number;
  cancelRequested: boolean;
  drainRequested: boolean;
  /** A person answered one of its questions since it was claimed. */
  answered: boolean;
  /** Since when it waits for people. */
  askedAt: number | undefined;
  owner: string | undefined;
  fence: number;
  crashes: number;
  output: unknown;
  error: RunError | undefined;
  /** How often the run was ended: more than once is a fault of the store. */
  ends: number;
  readonly steps: MemoryStep[];
  readonly waits: Map<string, MemoryWait>;
  readonly approvals: MemoryApproval[];
  readonly claims: { readonly worker: string; readonly fence: number }[];
  readonly audit: AuditRow[];
}

export type MemoryStep = RecordedRow & {
  readonly fence: number;
  /** The live revision that an intent was decided upon. */
  readonly revision: number | undefined;
  /** Arguments of an intent, which a claim does not read. */
  readonly args: string | undefined;
};

export interface MemoryWait {
  readonly path: string;
  readonly kind: WaitKind;
  dueAt: number | undefined;
  readonly detail: JsonObject | undefined;
  readonly createdAt: number;
  readonly votes: MemoryAnswer[];
  resolved: boolean;
}

export interface MemoryWorker {
  readonly identity: WorkerIdentity;
  leaseUntil: number;
  /** Its session lock is held. */
  alive: boolean;
}

export interface MemoryEnvironment {
  revision: number;
  /** By system: the current bundle's digest. */
  readonly current: Map<string, string>;
  readonly bundles: Map<string, StoredBundle>;
}

export const endedStates: ReadonlySet<MemoryRun['state']> = new Set([
  'Succeeded',
  'Failed',
  'Cancelled',
  'TimedOut',
  'DeadLetter',
]);

export interface MemoryStoreOptions {
  readonly clock?: () => number;
  readonly crashesMax?: number;
  /** False: takes writes of whoever owned a run once; whoever judges a simulation has to notice. */
  readonly fenced?: boolean;
}

export interface MemorySubmission {
  readonly id?: string;
  readonly system?: string;
  readonly input?: JsonObject;
  readonly pool?: string;
  readonly priority?: number;
  readonly idempotencyKey?: string;
  /** The conversation that it goes on with. */
  readonly session?: string;
}

type Submitted = 'id' | 'environment' | 'namespace' | 'system' | 'revision' | 'bundle' | 'pool' | 'priority';

export function newRun(
  of: Pick<MemoryRun, Submitted | 'fairKey' | 'input' | 'idempotencyKey' | 'session' | 'deadlineAt'>,
): MemoryRun {
  return {
    ...of,
    state: 'Queued',
    runAt: undefined,
    owner: undefined,
    fence: 0,
    crashes: 0,
    ends: 0,
    cancelRequested: false,
    drainRequested: false,
    answered: false,
    askedAt: undefined,
    output: undefined,
    error: undefined,
    steps: [],
    waits: new Map(),
    approvals: [],
    claims: [],
    audit: [],
  };
}

/** A namespace's next run starts one after its last queued one, but never before the earliest that still waits. */
export function fairKeyOf(
  runs: readonly MemoryRun[],
  { pool, priority, namespace }: Pick<MemoryRun, 'pool' | 'priority' | 'namespace'>,
): number {
  const queued = runs.filter((run) => run.state === 'Queued' && run.pool === pool);
  const earliest = queued.filter((run) => run.crashes < 2 && run.priority === priority).map((run) => run.fairKey);
  const own = queued.filter((run) => run.namespace === namespace).map((run) => run.fairKey);
  return Math.max(earliest.length === 0 ? 0 : Math.min(...earliest), Math.max(0, ...own) + 1);
}

/** What a worker hears of a run that it owns. */
export function ownedOf(run: MemoryRun, nowMs: number): OwnedRun {
  const overdue = run.deadlineAt <= nowMs ? 'overdue' : undefined;
  const interrupted = run.cancelRequested ? 'cancelled' : (overdue ?? (run.drainRequested ? 'drained' : null));
  return { run: run.id, fence: run.fence, interrupted };
}

/** The order in which runs are claimed. */
export function byTurn(a: MemoryRun, b: MemoryRun): number {
  return b.priority - a.priority || a.fairKey - b.fairKey || (a.id < b.id ? -1 : 1);
}

/** What a person says of a call whose outcome nobody knows. */
export type MemoryResolution = { readonly done: Json } | 'failed' | 'again';

/** The result that a person's word is written as. */
export function resolutionOf(
  intent: MemoryStep,
  { as, fence, atMs }: { readonly as: MemoryResolution; readonly fence: number; readonly atMs: number },
): MemoryStep {
  const error = { code: 'call.resolved', message: 'A person says so.', retryable: false };
  return {
    ...intent,
    phase: 'result',
    fence,
    atMs,
    decision: undefined,
    args: undefined,
    revision: undefined,
    tokensReserved: undefined,
    tokensIn: 0,
    tokensOut: 0,
    ...(typeof as === 'object'
      ? { outcome: 'done', body: JSON.stringify(as.done) }
      : { outcome: as === 'again' ? 'unknown' : 'failed', error }),
  };
}

/** What a claim gives of a run. */
export function claimedOf(run: MemoryRun, liveRevision: number, nowMs: number): ClaimedRun {
  const head = run.audit.at(-1);
  const { id, environment, namespace, system, revision, bundle, fence, crashes, input, session } = run;
  return {
    id,
    environment,
    namespace,
    system,
    revision,
    bundle,
    fence,
    crashes,
    input,
    ...(session === undefined ? {} : { session }),
    liveRevision,
    cancelled: run.cancelRequested,
    overdue: run.deadlineAt <= nowMs,
    deadlineInMs: run.deadlineAt - nowMs,
    drained: run.drainRequested,
    steps: run.steps.map(({ revision: _revision, args: _args, ...row }) => row),
    waits: Array.from(run.waits.values(), ({ path, kind, dueAt }) => ({
      path,
      kind,
      remainingMs: dueAt === undefined ? 0 : Math.max(0, Math.ceil(dueAt - nowMs)),
      ...approvalAt(run, path, nowMs),
    })),
    ...(head === undefined ? {} : { audit: { seq: head.seq, hash: head.hash } }),
  };
}

/** One entry as the journal keeps it. */
export function stepOf(entry: JournalEntry, fence: number, atMs: number): MemoryStep {
  const { path, phase, node, kind, target, argsDigest, decision, body, cost } = entry;
  const common = { path, phase, node, kind, target, argsDigest, decision, cost, fence, atMs };
  if (entry.phase === 'intent') {
    return {
      ...common,
      body: undefined,
      args: body,
      outcome: undefined,
      error: undefined,
      tokensReserved: entry.tokensReserved,
      tokensIn: undefined,
      tokensOut: undefined,
      revision: entry.liveRevision,
    };
  }
  const { outcome, error, tokensIn, tokensOut } = entry;
  const nothing = { tokensReserved: undefined, revision: undefined, args: undefined };
  return { ...common, ...nothing, body, outcome, error, tokensIn, tokensOut };
}

/** A row that is there already is left alone; says where it was another. */
export function keep(run: MemoryRun, step: MemoryStep): readonly string[] {
  const known = run.steps.find((row) => row.path === step.path && row.phase === step.phase);
  if (known === undefined) run.steps.push(step);
  // Of a question that a person answered and nobody had time for, only the first counts.
  if (known?.kind === 'human' && run.answered) return [];
  if (known === undefined || (known.outcome === step.outcome && known.body === step.body)) return [];
  return [`${step.path} of run ${run.id} was ${known.outcome}, and then ${step.outcome}`];
}
