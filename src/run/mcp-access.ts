import type { McpAccess } from '../tools/mcp/access.ts';
import type { Scope } from './scope.ts';

/** What tools of MCP servers reach: the servers as the run has pinned them, in the sessions of the worker. */
export function mcpAccess({ run, content, sessions }: Scope): McpAccess | undefined {
  if (sessions === undefined || content.servers === undefined) return undefined;
  return { environment: run.environment, servers: content.servers, sessions };
}
