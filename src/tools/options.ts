import type { MemoryAccess } from '../memory/access.ts';
import type { Network } from './connect.ts';
import type { McpAccess } from './mcp/access.ts';
import type { RemoteTask } from './a2a/remote-task.ts';
import type { Isolation } from './isolation/isolated.ts';
import type { Secrets } from './secrets.ts';

export interface ToolCallOptions {
  /** Aborts when the run is cancelled or overdue, or the lease is lost. */
  readonly signal: AbortSignal;
  /** Asked right before anything is sent or started: the lease may have run out since the call was let through. */
  readonly mayStart?: (() => boolean) | undefined;
  /** The same for every attempt at one call of one run. */
  readonly idempotencyKey: string;
  readonly secrets: Secrets;
  /** Less time than the tool's own, for this use of it. */
  readonly timeoutMs?: number | undefined;
  /** What memory tools reach; absent: this worker keeps no memories. */
  readonly memory?: MemoryAccess | undefined;
  /** What programs run in; absent: this worker runs none. */
  readonly isolation?: Isolation | undefined;
  /** What tools of MCP servers reach; absent: this process reaches none. */
  readonly mcp?: McpAccess | undefined;
  /** Lists of hosts of the policies that reach the caller: a tool connects only where each of them says, and redirects too. */
  readonly egress?: readonly (readonly string[])[] | undefined;
  /** Of calls of agents elsewhere; absent: nothing is kept of the task. */
  readonly task?: RemoteTask | undefined;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network;
}
