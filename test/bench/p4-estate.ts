import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type Address, addressOf, type Kind, type Resource } from '../../src/manifest/resource.ts';

/** An estate as a plan sees it: every agent lists every tool, so that each pair is a cell. */
export interface EstateSize {
  readonly agents: number;
  readonly tools: number;
  /** Manifests in all; what is missing is filled up with policies and permissions, each for one agent. */
  readonly manifests: number;
}

export function estateOfSize({ agents, tools, manifests }: EstateSize): ReadonlyMap<Address, Resource> {
  const listed = Array.from({ length: tools }, (_, index) => ({ toolRef: `tool-${index}` }));
  const resources = [model(), role(tools), guardrail(false)];
  for (let index = 0; index < tools; index += 1) resources.push(tool(index));
  for (let index = 0; index < agents; index += 1) resources.push(agent(index, listed), system(index));
  for (let index = 0; resources.length < manifests; index += 1) {
    resources.push(index % 2 === 0 ? cap(index, index % agents) : permission(index, index % agents));
  }
  return inOrder(resources);
}

export function withResource(resources: ReadonlyMap<Address, Resource>, one: Resource): ReadonlyMap<Address, Resource> {
  return new Map(resources).set(one.address, one);
}

/** The policy that reaches everything: denying writes, every cell is another. */
export function guardrail(deniesReads: boolean): Resource {
  return resource('AgentPolicy', 'guardrail', {
    global: true,
    operations: { deny: deniesReads ? ['read', 'delete'] : ['delete'] },
  });
}

export function agent(index: number, listed: readonly { readonly toolRef: string }[], prompt = 'Help.'): Resource {
  return resource('Agent', `agent-${index}`, {
    modelRef: 'model',
    prompt,
    tools: [...listed],
    roles: ['everyone'],
    limits: { maxSteps: 10, maxToolCalls: 50, timeout: '5m' },
    execution: { onDeny: 'inform', maxDenials: 3 },
  });
}

export function role(tools: number): Resource {
  const permissions = Array.from({ length: tools }, (_, index) => `tool:tool-${index}:read`);
  return resource('AgentRole', 'everyone', { permissions });
}

function model(): Resource {
  return resource('ModelEndpoint', 'model', {
    provider: 'openaiCompatible',
    model: 'm',
    baseUrl: 'https://models.example.com/v1',
    allowPrivate: false,
    parameters: { maxOutputTokens: 1024 },
  });
}

function tool(index: number): Resource {
  return resource('Tool', `tool-${index}`, {
    description: `Looks up what is known about subject ${index}.`,
    type: 'builtin',
    builtin: { name: 'echo' },
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', minLength: 1, maxLength: 200 } },
      required: ['query'],
      additionalProperties: false,
    },
    operation: ['read'],
    idempotent: false,
    timeout: '30s',
    maxResultBytes: 1_048_576,
  });
}

function system(index: number): Resource {
  return resource('AgentSystem', `system-${index}`, {
    roles: [],
    input: {},
    limits: { timeout: '30m' },
    graph: { only: { agentRef: `agent-${index}`, edges: [] } },
  });
}

function cap(index: number, of: number): Resource {
  return resource('AgentPolicy', `cap-${index}`, {
    targets: { agents: [`agent-${of}`] },
    limits: { maxSteps: 8 },
    budgets: [{ scope: 'run', unit: 'tokens', limit: 30_000 }],
  });
}

/** Thousands for one tool: the worst case for whoever collects them. */
function permission(index: number, of: number): Resource {
  return resource('ToolPermission', `permission-${index}`, {
    toolRef: 'tool-0',
    agents: [`agent-${of}`],
    match: 'all',
    required: ['tool:tool-0:read'],
    rules: [],
  });
}

function resource(kind: Kind, name: string, spec: JsonObject): Resource {
  const namespace = 'default';
  const manifest: JsonObject = { apiVersion: 'pawl/v1', kind, metadata: { name, namespace }, spec };
  const address = addressOf({ kind, namespace, name });
  return {
    kind,
    namespace,
    name,
    address,
    manifest,
    digest: digest(manifest),
    place: { file: `${name}.yaml`, line: 1, column: 1 },
  };
}

function inOrder(resources: readonly Resource[]): ReadonlyMap<Address, Resource> {
  const sorted = [...resources].sort((a, b) => (a.address < b.address ? -1 : 1));
  return new Map(sorted.map((one) => [one.address, one]));
}
