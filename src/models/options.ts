import type { GatewayRule } from '../policy/authority.ts';
import type { Network } from '../tools/connect.ts';
import type { Secrets } from '../tools/secrets.ts';

export interface ModelCallOptions {
  /** Aborts when the run is cancelled or overdue, or the lease is lost. */
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
  /** Asked right before the request is written: the lease may have run out since the call was let through. */
  readonly mayStart?: (() => boolean) | undefined;
  /** Absent: `modelDeadlineMs`. The step's own timeout comes by the signal. */
  readonly deadlineMs?: number;
  /** Rules of the policies that reach the caller, about the gateways that a model may be reached by. */
  readonly gateways?: readonly GatewayRule[] | undefined;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network;
}

/** A model that thinks for long and does not stream may be silent for minutes; beyond this it is not coming back. */
export const modelDeadlineMs = 300_000;
