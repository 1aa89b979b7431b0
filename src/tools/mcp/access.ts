import type { BundleServer } from '../../manifest/bundle-world.ts';
import type { McpSessions } from './sessions.ts';

/** What calls of MCP tools reach. */
export interface McpAccess {
  readonly environment: string;
  /** Of the run's bundle, by `namespace/name`. */
  readonly servers: Readonly<Record<string, BundleServer>>;
  /** Of the worker: they outlive the run. */
  readonly sessions: McpSessions;
}
