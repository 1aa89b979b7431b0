import { sha256 } from './digest.ts';
import { qualify } from './reference.ts';

/** What rules, journals and plans call a tool of an MCP server by: `mcp:namespace/server:tool`. */
export function serverToolId(server: string, tool: string): string {
  return `${serverPrefix}${server}:${tool}`;
}

const serverPrefix = 'mcp:';

export interface ServerToolId {
  /** `namespace/name` of the McpServer. */
  readonly server: string;
  /** The tool's name at the server. */
  readonly tool: string;
}

/** Undefined: it is the name of something else. */
export function parseServerToolId(id: string): ServerToolId | undefined {
  if (!id.startsWith(serverPrefix)) return undefined;
  const [, server, tool] = /^mcp:([^:/]+\/[^:/]+):(.+)$/.exec(id) ?? [];
  return server === undefined || tool === undefined ? undefined : { server, tool };
}

/** What a rule's list calls every tool of a server by. */
export function serverKey(server: string): string {
  return `${serverPrefix}${server}`;
}

const offeredCharactersMax = 64;
const hashCharacters = 8;

/**
 * What a model calls it by: `github__create_issue`. No Tool and no agent has an underscore in its name, so that none can
 * be taken for it. A name that providers would refuse is made to fit, with a hash that keeps it apart from others.
 */
export function serverToolName({ server, tool }: ServerToolId): string {
  const name = `${server.slice(server.indexOf('/') + 1)}__${tool}`;
  const fitting = name.replace(/[^A-Za-z0-9_-]/g, '_');
  if (fitting === name && name.length <= offeredCharactersMax) return name;
  const hash = sha256(name).slice(0, hashCharacters);
  return `${fitting.slice(0, offeredCharactersMax - hashCharacters - 1)}_${hash}`;
}

/**
 * What an entry of a rule's list of tools stands for where it names an MCP server: `mcp:github` for every tool of it,
 * `mcp:github:create_issue` for one. Undefined: it names something else.
 */
export function serverEntryOf(entry: string, namespace: string): string | undefined {
  const [, reference, tool] = /^mcp:([^:]+)(?::(.+))?$/.exec(entry) ?? [];
  if (reference === undefined) return undefined;
  const server = qualify(reference, namespace);
  return tool === undefined ? serverKey(server) : serverToolId(server, tool);
}
