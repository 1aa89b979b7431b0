import {
  type Bundle,
  type BundleAgent,
  type BundleModel,
  type BundleNode,
  type BundleTool,
  engineSchema,
  type SecretUse,
} from '../manifest/bundle.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { JsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SecretRef } from '../manifest/types.gen.ts';
import type { View } from './estate.ts';
import { pathOf, type SpecOf, specOf } from './typed.ts';

/** What a run of a system executes: the graph, and everything that it names, by `namespace/name`. */
export function compileContent(system: Resource, view: View): Bundle {
  const spec = specOf(system, 'AgentSystem');
  const nodes = nodesOf(spec.graph, system.namespace);
  const agents = sortedRecord(
    pathsOf(nodes, 'agent').map((path) => [path, agentOf(view.resource('Agent', path), view)]),
  );
  const toolPaths = [...pathsOf(nodes, 'tool'), ...Object.values(agents).flatMap(({ tools }) => Object.values(tools))];
  const tools = sortedRecord(toolPaths.map((path) => [path, toolOf(view.resource('Tool', path))]));
  const models = sortedRecord(
    Object.values(agents).map(({ model }) => [model, modelOf(view.resource('ModelEndpoint', model))]),
  );
  return {
    engineSchema,
    system: pathOf(system),
    input: spec.input.schema === undefined ? {} : { schema: spec.input.schema },
    nodes,
    entries: Object.keys(nodes).filter((name) => nodes[name]?.from.length === 0),
    ...(spec.output === undefined ? {} : { output: spec.output }),
    limits: { ...maxTokens(spec.limits), timeoutMs: durationMs(spec.limits.timeout) },
    agents,
    models,
    tools,
    secrets: secretsOf([...Object.values(models), ...Object.values(tools)], view),
  };
}

function nodesOf(graph: SpecOf<'AgentSystem'>['graph'], namespace: string): Record<string, BundleNode> {
  const names = Object.keys(graph).sort(compareText);
  const compiled = names.map((name): [string, BundleNode] => {
    const node = graph[name];
    const ref = node?.agentRef ?? node?.toolRef;
    if (node === undefined || ref === undefined) throw new TypeError(`node ${name} names neither an agent nor a tool`);
    const common = {
      ...(node.input === undefined ? {} : { input: node.input }),
      edges: node.edges,
      from: names.filter((other) => graph[other]?.edges.some((edge) => edge.to === name)),
    };
    const path = qualify(ref, namespace);
    return [
      name,
      node.agentRef === undefined ? { ...common, kind: 'tool', tool: path } : { ...common, kind: 'agent', agent: path },
    ];
  });
  return Object.fromEntries(compiled);
}

function pathsOf(nodes: Readonly<Record<string, BundleNode>>, kind: BundleNode['kind']): string[] {
  return Object.values(nodes)
    .filter((node) => node.kind === kind)
    .map((node) => (node.kind === 'agent' ? node.agent : node.tool));
}

function agentOf(agent: Resource, view: View): BundleAgent {
  const spec = specOf(agent, 'Agent');
  const tools = spec.tools.map(({ toolRef }): [string, string] => {
    const tool = view.resource('Tool', qualify(toolRef, agent.namespace));
    return [tool.name, pathOf(tool)];
  });
  if (new Set(tools.map(([name]) => name)).size !== new Set(tools.map(([, path]) => path)).size) {
    throw new TypeError(`${agent.address} lists two tools of one name: a model could not tell them apart`);
  }
  return {
    model: qualify(spec.modelRef, agent.namespace),
    prompt: spec.prompt,
    tools: sortedRecord(tools),
    limits: {
      maxSteps: spec.limits.maxSteps,
      maxToolCalls: spec.limits.maxToolCalls,
      ...maxTokens(spec.limits),
      timeoutMs: durationMs(spec.limits.timeout),
    },
    ...(spec.output === undefined ? {} : { output: spec.output }),
    execution: spec.execution,
  };
}

function modelOf(endpoint: Resource): BundleModel {
  const { provider, model, baseUrl, allowPrivate, parameters, auth, pricing, script } = specOf(
    endpoint,
    'ModelEndpoint',
  );
  return {
    provider,
    model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    allowPrivate,
    parameters,
    ...(auth === undefined ? {} : { auth: secretUse(auth.secretRef, endpoint.namespace) }),
    ...(pricing === undefined ? {} : { pricing }),
    ...(script === undefined ? {} : { script: script as unknown as JsonObject }),
  };
}

function toolOf(tool: Resource): BundleTool {
  const spec = specOf(tool, 'Tool');
  return {
    name: tool.name,
    description: spec.description,
    inputSchema: spec.inputSchema,
    ...(spec.outputSchema === undefined ? {} : { outputSchema: spec.outputSchema }),
    operations: [...new Set(spec.operation)].sort(compareText),
    idempotent: spec.idempotent,
    timeoutMs: durationMs(spec.timeout),
    maxResultBytes: spec.maxResultBytes,
    costPerCall: spec.cost?.perCall ?? 0,
    impl: implOf(tool, spec),
  };
}

function implOf(tool: Resource, spec: SpecOf<'Tool'>): BundleTool['impl'] {
  const { type, builtin, http, egress, auth } = spec;
  if (type === 'builtin' && builtin !== undefined) return { type, ...builtin };
  if (type === 'builtin' || http === undefined || egress === undefined) {
    throw new TypeError(`${tool.address} lacks the block of its type`);
  }
  return {
    type,
    ...http,
    egress: { hosts: [...egress.hosts].sort(compareText), allowPrivate: egress.allowPrivate },
    ...(auth === undefined ? {} : { auth: authOf(auth, tool.namespace) }),
  };
}

function authOf({ profile, secretRef, headerName }: NonNullable<SpecOf<'Tool'>['auth']>, namespace: string) {
  return { profile, secret: secretUse(secretRef, namespace), ...(headerName === undefined ? {} : { headerName }) };
}

function secretUse({ name, key }: SecretRef, namespace: string): SecretUse {
  return { secret: qualify(name, namespace), key };
}

/** Only the keys that something uses: another key of the same Secret is none of this system's business. */
function secretsOf(users: readonly (BundleModel | BundleTool)[], view: View): Bundle['secrets'] {
  const keys = new Map<string, [string, string][]>();
  for (const user of users) {
    const use = secretUseOf(user);
    if (use === undefined) continue;
    const variable = specOf(view.resource('Secret', use.secret), 'Secret').keys[use.key];
    if (variable === undefined) throw new TypeError(`Secret ${use.secret} has no key ${use.key}`);
    keys.set(use.secret, [...(keys.get(use.secret) ?? []), [use.key, variable]]);
  }
  return sortedRecord(
    Array.from(keys, ([path, used]) => [path, { source: 'env' as const, keys: sortedRecord(used) }] as const),
  );
}

function secretUseOf(user: BundleModel | BundleTool): SecretUse | undefined {
  if (!('impl' in user)) return user.auth;
  return user.impl.type === 'http' ? user.impl.auth?.secret : undefined;
}

function maxTokens(limits: { readonly maxTokens?: number }): { readonly maxTokens?: number } {
  return limits.maxTokens === undefined ? {} : { maxTokens: limits.maxTokens };
}

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`"${text}" is not a duration: validation comes before compiling`);
  return ms;
}

function sortedRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}
