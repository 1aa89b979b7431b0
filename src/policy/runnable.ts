import type { JsonObject } from '../manifest/json.ts';
import type { Resource } from '../manifest/resource.ts';
import { TerminalError } from '../errors.ts';
import { specOf } from './typed.ts';

// What is written and cannot be run yet is refused before a plan is made. Whoever compiles anyway is told here.

/** The ModelEndpoints that answer for an agent, in the order in which they are asked. */
export function modelRefsOf(agent: Resource): readonly string[] {
  const { modelRef, modelRefs } = specOf(agent, 'Agent');
  const named = modelRef === undefined ? (modelRefs ?? []) : [modelRef];
  if (named.length === 0) throw notRunnable(agent, 'names no model of its own');
  return named;
}

/** How an agent uses one Tool. */
export interface ToolUse {
  readonly toolRef: string;
  readonly timeout: string | undefined;
  /** Each call waits for an approval. */
  readonly isAsked: boolean;
}

/** The Tools that an agent lists. */
export function toolUsesOf(agent: Resource): readonly ToolUse[] {
  return specOf(agent, 'Agent').tools.map(({ toolRef, timeout, requireApproval }) => {
    if (toolRef === undefined) throw notRunnable(agent, 'lists tools of an MCP server');
    // A list is of an MCP server's tools; beside a Tool, whatever is in it, it can only mean that one.
    const isAsked = requireApproval === true || (Array.isArray(requireApproval) && requireApproval.length > 0);
    return { toolRef, timeout, isAsked };
  });
}

export function toolRefsOf(agent: Resource): readonly string[] {
  return toolUsesOf(agent).map(({ toolRef }) => toolRef);
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
