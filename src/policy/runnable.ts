import type { JsonObject } from '../manifest/json.ts';
import { isGlob, matchesGlob } from '../manifest/glob.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { serverToolId, serverToolName } from '../manifest/server-tools.ts';
import { TerminalError } from '../errors.ts';
import { kept } from './kept.ts';
import { ToolLists, type ToolUse } from './tool-lists.ts';
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

/**
 * The tools that an agent lists. A fleet's agents list the same ones again and again: they share one list, and what is
 * worked out of it.
 */
export const toolUsesOf = kept((agent: Resource): readonly ToolUse[] => {
  const { tools } = specOf(agent, 'Agent');
  const key = [agent.namespace, ...tools.map(useKey)].join('\n');
  return lists.of(key, () => tools.flatMap((use) => usesOf(use, agent.namespace)));
});

const lists = new ToolLists();

type Listed = SpecOf<'Agent'>['tools'][number];

/** A name is no JSON. */
function useKey(use: Listed): string {
  const { toolRef, timeout, requireApproval } = use;
  const isPlain = toolRef !== undefined && timeout === undefined && requireApproval === undefined;
  return isPlain ? toolRef : JSON.stringify(use);
}

function usesOf(use: Listed, namespace: string): readonly ToolUse[] {
  const { toolRef, timeout, requireApproval } = use;
  if (toolRef === undefined) return serverUses(use, namespace);
  // A list is of an MCP server's tools; beside a Tool, whatever is in it, it can only mean that one.
  const isAsked = requireApproval === true || (Array.isArray(requireApproval) && requireApproval.length > 0);
  const id = qualify(toolRef, namespace);
  return [{ id, name: id.slice(id.indexOf('/') + 1), timeout, isAsked }];
}

/** Globs are those that no pin told what they stand for: nothing. */
function serverUses(use: Listed, namespace: string): readonly ToolUse[] {
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
