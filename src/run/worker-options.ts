import type { Bus } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { Memories } from '../memory/memory.ts';
import type { Isolation } from '../tools/isolation/isolated.ts';
import type { McpSessions } from '../tools/mcp/sessions.ts';
import type { SecretSource } from '../tools/secret-reading.ts';
import type { Executor } from './executor.ts';
import type { Outside } from './outside.ts';

/** What a worker works with. */
export interface WorkerOptions {
  readonly executor: Executor;
  readonly bus: Bus;
  readonly log: Log;
  readonly secrets: SecretSource;
  /** Absent: this worker keeps no memories. */
  readonly memories?: Memories & { readonly sweep: () => Promise<void> };
  /** Closed when the worker stops; absent: this worker reaches no MCP servers. */
  readonly sessions?: McpSessions;
  /** What programs and modules run in, once it is proved; absent: this worker starts none. */
  readonly isolation?: () => Promise<Isolation>;
  /** Where calls go instead of the world. */
  readonly outside?: Outside;
  readonly slots: number;
  readonly host: string;
  readonly version: string;
  readonly pool?: string;
  readonly leaseMs?: number;
  /** How long calls under way may take to end when the worker stops. */
  readonly graceMs?: number;
}
