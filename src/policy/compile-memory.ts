import type { Bundle, BundleAgent, BundleTool } from '../manifest/bundle.ts';
import type { BundleMemory, BundleMemoryService, BundleMemoryUse } from '../manifest/bundle-memory.ts';
import { longDurationMs } from '../manifest/duration.ts';
import {
  memoryOperationClass,
  memoryTool,
  memoryToolId,
  memoryToolName,
  type MemoryToolId,
  parseMemoryToolId,
} from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { shared } from './bundle-text.ts';
import { authOf } from './compile-auth.ts';
import { durationMs } from './duration-ms.ts';
import type { View } from './estate.ts';
import { kept } from './kept.ts';
import { notRunnable } from './runnable.ts';
import { type SpecOf, specOf } from './typed.ts';

/** What an agent remembers, and by which of its operations; undefined: nothing. */
export const memoryUseOf = kept((agent: Resource): BundleMemoryUse | undefined => {
  const { memory } = specOf(agent, 'Agent');
  if (memory === undefined) return undefined;
  const { memoryRef, allow, sessionTtl, maxHistory } = memory;
  return shared({
    memory: qualify(memoryRef, agent.namespace),
    allow: [...new Set(allow)].sort(compareText),
    ...(sessionTtl === undefined ? {} : { sessionTtlMs: longDurationMs(sessionTtl) }),
    maxHistory,
  });
});

/** What an agent may ask of its memory, the session first: a memory without a long term has no tools. */
export function memoryCells(agent: Resource, view: View): readonly MemoryToolId[] {
  const use = memoryUseOf(agent);
  if (use === undefined) return [];
  const { memory, allow } = use;
  const { longTerm } = specOf(view.resource('Memory', memory), 'Memory');
  const operations = longTerm === undefined ? [] : allow;
  return [{ memory, operation: 'session' }, ...operations.map((operation) => ({ memory, operation }))];
}

/** The agent with the tools of its memory among its own. */
export function withMemory(agent: BundleAgent, resource: Resource, view: View): BundleAgent {
  const use = memoryUseOf(resource);
  if (use === undefined) return agent;
  const tools = memoryCells(resource, view).flatMap(({ memory, operation }) =>
    operation === 'session' ? [] : [[memoryToolName(operation), memoryToolId(memory, operation)] as const],
  );
  const all = [...Object.entries(agent.tools), ...tools].sort(([a], [b]) => compareText(a, b));
  return { ...agent, tools: Object.fromEntries(all), memory: use };
}

/** The tool behind an id, where it is one of a memory's; undefined: it is a Tool. */
export function memoryToolOf(id: string, view: View): BundleTool | undefined {
  const parsed = parseMemoryToolId(id);
  return parsed === undefined || parsed.operation === 'session'
    ? undefined
    : memoryTool(parsed.memory, parsed.operation, serviceUrl(parsed.memory, view).url);
}

/** Where the service of a memory is, if it is one, as an absent or present member. */
function serviceUrl(memory: string, view: View): { readonly url?: string } {
  const { http } = specOf(view.resource('Memory', memory), 'Memory');
  return http === undefined ? {} : { url: http.url };
}

/** What a retrieval tool searches. */
export function retrievalOf(tool: Resource, view: View): Extract<BundleTool['impl'], { readonly type: 'retrieval' }> {
  const { retrieval } = specOf(tool, 'Tool');
  if (retrieval === undefined) throw notRunnable(tool, 'is of type retrieval and names no memory');
  const memory = qualify(retrieval.memoryRef, tool.namespace);
  return { type: 'retrieval', memory, topK: retrieval.topK, ...serviceUrl(memory, view) };
}

/** The memory that a retrieval tool searches; undefined: the Tool is of another type. */
export const searchedBy = kept((tool: Resource): string | undefined => {
  const { retrieval } = specOf(tool, 'Tool');
  return retrieval && qualify(retrieval.memoryRef, tool.namespace);
});

/** `namespace/name` of the memories that agents and tools use, in order. */
export function memoryPaths(agents: Bundle['agents'], tools: readonly BundleTool[]): readonly string[] {
  const paths = [
    ...Object.values(agents).flatMap(({ memory }) => memory?.memory ?? []),
    ...tools.flatMap(({ impl }) => (impl.type === 'retrieval' || impl.type === 'memory' ? impl.memory : [])),
  ];
  return [...new Set(paths)].sort(compareText);
}

/** A Memory as a bundle holds it. */
export function memoryOf(resource: Resource): BundleMemory {
  const { type, session, longTerm, http } = specOf(resource, 'Memory');
  return {
    type,
    session: { ttlMs: longDurationMs(session.ttl), maxMessages: session.maxMessages },
    ...(longTerm === undefined ? {} : { longTerm: longTermOf(longTerm, resource) }),
    ...(http === undefined ? {} : { http: serviceOf(http, resource) }),
  };
}

function serviceOf(
  { url, auth, timeout, allowPrivate }: NonNullable<SpecOf<'Memory'>['http']>,
  resource: Resource,
): BundleMemoryService {
  return { url, allowPrivate, timeoutMs: durationMs(timeout), ...authOf(resource, auth) };
}

function longTermOf(
  { embeddingRef, minScore, topK, ttl }: NonNullable<SpecOf<'Memory'>['longTerm']>,
  resource: Resource,
): NonNullable<BundleMemory['longTerm']> {
  const least = Number(minScore);
  const isServiced = specOf(resource, 'Memory').type === 'http';
  if (embeddingRef !== undefined || (least > 0 && !isServiced)) throw notRunnable(resource, 'is searched by meaning');
  return {
    topK,
    ...(ttl === undefined ? {} : { ttlMs: longDurationMs(ttl) }),
    ...(least > 0 ? { minScore: least } : {}),
  };
}

/** What a call of it does to the world, in the words of rules. */
export function memoryOperations(id: string): readonly string[] | undefined {
  const parsed = parseMemoryToolId(id);
  return parsed && [memoryOperationClass(parsed.operation)];
}
