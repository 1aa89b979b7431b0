import type { JsonObject } from '../manifest/json.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import type { Address } from '../manifest/resource.ts';

/** Who approves what one rule asks, and until when. */
export interface ApprovalTerms {
  /** Absent: whoever has the role `approver` in the namespace of the run. */
  readonly approvers?: { readonly groups: readonly string[]; readonly users: readonly string[]; readonly min: number };
  readonly ttlMs: number;
  /** The run's subject and the author of the manifest may not approve. */
  readonly fourEyes: boolean;
  /** One approval releases further calls along with it; absent: none. */
  readonly batch?: ApprovalBatch;
}

/** What one approval releases besides its own call. */
export interface ApprovalBatch {
  /** Further calls, at most. */
  readonly max: number;
  /** Arguments that they have in common with the approved one, sorted. */
  readonly same: readonly string[];
}

/** One rule that has people look at a call. Each that asks must be satisfied by itself. */
export interface Ask extends ApprovalTerms {
  /** `AgentPolicy/ns/name#condition`, `ToolPermission/ns/name`, `Agent/ns/name`, …: the rule that asks. */
  readonly rule: string;
}

/** Everything that an approval is bound to: a call that differs in any of it is another action. */
export interface Action {
  readonly environment: string;
  readonly run: string;
  /** The place: one execution of one node. */
  readonly step: string;
  /** The call's path without its attempt. */
  readonly call: string;
  readonly subject: Address;
  /** `namespace/name` of the Tool. */
  readonly tool: string;
  /** Digest of the pinned definition. */
  readonly pin: string;
  /** Digest of the canonical arguments. */
  readonly args: string;
  readonly isolation: string;
  readonly egress: readonly string[];
  /** `namespace/name/key`, sorted; never values. */
  readonly secrets: readonly string[];
  /** Digest of the subject's compiled rules, of the run's revision and of the live one. */
  readonly pinnedPolicy: string;
  readonly livePolicy: string;
}

/** SHA-256 of the canonical action. */
export function actionDigest(action: Action): string {
  return sha256(canonicalText(action as unknown as JsonObject));
}

/** The class of calls that an approval of one call releases. */
export interface AskedBatch extends ApprovalBatch {
  /** Digest of what its calls have in common. */
  readonly classDigest: string;
}

/** What a call consumes with its intent. */
export interface ConsumedByCall {
  readonly id: string;
  readonly actionDigest: string;
  /** The approval is that of another call of this class. */
  readonly classDigest?: string;
}

/** What is known of the approval that one call asked for; absent: it never asked. */
export interface ApprovalState {
  readonly id: string;
  readonly actionDigest: string;
  readonly state: 'pending' | 'approved' | 'consumed' | 'denied' | 'expired' | 'cancelled';
  /** Absent: it releases its own call alone. */
  readonly batch?: BatchState;
}

/** What is known of an approval that releases a class of calls. */
export interface BatchState {
  readonly classDigest: string;
  /** Calls that it still releases, its own one among them. */
  readonly left: number;
  /** Paths, without attempts, of the calls that it has released. */
  readonly used: readonly string[];
}
