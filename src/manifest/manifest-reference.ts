import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Path } from './text.ts';
import { qualify } from './reference.ts';
import { addressOf, type Address, type Identity, type Kind } from './resource.ts';

/** One mention of a resource in a manifest. */
export interface ManifestReference {
  readonly kind: Kind;
  readonly address: Address;
  readonly namespace: string;
  readonly name: string;
  readonly path: Path;
  /** Policies only restrict: they may name what is not shared with their namespace. */
  readonly restricts: boolean;
  /** The key of a Secret that is used. */
  readonly key?: string;
}

/** Every resource that a manifest names in the right grammar, whatever else is wrong with it. */
export function referencesOf(identity: Identity, manifest: JsonObject): ManifestReference[] {
  const found: ManifestReference[] = [];
  const spec = objectAt(manifest, 'spec');
  const collect: Collect = (kind, value, { path, key }) => {
    if (typeof value !== 'string' || !grammar.test(value)) return;
    const [namespace = '', name = ''] = qualify(value, identity.namespace).split('/');
    const restricts = identity.kind === 'AgentPolicy';
    found.push({
      kind,
      address: addressOf({ kind, namespace, name }),
      namespace,
      name,
      path: ['spec', ...path],
      restricts,
      ...(typeof key === 'string' ? { key } : {}),
    });
  };
  readers[identity.kind](spec, collect);
  return found;
}

const grammar = /^(?:[a-z0-9-]{1,63}\/)?[a-z0-9-]{1,63}$/;

interface Mention {
  readonly path: Path;
  /** The key of a Secret that is used. */
  readonly key?: Json | undefined;
}

type Collect = (kind: Kind, value: Json | undefined, mention: Mention) => void;
type Reader = (spec: JsonObject, collect: Collect) => void;

const secretOf: Reader = (spec, collect) => {
  const reference = objectAt(objectAt(spec, 'auth'), 'secretRef');
  collect('Secret', reference['name'], { path: ['auth', 'secretRef', 'name'], key: reference['key'] });
};

const readers: Readonly<Record<Kind, Reader>> = {
  Secret: () => undefined,
  AgentRole: () => undefined,
  Defaults: () => undefined,
  Guard: () => undefined,
  Gateway: () => undefined,
  Memory: () => undefined,
  PromptLibrary: () => undefined,
  McpServer: () => undefined,
  WorkerPool: () => undefined,
  AlertReceiver: () => undefined,
  AlertRule: () => undefined,
  Workforce: (spec, collect) => each(spec, ['entryAgents'], (value, path) => collect('Agent', value, { path })),
  Task: (spec, collect) => collect('AgentSystem', spec['systemRef'], { path: ['systemRef'] }),
  TaskSchedule: (spec, collect) => collect('Task', spec['taskRef'], { path: ['taskRef'] }),
  TaskWebhook: (spec, collect) => collect('Task', spec['taskRef'], { path: ['taskRef'] }),
  Eval: (spec, collect) => collect('AgentSystem', spec['systemRef'], { path: ['systemRef'] }),
  ModelEndpoint: secretOf,
  Tool: secretOf,
  Agent: (spec, collect) => {
    collect('ModelEndpoint', spec['modelRef'], { path: ['modelRef'] });
    for (const [index, tool] of listAt(spec, 'tools').entries()) {
      if (isJsonObject(tool)) collect('Tool', tool['toolRef'], { path: ['tools', index, 'toolRef'] });
    }
    each(spec, ['roles'], (value, path) => collect('AgentRole', value, { path }));
  },
  AgentSystem: (spec, collect) => {
    each(spec, ['roles'], (value, path) => collect('AgentRole', value, { path }));
    for (const [name, node] of Object.entries(objectAt(spec, 'graph'))) {
      if (!isJsonObject(node)) continue;
      collect('Agent', node['agentRef'], { path: ['graph', name, 'agentRef'] });
      collect('Tool', node['toolRef'], { path: ['graph', name, 'toolRef'] });
    }
  },
  ToolPermission: (spec, collect) => {
    collect('Tool', spec['toolRef'], { path: ['toolRef'] });
    each(spec, ['agents'], (value, path) => collect('Agent', value, { path }));
  },
  AgentPolicy: (spec, collect) => {
    each(spec, ['targets', 'agents'], (value, path) => collect('Agent', value, { path }));
    each(spec, ['targets', 'systems'], (value, path) => collect('AgentSystem', value, { path }));
    each(spec, ['models', 'allow'], (value, path) => collect('ModelEndpoint', value, { path }));
    each(spec, ['tools', 'allow'], (value, path) => collect('Tool', value, { path }));
    each(spec, ['tools', 'deny'], (value, path) => collect('Tool', value, { path }));
  },
};

function each(spec: JsonObject, at: readonly string[], visit: (value: Json, path: Path) => void): void {
  let holder = spec;
  for (const key of at.slice(0, -1)) holder = objectAt(holder, key);
  for (const [index, value] of listAt(holder, at.at(-1) ?? '').entries()) visit(value, [...at, index]);
}

const empty: JsonObject = {};

export function objectAt(holder: JsonObject, key: string): JsonObject {
  const value = holder[key];
  return isJsonObject(value) ? value : empty;
}

export function listAt(holder: JsonObject, key: string): readonly Json[] {
  const value = holder[key];
  return Array.isArray(value) ? value : [];
}
