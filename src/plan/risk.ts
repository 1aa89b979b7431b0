import type { Address } from '../manifest/resource.ts';
import type { Approvers } from '../manifest/rules.ts';
import type { Cause } from './access.ts';

/** `R1` to `R13` of plan.md, and the first apply of an environment. */
export type RiskClass =
  | 'R1'
  | 'R2'
  | 'R3'
  | 'R4'
  | 'R5'
  | 'R6'
  | 'R7'
  | 'R8'
  | 'R9'
  | 'R10'
  | 'R11'
  | 'R12'
  | 'R13'
  | 'bootstrap';

/** One change in what is permitted, spent or reachable that somebody must know of. */
export interface Risk {
  /** `R1-3f2a`: class and the first hex digits of `content`, more of them where two would be alike; `bootstrap`. */
  readonly id: string;
  readonly class: RiskClass;
  /** `access.widened`; `bootstrap`. */
  readonly name: string;
  /** SHA-256 of what the risk is about: an acknowledgement binds to (environment, class, content). */
  readonly content: string;
  /** `ack`: apply refuses until it is acknowledged. `notice`: shown. */
  readonly gate: 'ack' | 'notice';
  /** Whom it is about, where it is grouped: an agent, a policy, a tool. */
  readonly subject: Address | undefined;
  /** One sentence for people. */
  readonly title: string;
  /** What it consists of, one line each, sorted; never a sensitive value. */
  readonly details: readonly string[];
  readonly causes: readonly Cause[];
  readonly approvers: Approvers;
}
