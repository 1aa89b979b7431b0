import type { Tier } from '../manifest/bundle-world.ts';
import type { Address } from '../manifest/resource.ts';
import type { GuardRefusal } from './guard.ts';

/**
 * What is shown beside a plan and varies by the hour: outside its digest, so that a pull request's plan and the one
 * after the merge can be equal. A member that was not looked at is absent.
 */
export interface Beside {
  readonly impact?: Impact;
  /** Of systems whose compiled content or authority changes, by name. */
  readonly budget?: readonly BudgetFigure[];
  readonly moreBudget?: number;
  readonly backtest?: Backtest;
  readonly preflight?: Preflight;
  readonly tiers?: TierLacks;
  readonly memories?: readonly MemorySearch[];
  /** `guard.live_runs`. */
  readonly guards?: readonly GuardRefusal[];
  readonly acknowledgements?: readonly Acknowledgement[];
}

/** How a memory of a changed system that says what embeds it is searched, where that is to be known. */
export interface MemorySearch {
  /** `namespace/name`. */
  readonly memory: string;
  /** Of the database: `ready`, or why it compares nothing. */
  readonly pgvector: 'ready' | 'available' | 'absent';
  /** Parts of entries that it holds and that nothing, or something else, has embedded. */
  readonly otherwise: number;
}

/** What the workers of the pool of runs that require nothing do not offer, and tools of changed systems need. */
export interface TierLacks {
  readonly pool: string;
  /** Live ones, each of which has tried its tiers. */
  readonly workers: number;
  /** By any of them. */
  readonly offered: readonly Tier[];
  readonly lacking: readonly {
    /** `namespace/name`. */
    readonly system: string;
    readonly tool: string;
    /** Any of which would do. */
    readonly tiers: readonly Tier[];
  }[];
  readonly moreLacking?: number;
}

/** What the changes reach, by reverse reference: from a prompt or a role to agents, systems, tasks and what starts those. */
export interface Impact {
  readonly systems: readonly Address[];
  readonly moreSystems?: number;
  /** By their next time, those that never come last. */
  readonly schedules: readonly ScheduleImpact[];
  readonly moreSchedules?: number;
  readonly webhooks: readonly WebhookImpact[];
  readonly moreWebhooks?: number;
  /** That try one of the systems, or that change. */
  readonly evals: readonly EvalImpact[];
  readonly moreEvals?: number;
  /** That are another, or whose members are. */
  readonly workforces: readonly WorkforceImpact[];
  readonly moreWorkforces?: number;
  /** Rollouts that an apply would begin, go on with or end; absent: none. */
  readonly rollouts?: readonly RolloutImpact[];
  readonly moreRollouts?: number;
  /** Runs that have not ended, by system; of those systems alone that have any. */
  readonly runs: readonly RunsInFlight[];
  readonly moreRuns?: number;
}

export interface ScheduleImpact {
  readonly address: Address;
  /** The AgentSystem that it starts; undefined: what it names is not there. */
  readonly system: Address | undefined;
  /** ISO 8601, in UTC; undefined: never, because it is suspended, removed, or no such day comes. */
  readonly nextFire: string | undefined;
  readonly fate: 'added' | 'removed' | 'kept';
}

export interface WebhookImpact {
  readonly address: Address;
  readonly system: Address | undefined;
  readonly fate: 'added' | 'removed' | 'kept';
}

export interface EvalImpact {
  readonly address: Address;
  readonly system: Address | undefined;
  readonly cases: number;
  readonly fate: 'added' | 'removed' | 'kept';
}

/** Agents and tools of a workforce: addresses, and what names a tool or an agent that is no resource. */
export interface WorkforceImpact {
  readonly address: Address;
  readonly fate: 'added' | 'removed' | 'kept';
  readonly joins: readonly string[];
  readonly moreJoins?: number;
  readonly leaves: readonly string[];
  readonly moreLeaves?: number;
  /** That stay and are not what they were. */
  readonly changes: readonly string[];
  readonly moreChanges?: number;
}

/** What becomes of the rollout of one system. */
export interface RolloutImpact {
  readonly system: Address;
  /** `added`: it begins. `removed`: it ends. `kept`: it goes on where it is, by other steps or to content compiled anew. */
  readonly fate: 'added' | 'removed' | 'kept';
  readonly strategy: 'canary' | 'blueGreen';
  /** Of 100 new runs, how many see the newest content once this is applied. */
  readonly weight: number;
  readonly steps: number;
  /** It takes the place of the one that is under way. */
  readonly replaces?: true;
  /** Why it ends. */
  readonly reason?: 'reverted' | 'rollback' | 'undeclared' | 'removed';
}

export interface RunsInFlight {
  /** `namespace/name`. */
  readonly system: string;
  readonly inFlight: number;
  /** When the oldest of them was submitted: ISO 8601, in UTC. */
  readonly oldest: string;
  /** The oldest and the newest revision that they are pinned to. */
  readonly revisions: { readonly oldest: number; readonly newest: number };
  /** What becomes of them where the plan removes the system. */
  readonly drain?: 'finish' | 'drain' | 'cancel';
  /** What of the changes they notice, and when. */
  readonly notices: readonly Notice[];
  readonly moreNotices?: number;
}

/** Fields of one changed resource that reach runs in flight in the same way. */
export interface Notice {
  readonly address: Address;
  /** `spec.prompt`, `spec.limits.maxSteps`; the first of them. */
  readonly fields: readonly string[];
  readonly moreFields?: number;
  /** `pinned`: they keep what they started with. `nextCall`: tightened, at their next call. `newRuns`: loosened, not at all. */
  readonly reaches: 'pinned' | 'nextCall' | 'newRuns' | 'atOnce';
}

export interface BudgetFigure {
  /** `namespace/name`. */
  readonly system: string;
  /** Micro-USD a run at most: caps times the worst price; undefined: see `ceilingLacks`. */
  readonly ceiling: Pair<number>;
  /** Why there is no ceiling, in words, sorted; empty: there is one, or the system is not there. */
  readonly ceilingLacks: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Micro-USD a day: what half of the recorded runs cost at most, at these prices × runs a day; undefined: `expectedLacks`. */
  readonly expected: Pair<number>;
  /** `no history`, or which prices are missing. */
  readonly expectedLacks: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** How many recorded runs it is taken from, and over how many days. */
  readonly runs: number;
  readonly days: number;
}

export interface Pair<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Recorded calls of the last runs of the systems that the plan changes, decided again under the target. */
export interface Backtest {
  readonly runs: number;
  readonly calls: number;
  /** Of the calls, those left as they were: denied then for what the journal does not keep. */
  readonly undecidedCalls?: number;
  /** Runs with a call that would newly wait for people. */
  readonly askedRuns?: number;
  /** Calls that passed without asking and would now wait. */
  readonly askedCalls?: number;
  /** Calls that people released and that would now pass without them. */
  readonly unaskedCalls?: number;
  /** Runs with a call that would now be denied. */
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
