import type { Json } from '../manifest/json.ts';
import type { Action, Ask, AskedBatch, ConsumedByCall } from './approval.ts';
import type { Budget } from './authority.ts';
import type { ReasonCode } from './reason.ts';

/**
 * The gate's answer. `ask`: people must release this very action. `draw`: what the run has drawn from shared accounts
 * does not cover the call, and the accounts are not known to be dry: draw, and decide again.
 */
export type Decision =
  | {
      readonly kind: 'allow';
      /** The grant that allowed it, e.g. `AgentRole/default/support`. */
      readonly rule: string;
      /** Tool calls: the parsed arguments, frozen; what is journalled is what is called. */
      readonly args?: Json;
      /** Their RFC 8785 canonical JSON, of which `argsDigest` is the SHA-256. */
      readonly argsText?: string;
      readonly argsDigest?: string;
      /** What is reserved before the call and settled after it. */
      readonly reserve: Reservation;
      /** Model calls: the output cap after clamping to what budgets and limits leave. */
      readonly maxOutputTokens?: number;
      /** Model calls: the estimate of the prompt that was decided on. */
      readonly inputTokens?: number;
      /** The approval that the call consumes with its intent. */
      readonly approval?: string;
      readonly consumes?: ConsumedByCall;
      readonly would?: AuditVerdict;
    }
  | {
      readonly kind: 'ask';
      /** The grant. */
      readonly rule: string;
      /** Every rule that asks, sorted by rule. */
      readonly asks: readonly Ask[];
      readonly args: Json;
      readonly argsDigest: string;
      /** What is bound to, and its digest. */
      readonly action: Action;
      readonly actionDigest: string;
      /** The class of calls that an approval releases along with it; absent: none. */
      readonly batch?: AskedBatch;
      readonly would?: AuditVerdict;
    }
  | { readonly kind: 'draw'; readonly draws: readonly Draw[] }
  | {
      readonly kind: 'deny';
      readonly reason: ReasonCode;
      /** The policy, limit or check that denied it. For audit and people, never for the model. */
      readonly rule: string;
      /** One sentence for people; never an argument's value. */
      readonly message: string;
      readonly argsDigest?: string;
      /** Of a model call whose size was decided on. */
      readonly inputTokens?: number;
      readonly would?: AuditVerdict;
    };

/** What policies with `mode: audit` would have made of the call, where that is another verdict. */
export interface AuditVerdict {
  readonly kind: 'allow' | 'ask' | 'deny';
  readonly reason?: ReasonCode;
  readonly rule: string;
}

/** What a call needs of one shared account, whatever the run has of it already. */
export interface Draw {
  /** `accountKey` of the budget: whose window it is now, the database says. */
  readonly account: string;
  readonly unit: Budget['unit'];
  readonly window: NonNullable<Budget['window']>;
  /** The lower one of both revisions. */
  readonly limit: number;
  /** What live says, or where it has no such budget the run's revision: what is shown. */
  readonly declared: number;
  /** Tokens, micro-USD or calls: as much as the call would like to hold. */
  readonly amount: number;
  /** With less the call cannot be made: a model's answer may be cut short. */
  readonly least: number;
}

export interface Reservation {
  readonly calls: number;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
}
