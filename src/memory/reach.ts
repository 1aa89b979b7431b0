import type { Network } from '../tools/connect.ts';
import type { Secrets } from '../tools/secrets.ts';

/** How a memory that is somewhere else may be reached, for one call. */
export interface MemoryReach {
  readonly secrets: Secrets;
  /** Aborts when the run or the call has to stop. */
  readonly signal: AbortSignal;
  /** Asked right before anything is sent: the lease may have run out since the call was let through. */
  readonly mayStart?: (() => boolean) | undefined;
  /** Lists of hosts of the policies that reach the caller: each must have the service's. */
  readonly egress?: readonly (readonly string[])[] | undefined;
  /** Less time than the Memory's own, for this use of it. */
  readonly timeoutMs?: number | undefined;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network | undefined;
}
