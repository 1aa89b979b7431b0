import type { Bundle, BundleAgent, BundleTool } from '../manifest/bundle.ts';
import type { BundleEmbedding, BundleMemory, BundleMemoryService, BundleMemoryUse } from '../manifest/bundle-memory.ts';
import { embeddingKind, textsTogether } from '../manifest/embedding-model.ts';
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
import { withGateway } from './compile-gateway.ts';
import { modelOf } from './compile-model.ts';
import { embeddingOperations } from './embedders.ts';
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
  if (tools.length === 0) return { ...agent, memory: use };
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
export function memoryOf(resource: Resource, view: View): BundleMemory {
  const { type, session, longTerm, http } = specOf(resource, 'Memory');
  return {
    type,
    session: { ttlMs: longDurationMs(session.ttl), maxMessages: session.maxMessages },
    ...(longTerm === undefined ? {} : { longTerm: longTermOf(longTerm, resource, view) }),
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
  { minScore, topK, ttl }: LongTerm,
  resource: Resource,
  view: View,
): NonNullable<BundleMemory['longTerm']> {
  const least = Number(minScore);
  const embedding = embeddingOf(resource, view);
  return {
    topK,
    ...(ttl === undefined ? {} : { ttlMs: longDurationMs(ttl) }),
    ...(least > 0 ? { minScore: least } : {}),
    ...(embedding === undefined ? {} : { embedding }),
  };
}

type LongTerm = NonNullable<SpecOf<'Memory'>['longTerm']>;

/** What embeds the entries of a memory; undefined: nothing does, and it is searched by words. */
function embeddingOf(memory: Resource, view: View): BundleEmbedding | undefined {
  const endpoint = embedderOf(memory);
  const { dimensions } = specOf(memory, 'Memory').longTerm ?? {};
  if (endpoint === undefined || dimensions === undefined) return undefined;
  const resource = view.resource('ModelEndpoint', endpoint);
  const { provider, model, project } = specOf(resource, 'ModelEndpoint');
  const { together = textsTogether } = embeddingKind({ provider, model, project }) ?? {};
  return {
    endpoint,
    by: `${provider}/${model}${placeOf(resource, view)}/${dimensions}`,
    dimensions,
    ...(together === textsTogether ? {} : { together }),
  };
}

/** `namespace/name` of the endpoint that embeds the entries of a memory. */
function embedderOf(memory: Resource): string | undefined {
  const { embeddingRef } = specOf(memory, 'Memory').longTerm ?? {};
  return embeddingRef === undefined ? undefined : qualify(embeddingRef, memory.namespace);
}

/** What answers at an address of somebody's own, a Gateway's too, may call another model by the same name. */
function placeOf(endpoint: Resource, view: View): string {
  const { baseUrl } = withGateway(modelOf(endpoint), endpoint, view);
  return baseUrl === undefined ? '' : `@${baseUrl.replace(/\/+$/, '')}`;
}

/** `namespace/name` of the endpoints that embed for the memory tools of an agent and for tools that search; in order. */
export function embeddersFor(
  { agent, searched }: { readonly agent: Resource | undefined; readonly searched: readonly string[] },
  view: View,
): readonly string[] {
  const cells = agent === undefined ? [] : memoryCells(agent, view);
  const own = cells.flatMap(({ memory, operation }) => (embeddingOperations.has(operation) ? [memory] : []));
  const memories = new Set([...own, ...searched]);
  const embedders = [...memories].flatMap((path) => embedderOf(view.resource('Memory', path)) ?? []);
  return [...new Set(embedders)].sort(compareText);
}

/** What a call of it does to the world, in the words of rules. */
export function memoryOperations(id: string): readonly string[] | undefined {
  const parsed = parseMemoryToolId(id);
  return parsed && [memoryOperationClass(parsed.operation)];
}
