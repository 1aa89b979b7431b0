import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';

/** What ended runs used. */
export interface RecordedUse {
  readonly days: number;
  readonly runs: number;
  /** So many runs are looked at, at most. */
  readonly runsMax: number;
  /** For how many days each agent is there. */
  readonly ages: readonly { readonly address: Address; readonly days: number }[];
  readonly calls: readonly UsedCall[];
  readonly steps: readonly UsedStep[];
  /** What the run that used most took. */
  readonly most: { readonly calls: number; readonly tokens: number; readonly usd: number };
  readonly budgets: readonly UsedBudget[];
}

/** What runs used of one shared budget. */
export interface UsedBudget {
  /** `AgentPolicy/ns/name#scope-unit-window`. */
  readonly budget: string;
  /** Windows that ended in those days, and in which somebody drew from it; of all who have an account of it. */
  readonly windows: number;
  /** Of the window that used most: tokens, micro-USD or calls. */
  readonly most: number;
}

export interface UsedCall {
  /** `namespace/name` of the agent that made it; undefined: a system's tool node, or nobody can tell. */
  readonly agent: string | undefined;
  /** False: the bundle that the run was pinned to has no such place, so that nobody can tell who made it. */
  readonly isKnown: boolean;
  readonly kind: 'model' | 'tool';
  readonly target: string;
  readonly calls: number;
  readonly last: string;
}

/** One execution of one node by an agent. */
export interface UsedStep {
  readonly agent: string;
  readonly models: number;
  readonly tools: number;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
}

/** A manifest that grants no more than was used. */
export interface Proposal {
  readonly address: Address;
  readonly after: JsonObject;
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  /** e.g. `spec.tools["support/refund"]`, `spec.limits.maxSteps`. */
  readonly field: string;
  readonly before: string;
  /** `removed`, or the value that is proposed. */
  readonly after: string;
  readonly because: string;
}
