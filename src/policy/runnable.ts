import type { JsonObject } from '../manifest/json.ts';
import { isGlob, matchesGlob } from '../manifest/glob.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { serverToolId, serverToolName } from '../manifest/server-tools.ts';
import { TerminalError } from '../errors.ts';
import { kept } from './kept.ts';
import { type SpecOf, specOf } from './typed.ts';

// What is written and cannot be run yet is refused before a plan is made. Whoever compiles anyway is told here.

/** The ModelEndpoints that answer for an agent, in the order in which they are asked. */
export function modelRefsOf(agent: Resource): readonly string[] {
  const { modelRef, modelRefs, runtime } = specOf(agent, 'Agent');
  // It brings its own.
  if (typeof runtime === 'object') return [];
  const named = modelRef === undefined ? (modelRefs ?? []) : [modelRef];
  if (named.length === 0) throw notRunnable(agent, 'names no model of its own');
  return named;
}

/** How an agent uses one tool. */
export interface ToolUse {
  /** What rules call it by: `namespace/name` of a Tool, `mcp:namespace/server:tool`. */
  readonly id: string;
  /** What a model calls it by. */
  readonly name: string;
  readonly timeout: string | undefined;
  /** Each call waits for an approval. */
  readonly isAsked: boolean;
}

/** The tools that an agent lists. */
export const toolUsesOf = kept((agent: Resource): readonly ToolUse[] =>
  specOf(agent, 'Agent').tools.flatMap((use) => {
    const { toolRef, timeout, requireApproval } = use;
    if (toolRef === undefined) return serverUses(use, agent.namespace);
    // A list is of an MCP server's tools; beside a Tool, whatever is in it, it can only mean that one.
    const isAsked = requireApproval === true || (Array.isArray(requireApproval) && requireApproval.length > 0);
    const id = qualify(toolRef, agent.namespace);
    return [{ id, name: id.slice(id.indexOf('/') + 1), timeout, isAsked }];
  }),
);

/** Globs are those that no pin told what they stand for: nothing. */
function serverUses(use: SpecOf<'Agent'>['tools'][number], namespace: string): readonly ToolUse[] {
  const { mcpServerRef = '', tools = [], timeout, requireApproval } = use;
  const server = qualify(mcpServerRef, namespace);
  const asked = Array.isArray(requireApproval) ? requireApproval : [];
  return tools
    .filter((tool) => !isGlob(tool))
    .map((tool) => ({
      id: serverToolId(server, tool),
      name: serverToolName({ server, tool }),
      timeout,
      isAsked: requireApproval === true || asked.some((glob) => matchesGlob(glob, tool)),
    }));
}

export function inputSchemaOf(tool: Resource): JsonObject {
  const { inputSchema } = specOf(tool, 'Tool');
  if (inputSchema === undefined) throw notRunnable(tool, 'leaves its inputSchema to a pin');
  return inputSchema;
}

/** For the caller to throw, so that the compiler sees where a function ends. */
export function notRunnable(resource: Pick<Resource, 'address'>, what: string): TerminalError {
  return new TerminalError(`${resource.address} ${what}, which this build cannot run.`, {
    code: 'manifest.unsupported',
    help: 'Run `pawl validate`: it lists what is not supported, with its place.',
  });
}
