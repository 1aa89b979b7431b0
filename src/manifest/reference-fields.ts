import type { Kind } from './resource.ts';
import { stepsOf } from './steps.ts';

/** A field of a `spec` that names a resource. */
export interface ReferenceField {
  readonly kind: Kind;
  /** From the `spec`: names of fields, `*` for each member of a map, `[]` for each entry of a list. */
  readonly steps: readonly string[];
  /** Only restricts or watches what it names: that is no use of it, and needs no share. */
  readonly restricts: boolean;
}

const task = { 'task.systemRef': 'AgentSystem' } as const;

/** What the fields of each kind name; a test compares them with the schemas. */
const used: Readonly<Record<Kind, Readonly<Record<string, Kind>>>> = {
  Defaults: { modelRef: 'ModelEndpoint', 'runtime.external.auth.secretRef': 'Secret' },
  Secret: {},
  Guard: {
    'provider.http.auth.secretRef': 'Secret',
    'provider.presidio.auth.secretRef': 'Secret',
    'provider.openaiModeration.secretRef': 'Secret',
  },
  Gateway: { 'auth.secretRef': 'Secret', 'exposes[].agentRef': 'Agent' },
  ModelEndpoint: { 'auth.secretRef': 'Secret', 'tls.caSecretRef': 'Secret', gatewayRef: 'Gateway' },
  Memory: { 'longTerm.embeddingRef': 'ModelEndpoint', 'http.auth.secretRef': 'Secret' },
  PromptLibrary: {},
  McpServer: {
    'env[].secretRef': 'Secret',
    'headersFrom[].secretRef': 'Secret',
    'auth.secretRef': 'Secret',
    gatewayRef: 'Gateway',
  },
  Tool: {
    'auth.secretRef': 'Secret',
    'cli.env[].secretRef': 'Secret',
    'container.env[].secretRef': 'Secret',
    'mcp.serverRef': 'McpServer',
    'retrieval.memoryRef': 'Memory',
  },
  AgentRole: {},
  ToolPermission: { toolRef: 'Tool', 'agents[]': 'Agent' },
  AgentPolicy: { 'guards[]': 'Guard' },
  Agent: {
    modelRef: 'ModelEndpoint',
    'modelRefs[]': 'ModelEndpoint',
    'promptRef.library': 'PromptLibrary',
    'tools[].toolRef': 'Tool',
    'tools[].mcpServerRef': 'McpServer',
    'agents[].agentRef': 'Agent',
    'agents[].auth.secretRef': 'Secret',
    'roles[]': 'AgentRole',
    'memory.memoryRef': 'Memory',
    'context.compaction.summarizerRef': 'ModelEndpoint',
    'guards[]': 'Guard',
    'runtime.external.auth.secretRef': 'Secret',
  },
  AgentSystem: {
    'roles[]': 'AgentRole',
    'graph.*.agentRef': 'Agent',
    'graph.*.toolRef': 'Tool',
    'graph.*.systemRef': 'AgentSystem',
  },
  Workforce: { 'entryAgents[]': 'Agent' },
  Task: { systemRef: 'AgentSystem' },
  TaskSchedule: { taskRef: 'Task', ...task },
  TaskWebhook: { taskRef: 'Task', ...task, 'auth.secretRef': 'Secret' },
  WorkerPool: {},
  AlertReceiver: { secretRef: 'Secret' },
  AlertRule: { 'receivers[]': 'AlertReceiver' },
  Eval: { systemRef: 'AgentSystem' },
};

/** What the fields of each kind only restrict or watch. */
const restricted: Readonly<Partial<Record<Kind, Readonly<Record<string, Kind>>>>> = {
  AgentPolicy: {
    'targets.agents[]': 'Agent',
    'targets.systems[]': 'AgentSystem',
    'models.allow[]': 'ModelEndpoint',
    'models.deny[]': 'ModelEndpoint',
    'tools.allow[]': 'Tool',
    'tools.deny[]': 'Tool',
    'gateways.allow[]': 'Gateway',
  },
  AlertRule: { 'where.agents[]': 'Agent', 'where.systems[]': 'AgentSystem', 'where.pools[]': 'WorkerPool' },
  Eval: { 'cases[].expect.calls[]': 'Tool', 'cases[].expect.notCalls[]': 'Tool' },
};

/** The fields of a kind that name resources. */
export function referenceFields(kind: Kind): readonly ReferenceField[] {
  let fields = known.get(kind);
  if (fields === undefined) {
    fields = [...fieldsOf(used[kind], false), ...fieldsOf(restricted[kind] ?? {}, true)];
    known.set(kind, fields);
  }
  return fields;
}

const known = new Map<Kind, readonly ReferenceField[]>();

function fieldsOf(fields: Readonly<Record<string, Kind>>, restricts: boolean): ReferenceField[] {
  return Object.entries(fields).map(([path, kind]) => ({
    kind,
    steps: stepsOf(path),
    restricts,
  }));
}
