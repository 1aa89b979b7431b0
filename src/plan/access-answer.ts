import type { JsonObject } from '../manifest/json.ts';
import type { Ask } from '../policy/approval.ts';
import type { DataClass } from '../policy/data-class.ts';
import type { ReasonCode } from '../policy/reason.ts';
import type { Entitlement } from './entitlement.ts';

/** Who may call what, as a person asks it: names without a namespace are those of `default`, or the only ones. */
export interface AccessQuestion {
  /** A tool, or a model where no tool is called so. */
  readonly tool: string;
  /** `writer`, `support/writer`, or `system/NAME` for the tool nodes of a system; absent: everybody. */
  readonly agent?: string;
  /** An AgentSystem; absent: each that the caller is in. */
  readonly system?: string;
  /** The JSON text of a call's arguments; absent: rules alone are asked. */
  readonly arguments?: string;
  /** With arguments: what the run has touched before, for rules on data. */
  readonly touched?: readonly DataClass[];
  /** With arguments: the run's input, for conditions that read it; absent: empty. */
  readonly input?: JsonObject;
}

export interface AccessAnswer {
  readonly target: AccessTarget;
  readonly rows: readonly AccessRow[];
}

export interface AccessTarget {
  readonly kind: 'tool' | 'model';
  /** `namespace/name`. */
  readonly name: string;
}

export interface AccessRow {
  readonly entitlement: Entitlement;
  /** Where arguments were given: the gate's word on a first call with them. */
  readonly decision?: {
    readonly kind: 'allow' | 'ask' | 'deny';
    readonly reason?: ReasonCode;
    /** For people; never an argument's value. */
    readonly message?: string;
    /** Whom the rules ask about a call with these arguments. */
    readonly asks?: readonly Ask[];
  };
}
