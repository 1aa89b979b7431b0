import type { Json } from '../manifest/json.ts';
import type { ReasonCode } from './reason.ts';

/** The gate's answer. `ask` joins with approvals; until then a rule that asks is refused at plan time. */
export type Decision =
  | {
      readonly kind: 'allow';
      /** The grant that allowed it, e.g. `AgentRole/default/support`. */
      readonly rule: string;
      /** Tool calls: the parsed arguments, frozen; what is journalled is what is called. */
      readonly args?: Json;
      readonly argsDigest?: string;
      /** What is reserved before the call and settled after it. */
      readonly reserve: Reservation;
      /** Model calls: the output cap after clamping to what budgets and limits leave. */
      readonly maxOutputTokens?: number;
    }
  | {
      readonly kind: 'deny';
      readonly reason: ReasonCode;
      /** The policy, limit or check that denied it. For audit and people, never for the model. */
      readonly rule: string;
      /** One sentence for people; never an argument's value. */
      readonly message: string;
      readonly argsDigest?: string;
    };

export interface Reservation {
  readonly calls: number;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
}
