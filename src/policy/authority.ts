import type { BundleGuard } from '../manifest/bundle-guard.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import type { ApprovalTerms } from './approval.ts';
import type { DataClass } from './data-class.ts';
import type { Facts } from './facts.ts';

/** What a system's agents may do, compiled once per revision from grants and policies; plain JSON, stored with the bundle. */
export interface Authority {
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** By address: `Agent/ns/name`, and `AgentSystem/ns/name` for the system's own tool nodes. */
  readonly subjects: Readonly<Record<string, SubjectAuthority>>;
  /**
   * By `namespace/name`: every Guard that a subject names. Here and not in the content, so that one that live adds
   * reaches the runs under way. Absent: none.
   */
  readonly guards?: Readonly<Record<string, BundleGuard>>;
}

export interface SubjectAuthority {
  /** By `namespace/name` of the ModelEndpoint that the agent names. */
  readonly models: Readonly<Record<string, Verdict>>;
  /** By `namespace/name` of each Tool that the subject lists, `mcp:namespace/server:tool`, `memory:…`. */
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
  // What follows is absent where no rule says it, so that bundles of estates without it keep their digest.
  /** Who approves, by the rule that asks: `ToolPermission/ns/name`, `AgentPolicy/ns/name`, `Agent/ns/name`. */
  readonly approvals?: Readonly<Record<string, ApprovalTerms>>;
  /** By id. */
  readonly conditions?: readonly Condition[];
  readonly flow?: readonly FlowRule[];
  /** Digests of the pinned definitions of tools of MCP servers, by the tool as in `tools`; absent: it lists none. */
  readonly pins?: Readonly<Record<string, string>>;
  /** What `conditions` and `flow` look at; absent where there are none. */
  readonly facts?: Facts;
  readonly rates?: readonly RateRule[];
  /** Each must have the host that a tool connects to. */
  readonly egress?: readonly { readonly rule: string; readonly hosts: readonly string[] }[];
  /** The strongest floor of all policies. */
  readonly isolation?: { readonly rule: string; readonly min: Tier };
  readonly gateways?: readonly GatewayRule[];
  /** The tightest clamp of all policies on what one model call may answer. */
  readonly maxOutputTokens?: { readonly rule: string; readonly tokens: number };
  /** `namespace/name` of the Guards that each call passes, sorted. */
  readonly guards?: readonly string[];
  /** The same row as if policies with `mode: audit` were enforced: asked beside it, recorded, and never obeyed. */
  readonly audit?: SubjectAuthority;
}

export interface Condition {
  /** `AgentPolicy/ns/name#condition`. */
  readonly id: string;
  readonly kind: 'askIf' | 'denyUnless';
  /** CEL. */
  readonly expr: string;
  /** `askIf`: key of `approvals`. */
  readonly asks?: string;
}

export interface FlowRule {
  /** `AgentPolicy/ns/name#name`; without a name what it says: `…#flow-privateRead-deny-externalWrite`. */
  readonly id: string;
  /** Sorted: all of these must have been touched. */
  readonly when: readonly ('privateRead' | 'untrustedRead')[];
  readonly what: 'deny' | 'ask';
  /** Calls of tools of this class. */
  readonly target: DataClass;
  /** `ask`: key of `approvals`. */
  readonly asks?: string;
}

export interface RateRule {
  /** `AgentPolicy/ns/name#rate-key-windowMs`. */
  readonly id: string;
  readonly key: 'run' | 'agent' | 'system' | 'namespace' | 'tool' | 'model';
  /** Whose calls share the bucket, where the key is an agent, a system or a namespace. */
  readonly sharedBy?: string;
  readonly limit: number;
  readonly windowMs: number;
}

export interface GatewayRule {
  readonly rule: string;
  /** Sorts of calls that must go through a gateway. */
  readonly require: readonly ('model' | 'tool' | 'agent')[];
  /** `namespace/name`; absent: any. */
  readonly allow?: readonly string[];
}

/** Compiled allow or deny of one cell, with the rule that says so. Explicit denies come before a missing grant. */
export type Verdict =
  | { readonly kind: 'allow'; readonly rule: string }
  | {
      readonly kind: 'ask';
      /** The grant. */
      readonly rule: string;
      /** Keys of `approvals`, sorted: each must be satisfied. */
      readonly asks: readonly string[];
    }
  | {
      readonly kind: 'deny';
      readonly reason:
        | 'tool.pin_missing'
        | 'mcp.identity_mismatch'
        | 'policy.denied'
        | 'policy.not_granted'
        | 'isolation.unavailable'
        | 'model.not_allowed';
      readonly rule: string;
      /** `policy.not_granted`: the permissions that no role of the subject gives, sorted. */
      readonly missing?: readonly string[];
    };

export interface Budget {
  /** `AgentPolicy/ns/name#index` of a run's; of a shared one `…#scope-unit-window`, which is another only when it is. */
  readonly id: string;
  readonly scope: 'run' | 'agent' | 'system' | 'namespace';
  /** Calendar in UTC; absent for a run's. */
  readonly window?: 'hour' | 'day' | 'week' | 'month';
  /** Whose runs share it: an agent's or a system's `ns/name`, or a namespace; absent for a run's. */
  readonly sharedBy?: string;
  readonly unit: 'tokens' | 'usd' | 'calls';
  /** Tokens, micro-USD or calls. */
  readonly limit: number;
}
