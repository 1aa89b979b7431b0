import type { Action } from '../policy/approval.ts';

/** What calls people are asked to release, and what they say. Who says it is who is asked by the door, never a body. */
export interface ApprovalOperations {
  /** A page of requests, the oldest first. */
  approvals(request: ApprovalsRequest): Promise<readonly ApprovalRecord[]>;
  approval(id: string): Promise<ApprovalRecord>;
  decideApproval(request: ApprovalDecision): Promise<ApprovalDecided>;
}

export const approvalStates = ['pending', 'approved', 'consumed', 'denied', 'expired', 'cancelled'] as const;
export type ApprovalRecordState = (typeof approvalStates)[number];

export interface ApprovalsRequest {
  readonly environment: string;
  /** Absent: pending ones. */
  readonly states?: readonly ApprovalRecordState[];
  readonly run?: string;
  /** Absent: of all. */
  readonly namespaces?: readonly string[];
  /** Id of the last one of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** One call, exactly as it would be made, and what people said of it. */
export interface ApprovalRecord {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  readonly run: string;
  /** `namespace/name` of the run's AgentSystem. */
  readonly system: string;
  /** Of the call: the execution of the node, through nested systems and agents. */
  readonly place: string;
  readonly path: string;
  readonly actionDigest: string;
  /** Everything that an approval binds to. */
  readonly action: Omit<Action, 'environment' | 'run' | 'step' | 'call'>;
  /** What the tool would be called with; what its schema calls sensitive reads `(sensitive)`. */
  readonly arguments: unknown;
  readonly asks: readonly {
    readonly rule: string;
    /** Who is asked, in words. */
    readonly who: string;
    /** Absent: whoever has the role `approver` in the run's namespace. */
    readonly approvers?: {
      readonly groups: readonly string[];
      readonly users: readonly string[];
      readonly min: number;
    };
    readonly min: number;
    readonly approved: number;
    readonly fourEyes: boolean;
  }[];
  /** What approving it releases besides: further calls, with the same values of some arguments. Absent: nothing. */
  readonly batch?: { readonly max: number; readonly same: readonly string[]; readonly used: number };
  /** Who submitted the run. */
  readonly subject: string;
  readonly state: ApprovalRecordState;
  readonly votes: readonly {
    readonly by: string;
    readonly as: 'approve' | 'deny';
    readonly text: string | undefined;
    readonly at: string;
    /** There was nobody else to ask, so that four eyes did not hold. */
    readonly alone?: boolean;
  }[];
  readonly decidedBy: string | undefined;
  readonly reason: string | undefined;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly decidedAt: string | undefined;
}

export interface ApprovalDecision {
  readonly id: string;
  /** Of the action that was looked at: its digest, or at least the first 8 hex digits of it. */
  readonly digest: string;
  readonly as: 'approve' | 'deny';
  /** Of `deny`. */
  readonly text?: string;
}

export interface ApprovalDecided {
  readonly id: string;
  readonly run: string;
  /** `pending`: it counts, and more people are needed. */
  readonly state: 'pending' | 'approved' | 'denied';
  /** Nobody else is set up here, so that four eyes did not hold. */
  readonly alone: boolean;
}
