/** What a system's agents may do, compiled once per revision from grants and policies; plain JSON, stored with the bundle. */
export interface Authority {
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** By address: `Agent/ns/name`, and `AgentSystem/ns/name` for the system's own tool nodes. */
  readonly subjects: Readonly<Record<string, SubjectAuthority>>;
}

export interface SubjectAuthority {
  /** By `namespace/name` of the ModelEndpoint that the agent names. */
  readonly models: Readonly<Record<string, Verdict>>;
  /** By `namespace/name` of each Tool that the subject lists. */
  readonly tools: Readonly<Record<string, Verdict>>;
  /** Minimum over the agent's own limits and every policy that reaches it. */
  readonly limits: {
    readonly maxSteps: number;
    readonly maxToolCalls: number;
    readonly maxTokens?: number;
    /** Micro-USD. */
    readonly maxCost?: number;
    readonly maxDelegationDepth?: number;
    readonly timeoutMs: number;
  };
  /** `namespace/name` of the agents that it may hand work to, sorted; absent: to none. */
  readonly agents?: readonly string[];
  readonly budgets: readonly Budget[];
}

/** Compiled allow or deny of one cell, with the rule that says so. Explicit denies come before a missing grant. */
export type Verdict =
  | { readonly kind: 'allow'; readonly rule: string }
  | {
      readonly kind: 'deny';
      readonly reason: 'policy.denied' | 'policy.not_granted' | 'model.not_allowed';
      readonly rule: string;
      /** `policy.not_granted`: the permissions that no role of the subject gives, sorted. */
      readonly missing?: readonly string[];
    };

export interface Budget {
  /** `AgentPolicy/ns/name#index`: the account's name within a run. */
  readonly id: string;
  readonly scope: 'run';
  readonly unit: 'tokens' | 'usd' | 'calls';
  /** Tokens, micro-USD or calls. */
  readonly limit: number;
}
