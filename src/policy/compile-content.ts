import type { Bundle, BundleAgent, BundleGraph, BundleModel, BundleTool } from '../manifest/bundle.ts';
import type { BundleMemory } from '../manifest/bundle-memory.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { shared } from './bundle-text.ts';
import { callersOf, type Find, nestedSystems } from './callers.ts';
import { concurrencyOf, isRated } from './compile-concurrency.ts';
import { authOf } from './compile-auth.ts';
import { agentOf, isNewer } from './compile-agent.ts';
import { externalToolOf, withExternal } from './compile-external.ts';
import { withGateway } from './compile-gateway.ts';
import { containerOf } from './compile-container.ts';
import { isNewerModel, modelOf, modelsNamed } from './compile-model.ts';
import { codeOf, wasmOf } from './compile-module.ts';
import { programOf, variableSecrets } from './compile-program.ts';
import { retryOf } from './compile-retry.ts';
import { compileGraph, isPlainGraph } from './compile-graph.ts';
import { humanToolOf } from './compile-human.ts';
import { withHandOffs } from './compile-hand-off.ts';
import { memoryOf, memoryPaths, memoryToolOf, retrievalOf, withMemory } from './compile-memory.ts';
import { mcpOf, mcpSchemaOf, serverSecrets, serversOf, serverToolOf } from './compile-server.ts';
import { durationMs } from './duration-ms.ts';
import { embeddersOf } from './embedders.ts';
import type { View } from './estate.ts';
import { Interned } from './interned.ts';
import { kept } from './kept.ts';
import { inputSchemaOf, notRunnable } from './runnable.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

/**
 * What a run of a system executes: the graph, and everything that it names, by `namespace/name`. `guarding`: secrets of
 * the guards around its calls.
 */
export function compileContent(system: Resource, view: View, guarding: readonly SecretUse[] = []): Bundle {
  const graph = compileGraph(system);
  const find: Find = (kind, path) => view.resource(kind, path);
  const systems = sortedRecord(nestedSystems(system, find).map((nested) => [pathOf(nested), compileGraph(nested)]));
  const graphs = [graph, ...Object.values(systems)];
  const callers = callersOf(system, find).filter(({ resource }) => resource.kind === 'Agent');
  const agents = sortedRecord(callers.map(({ resource }) => [pathOf(resource), agentFrom(resource, view)]));
  const tools = toolsFor(
    Object.values(agents).map((agent) => agent.tools),
    { nodes: graphs.flatMap(toolNodesOf), view },
  );
  const about = aboutTools(tools);
  const servers = serversOf(about.ofServers, view);
  const memories = memoriesOf(agents, about.ofMemories, view);
  const embedders = embeddersOf(Object.keys(memories).length === 0 ? [] : Object.keys(tools), { tools, memories });
  const modelPaths = [...callers.flatMap(({ resource }) => modelsNamed(resource)), ...embedders];
  const models = sortedRecord(modelPaths.map((path) => [path, modelFrom(view.resource('ModelEndpoint', path), view)]));
  const uses = [
    ...Object.values(models).flatMap(secretUsesOf),
    ...about.secrets,
    ...serverSecrets(servers),
    ...Object.values(memories).flatMap(({ http }) => http?.auth?.secret ?? []),
    ...guarding,
  ];
  const secrets = secretsOf(uses, view);
  return {
    engineSchema: engineSchemaOf({ agents, models, about, memories, secrets, embedders, graphs }),
    system: pathOf(system),
    ...graph,
    ...(graphs.length === 1 ? {} : { systems }),
    agents,
    models,
    tools,
    ...(Object.keys(memories).length === 0 ? {} : { memories }),
    ...(Object.keys(servers).length === 0 ? {} : { servers }),
    ...concurrencyOf(system),
    secrets,
  };
}

type Parts = Required<Pick<Bundle, 'agents' | 'models' | 'memories' | 'secrets'>> & {
  readonly about: AboutTools;
  readonly embedders: readonly string[];
  readonly graphs: readonly BundleGraph[];
};

/** The newest engine that some part asks for. */
function engineSchemaOf({ about, embedders, graphs, secrets, ...parts }: Parts): number {
  const [agents, models] = [Object.values(parts.agents), Object.values(parts.models)];
  const memories = Object.values(parts.memories);
  if (embedders.length > 0) return 7;
  if (memories.some(({ type }) => type === 'http')) return 6;
  if (about.isWorldly) return 5;
  if (needsGate(parts.models, secrets)) return 4;
  if (memories.length > 0 || models.some((model) => isRated(model) || isNewerModel(model))) return 3;
  if (about.isRetried || !graphs.every(isPlainGraph)) return 3;
  return schemaNeeded(agents);
}

/** Programs, modules and servers: an older worker has nothing to call them with. */
function isWorldly({ impl }: BundleTool): boolean {
  return !olderTypes.has(impl.type);
}

const olderTypes: ReadonlySet<BundleTool['impl']['type']> = new Set(['builtin', 'http', 'memory', 'retrieval']);

/** An older worker would go round a gateway, and read a stored value from nowhere. */
function needsGate(models: Bundle['models'], secrets: Bundle['secrets']): boolean {
  return (
    Object.values(models).some(({ gateway }) => gateway !== undefined) ||
    Object.values(secrets).some(({ source }) => source === 'stored')
  );
}

function modelFrom(resource: Resource, view: View): BundleModel {
  return withGateway(modelOf(resource), resource, view);
}

function agentFrom(resource: Resource, view: View): BundleAgent {
  return withHandOffs(withExternal(withMemory(agentOf(resource), resource, view), resource), resource, view);
}

function memoriesOf(agents: Bundle['agents'], tools: readonly BundleTool[], view: View): Record<string, BundleMemory> {
  return sortedRecord(memoryPaths(agents, tools).map((path) => [path, memoryOf(view.resource('Memory', path), view)]));
}

/** A worker that does not know placeholders would send the braces to a model. */
function schemaNeeded(agents: readonly BundleAgent[]): number {
  if (agents.some((agent) => agent.agents !== undefined || isNewer(agent))) return 3;
  return agents.some(({ prompt }) => prompt.includes('{{')) ? 2 : 1;
}

function toolNodesOf({ nodes }: BundleGraph): string[] {
  return Object.values(nodes).flatMap((node) => (node.kind === 'tool' ? [node.tool] : []));
}

interface ToolsNamed {
  /** Ids of the tools of nodes. */
  readonly nodes: readonly string[];
  readonly view: View;
}

/** The tools that agents list and nodes name. Agents share their lists, so that most systems' tools are known by those. */
function toolsFor(lists: readonly BundleAgent['tools'][], { nodes, view }: ToolsNamed): Bundle['tools'] {
  const ids = (): readonly string[] => [...new Set([...nodes, ...lists.flatMap((list) => Object.values(list))])].sort();
  if (nodes.length > 0 || !lists.every(isOfTools)) return toolsAt(ids(), view);
  const { ofAgents, known } = tablesOf(view.basis);
  const key = ofAgents.of(lists);
  const found = known.get(key);
  if (found !== undefined) {
    view.note(found.shown);
    return found.tools;
  }
  const paths = ids();
  const tools = toolsAt(paths, view);
  const own = paths.flatMap((path) => ownTool(path, view));
  if (own.length === paths.length) known.set(key, { tools, shown: new Set(own.map(({ address }) => address)) });
  return tools;
}

/** With what a memory or a server offers, it is made anew for each bundle, and nothing would be found by it. */
const isOfTools = kept((list: BundleAgent['tools']) => Object.values(list).every((id) => !id.includes(':')));

interface AboutTools {
  readonly ofServers: readonly BundleTool[];
  readonly ofMemories: readonly BundleTool[];
  readonly secrets: readonly SecretUse[];
  readonly isWorldly: boolean;
  readonly isRetried: boolean;
}

/** What a bundle needs beside its tools, once for all that share them. */
const aboutTools = kept((table: Bundle['tools']): AboutTools => {
  const tools = Object.values(table);
  return {
    ofServers: tools.filter(({ impl }) => impl.type === 'mcp'),
    ofMemories: tools.filter(({ impl }) => impl.type === 'retrieval' || impl.type === 'memory'),
    secrets: tools.flatMap(secretUsesOf),
    isWorldly: tools.some(isWorldly),
    isRetried: tools.some(({ retry }) => retry !== undefined),
  };
});

/** `paths`: each once, by code units. Systems of the same tools have one table of them, whose text is written once. */
function toolsAt(paths: readonly string[], view: View): Bundle['tools'] {
  const own = paths.flatMap((path) => ownTool(path, view));
  if (own.length < paths.length) return Object.fromEntries(paths.map((path) => [path, toolAt(path, view)]));
  const { lists, tables } = tablesOf(view.basis);
  const list = lists.of(own);
  const known = tables.get(list);
  if (known !== undefined) return known;
  const table = shared(Object.fromEntries(own.map((tool) => [pathOf(tool), toolOf(tool)])));
  tables.set(list, table);
  return table;
}

const tablesOf = kept((_basis: object) => ({
  lists: new Interned<Resource>(),
  tables: new WeakMap<readonly Resource[], Bundle['tools']>(),
  ofAgents: new Interned<BundleAgent['tools']>(),
  known: new WeakMap<
    readonly BundleAgent['tools'][],
    { readonly tools: Bundle['tools']; readonly shown: ReadonlySet<Address> }
  >(),
}));

/** A Tool that is nothing but itself; of others the definition is also a memory's, a server's or an agent's. */
function ownTool(path: string, view: View): readonly Resource[] {
  if (path.includes(':')) return [];
  const tool = view.resource('Tool', path);
  const { type } = specOf(tool, 'Tool');
  return type === 'mcp' || type === 'retrieval' ? [] : [tool];
}

function toolAt(path: string, view: View): BundleTool {
  return memoryToolOf(path, view) ?? serverToolOf(path, view) ?? externalToolOf(path, view) ?? toolFrom(path, view);
}

function toolFrom(path: string, view: View): BundleTool {
  const tool = view.resource('Tool', path);
  const { type } = specOf(tool, 'Tool');
  if (type === 'retrieval') return toolWith(tool, { inputSchema: inputSchemaOf(tool), impl: retrievalOf(tool, view) });
  if (type !== 'mcp') return toolOf(tool);
  // What it takes may be the pin's, which is the server's and not the tool's.
  return toolWith(tool, { inputSchema: mcpSchemaOf(tool, view), impl: mcpOf(tool, view) });
}

const toolOf = kept(
  (tool: Resource): BundleTool =>
    shared(toolWith(tool, { inputSchema: inputSchemaOf(tool), impl: implOf(tool, specOf(tool, 'Tool')) })),
);

function toolWith(tool: Resource, { inputSchema, impl }: Pick<BundleTool, 'inputSchema' | 'impl'>): BundleTool {
  const spec = specOf(tool, 'Tool');
  return {
    name: tool.name,
    description: spec.description,
    inputSchema,
    ...(spec.outputSchema === undefined ? {} : { outputSchema: spec.outputSchema }),
    operations: [...new Set(spec.operation)].sort(compareText),
    ...(spec.risk === 'medium' ? {} : { risk: spec.risk }),
    ...(spec.dataClass === undefined ? {} : { dataClass: spec.dataClass }),
    idempotent: spec.idempotent,
    timeoutMs: durationMs(spec.timeout),
    maxResultBytes: spec.maxResultBytes,
    costPerCall: spec.cost?.perCall ?? 0,
    ...(spec.retry === undefined ? {} : { retry: retryOf(spec.retry) }),
    impl,
  };
}

function implOf(tool: Resource, spec: SpecOf<'Tool'>): BundleTool['impl'] {
  const { type, builtin, http, egress, auth } = spec;
  if (type === 'human') return humanToolOf(tool, spec);
  if (type === 'builtin' && builtin !== undefined) return { type, ...builtin };
  if (type === 'cli') return programOf(tool, spec);
  if (type === 'container') return containerOf(tool, spec);
  if (type === 'wasm') return wasmOf(tool, spec);
  if (type === 'code') return codeOf(tool, spec);
  if (type !== 'http' || http === undefined || egress === undefined) throw notRunnable(tool, `is of type ${type}`);
  return {
    type,
    ...http,
    egress: { hosts: [...egress.hosts].sort(compareText), allowPrivate: egress.allowPrivate },
    ...authOf(tool, auth),
  };
}

type SecretUser = BundleModel | BundleTool;

/** Only the keys that something uses: another key of the same Secret is none of this system's business. */
export function secretsOf(uses: readonly SecretUse[], view: View): Bundle['secrets'] {
  const keys = new Map<string, [string, string][]>();
  for (const use of uses) {
    const place = specOf(view.resource('Secret', use.secret), 'Secret').keys[use.key];
    if (place === undefined) throw new TypeError(`Secret ${use.secret} has no key ${use.key}`);
    keys.set(use.secret, [...(keys.get(use.secret) ?? []), [use.key, place]]);
  }
  return sortedRecord(
    Array.from(keys, ([path, used]) => {
      const { source } = specOf(view.resource('Secret', path), 'Secret');
      return [path, { source, keys: sortedRecord(used) }] as const;
    }),
  );
}

function secretUsesOf(user: SecretUser): readonly SecretUse[] {
  if (!('impl' in user))
    return [user.auth, user.tls?.ca, user.gateway?.auth?.secret].filter((use) => use !== undefined);
  if (user.impl.type === 'cli' || user.impl.type === 'container') return variableSecrets(user.impl.env);
  const isCalled = user.impl.type === 'http' || user.impl.type === 'a2a';
  return isCalled && user.impl.auth !== undefined ? [user.impl.auth.secret] : [];
}

function sortedRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}
