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

/** An estate under many policies: a tenth of them reach every agent, the rest a label that a tenth of the agents have. */
export function estateUnderPolicies(
  size: Omit<EstateSize, 'manifests'>,
  policies: number,
): ReadonlyMap<Address, Resource> {
  const resources = [...estateOfSize({ ...size, manifests: 0 }).values()].map((one, index) =>
    one.kind === 'Agent' ? labelled(one, `team-${index % 10}`) : one,
  );
  for (let index = 0; index < policies; index += 1) resources.push(house(index));
  return inOrder(resources);
}

function labelled(agent: Resource, team: string): Resource {
  const metadata = { ...(agent.manifest['metadata'] as JsonObject), labels: { team } };
  const manifest = { ...agent.manifest, metadata };
  return { ...agent, manifest, digest: digest(manifest) };
}

/** One policy of each sort in turn: what denies, asks, caps, looks at arguments, or at what was touched. */
function house(index: number): Resource {
  const says: readonly JsonObject[] = [
    { tools: { deny: [`tool-${index % 200}`] } },
    { operations: { ask: ['write'] } },
    { limits: { maxSteps: 9 }, budgets: [{ scope: 'run', unit: 'tokens', limit: 30_000 }] },
    { conditions: [{ name: 'few', kind: 'denyUnless', expr: 'size(args) < 9' }] },
    { flow: [{ name: 'out', when: ['privateRead'], deny: 'externalWrite' }] },
  ];
  const whom: JsonObject =
    index % 10 === 0 ? { global: true } : { targets: { labels: { team: `team-${index % 10}` } } };
  return resource('AgentPolicy', `house-${index}`, { ...whom, ...says[index % says.length] });
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
