import type { JsonObject } from '../manifest/json.ts';
import type { HeldBack } from '../run/tier-standing.ts';

/** What on-call asks of runs beyond reading one. */
export interface RunOperations {
  /** Where a run stands in its pool, who works on it, what it waits for, and whether what it is pinned to is live. */
  standing(id: string): Promise<RunStanding>;
  /** What an environment does now and did in the last minutes. */
  top(environment: string): Promise<TopRecord>;
  /** What became of runs, the oldest first; waits for news where there is none. */
  runEvents(request: RunEventsRequest): Promise<RunEvents>;
}

export const runStates = [
  'Queued',
  'Running',
  'Waiting',
  'Succeeded',
  'Failed',
  'Cancelled',
  'TimedOut',
  'DeadLetter',
] as const;

export type RunState = (typeof runStates)[number];

export interface RunsRequest {
  readonly environment: string;
  readonly limit: number;
  readonly states?: readonly RunState[];
  /** `name` or `namespace/name` of the AgentSystem. */
  readonly system?: string;
  /** A run's id: the list goes on with those that were made before it. */
  readonly before?: string;
  /** Of whose systems; absent: of all. */
  readonly namespaces?: readonly string[];
}

export interface RunChangesRequest extends RunsRequest {
  /** What the last answer gave: the next one comes when the list is another. */
  readonly seen?: string;
  /** How long to wait for a change before the same list is the answer. */
  readonly waitMs: number;
}

export interface RunEventsRequest {
  readonly environment: string;
  readonly limit: number;
  /** A position: the answer goes on after it. Absent: the newest events. */
  readonly after?: number;
  readonly run?: string;
  /** How long to wait for an event before none is the answer. */
  readonly waitMs: number;
  /** Of whose systems; absent: of all. */
  readonly namespaces?: readonly string[];
}

export interface RunEvents {
  readonly events: readonly RunEvent[];
  /** Where to go on. */
  readonly after: number;
}

/** As `schemas/output/run-event.schema.json` describes it. */
export interface RunEvent {
  /** Rises from event to event, with gaps; the same event has the same one wherever it is read. */
  readonly position: number;
  readonly at: string;
  /** `run.failed`, `wait.opened`, … */
  readonly event: string;
  readonly environment: string;
  readonly system: string;
  readonly run: string;
  /** Names, states, codes; no contents. */
  readonly detail: JsonObject;
}

export interface RunStanding {
  readonly run: string;
  readonly submittedBy: string;
  /** What began it (a task, a time of a schedule, a delivery): `kind` and what names that. */
  readonly cause: JsonObject | undefined;
  /** Of a run of a task that says how often to try; `next` is absent unless another attempt is decided on. */
  readonly attempts?:
    | { readonly number: number; readonly max: number; readonly next: string | undefined; readonly over: boolean }
    | undefined;
  /** The run that it is another try of, from the start. */
  readonly retriedFrom: string | undefined;
  readonly pool: string;
  readonly priority: number;
  readonly idempotencyKey: string | undefined;
  /** When it is overdue. */
  readonly deadlineAt: string | undefined;
  readonly cancelRequestedAt: string | undefined;
  readonly drainRequestedAt: string | undefined;
  /** Workers that died while they executed it. */
  readonly crashes: number;
  /** Rises whenever somebody takes it up or loses it. */
  readonly fence: number;
  readonly worker:
    | { readonly id: string; readonly host: string; readonly pid: number; readonly live: boolean }
    | undefined;
  readonly pin: {
    /** Digest of the bundle that it keeps to its end. */
    readonly bundle: string;
    /** `replaced`: new runs of the system get another bundle. `gone`: live has no such system. */
    readonly state: 'live' | 'replaced' | 'gone';
    readonly liveRevision: number;
  };
  readonly waits: readonly RunWait[];
}

export interface RunWait {
  readonly path: string;
  readonly kind: 'timer' | 'rate' | 'unknown' | 'human' | 'review' | 'approval' | 'halt';
  readonly since: string;
  readonly dueAt: string | undefined;
  /** What is asked of whom. */
  readonly detail: JsonObject | undefined;
}

export interface TopRecord {
  readonly environment: string;
  /** Over how many of the last milliseconds rates and ends are counted. */
  readonly windowMs: number;
  readonly pools: readonly TopPool[];
  readonly workers: { readonly live: number; readonly slots: number; readonly running: number };
  readonly systems: readonly TopSystem[];
}

export interface TopPool {
  readonly pool: string;
  readonly queued: number;
  /** How long the oldest has been waiting for a worker. */
  readonly oldestMs: number;
  /** What its measures ask for, between its bounds; absent: no pool of this name is live. */
  readonly desiredWorkers: number | undefined;
  /** Why no worker takes them although some live. */
  readonly held?: HeldBack | undefined;
}

/** Runs that are open now; ends, calls and money of the window. */
export interface TopSystem {
  readonly system: string;
  readonly queued: number;
  readonly running: number;
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly dead: number;
  readonly steps: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** Micro-USD. */
  readonly cost: number;
  /** 95th percentile from start to end of the runs that ended. */
  readonly p95Ms: number | undefined;
}
