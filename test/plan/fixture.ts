import { digest, rootOf } from '../../src/manifest/digest.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { toolDigest } from '../../src/manifest/lock.ts';
import { type Address, addressOf, type Kind, type Resource, type Snapshot } from '../../src/manifest/resource.ts';
import type { Head, Live } from '../../src/plan/change.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';
import type { OlderContent, OlderRevisions } from '../../src/plan/revert.ts';

export interface Written {
  readonly kind: Kind;
  readonly name: string;
  readonly spec: JsonObject;
  readonly namespace?: string;
  readonly labels?: JsonObject;
  readonly file?: string;
  readonly line?: number;
}

/** A resource as resolution gives it: the spec with its defaults filled in. */
export function resource(written: Written): Resource {
  const { kind, name, namespace = 'default', labels } = written;
  const metadata: JsonObject = { name, namespace, ...(labels === undefined ? {} : { labels }) };
  const spec: JsonObject = { ...defaults[kind], ...written.spec };
  const manifest: JsonObject = { apiVersion: 'pawl/v1', kind, metadata, spec };
  return {
    kind,
    namespace,
    name,
    address: addressOf({ kind, namespace, name }),
    manifest,
    digest: digest(manifest),
    place: { file: written.file ?? `${name}.yaml`, line: written.line ?? 1, column: 1 },
  };
}

const defaults: Readonly<Partial<Record<Kind, JsonObject>>> = {
  Secret: { source: 'env' },
  ModelEndpoint: {
    provider: 'openaiCompatible',
    model: 'm',
    allowPrivate: false,
    parameters: { maxOutputTokens: 1024 },
  },
  Tool: {
    description: 'A tool.',
    type: 'builtin',
    inputSchema: { type: 'object' },
    operation: ['write'],
    idempotent: false,
    timeout: '30s',
    maxResultBytes: 1_048_576,
  },
  McpServer: {
    transport: 'http',
    args: [],
    env: [],
    headersFrom: [],
    allowPrivate: false,
    idleTimeout: '5m',
    startTimeout: '30s',
    callTimeout: '30s',
    maxRestarts: 3,
    maxResultBytes: 1_048_576,
    defaults: { operation: 'write', risk: 'medium' },
    pin: 'required',
  },
  AgentRole: {},
  ToolPermission: { match: 'all', rules: [] },
  AgentPolicy: {},
  Agent: {
    tools: [],
    roles: [],
    limits: { maxSteps: 10, maxToolCalls: 50, timeout: '5m' },
    execution: { onDeny: 'inform', maxDenials: 3 },
  },
  AgentSystem: { roles: [], input: {}, limits: { timeout: '30m' } },
};

export function mapOf(resources: readonly Resource[]): ReadonlyMap<Address, Resource> {
  return new Map(resources.map((one) => [one.address, one]));
}

export function snapshotOf(resources: readonly Resource[], change: Partial<Snapshot> = {}): Snapshot {
  return {
    environment: { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' },
    commit: '4f2c9e1a'.repeat(5),
    tree: '91c0ffee'.repeat(5),
    resources: mapOf(resources),
    root: rootOf(resources.map((one) => [one.address, one.digest] as const)),
    problems: [],
    ...change,
  };
}

/** What one address holds: the same resource in the record and in the row, unless it says otherwise. */
export interface HeldHead {
  readonly applied?: Resource | undefined;
  readonly live?: Resource | undefined;
  readonly generation?: number;
  readonly touched?: Head['touched'];
}

export function liveOf(heads: readonly HeldHead[], change: Partial<Live> = {}): Live {
  const rows = heads.map(({ applied, live, generation = 1, touched }): Head => {
    const one = applied ?? live;
    if (one === undefined) throw new TypeError('a head holds something');
    const { file, line } = one.place;
    return { address: one.address, generation, applied: applied?.digest, live: live?.digest, file, line, touched };
  });
  return {
    environment: 'prod',
    lineage: '00000000-0000-4000-8000-000000000001',
    revision: heads.length === 0 ? 0 : 3,
    root: rootOf([]),
    writes: 1,
    commit: undefined,
    heads: new Map(rows.map((row) => [row.address, row])),
    bundles: new Map(),
    rules: undefined,
    ...change,
  };
}

export function inSync(resources: readonly Resource[], change: Partial<Live> = {}): Live {
  return liveOf(
    resources.map((one) => ({ applied: one, live: one })),
    change,
  );
}

export function optionsOf(stored: readonly Resource[], change: Partial<PlanOptions> = {}): PlanOptions {
  return {
    bodies: new Map(stored.map((one) => [one.digest, one.manifest])),
    subject: 'Shorten the reply',
    schemaDigest: 'a'.repeat(64),
    ...change,
  };
}

export function agent(name: string, spec: JsonObject = {}, rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'Agent', name, spec: { modelRef: 'small', prompt: 'Help.', ...spec }, ...rest });
}

export function tool(name: string, spec: JsonObject = {}, rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'Tool', name, spec: { builtin: { name: 'echo' }, ...spec }, ...rest });
}

/** An MCP server as resolution gives it, with these descriptions pinned by the tool's name. */
export function server(name: string, tools: Readonly<Record<string, string>>, spec: JsonObject = {}): Resource {
  const definitions = Object.entries(tools).map(([tool, description]) => {
    const definition = { description, inputSchema: { type: 'object', properties: { id: { type: 'string' } } } };
    return [tool, { digest: toolDigest(tool, definition), definition }];
  });
  const pinned = { toolsDigest: digest(tools), tools: Object.fromEntries(definitions) };
  return resource({ kind: 'McpServer', name, spec: { url: `https://${name}.example.com/mcp`, pinned, ...spec } });
}

export function role(name: string, permissions: readonly string[], rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'AgentRole', name, spec: { permissions }, ...rest });
}

export function policy(name: string, spec: JsonObject, rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'AgentPolicy', name, spec, ...rest });
}

export function model(name: string, spec: JsonObject = {}, rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'ModelEndpoint', name, spec: { baseUrl: 'https://models.example', ...spec }, ...rest });
}

export function system(name: string, graph: Readonly<Record<string, Json>>, rest: Partial<Written> = {}): Resource {
  return resource({ kind: 'AgentSystem', name, spec: { graph, ...rest.spec }, ...without(rest) });
}

function without({ spec: _spec, ...rest }: Partial<Written>): Partial<Written> {
  return rest;
}

/** What revisions 1, 2, … held, as the store tells it: an entry wherever the content changed, newest first. */
export function historyOf(...states: readonly (readonly Resource[])[]): OlderRevisions {
  const older = new Map<Address, OlderContent[]>();
  for (const address of new Set(states.flat().map((one) => one.address))) {
    const entries: OlderContent[] = [];
    for (const [at, state] of states.entries()) {
      const digest = state.find((one) => one.address === address)?.digest;
      if (digest !== entries[0]?.digest) entries.unshift({ revision: at + 1, digest });
    }
    older.set(address, entries);
  }
  return older;
}
