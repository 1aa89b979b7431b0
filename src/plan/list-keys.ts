import { isJsonObject, type Json } from '../manifest/json.ts';
import type { Kind } from '../manifest/resource.ts';

/**
 * How the entries of two versions of a list are matched. `value`: a set of scalars. `index`: the order means something.
 * A list of fields: named things, whatever their order.
 */
export type ListKey = 'value' | 'index' | readonly string[];

/** Every list of every kind; a test compares the table with the schemas. `*` stands for one key. */
export const listKeys: Readonly<Record<Kind, Readonly<Record<string, ListKey>>>> = {
  Agent: {
    'spec.modelRefs': 'index',
    'spec.inputs.*.enum': 'value',
    'spec.tools': ['toolRef', 'mcpServerRef'],
    'spec.tools.*.tools': 'value',
    'spec.agents': ['agentRef', 'url'],
    'spec.agents.*.auth.scopes': 'value',
    'spec.roles': 'value',
    'spec.memory.allow': 'value',
    'spec.execution.requiredTools': 'value',
    'spec.guards': 'value',
    'spec.expose.skills': ['id'],
    'spec.expose.skills.*.tags': 'value',
    'spec.expose.skills.*.examples': 'index',
  },
  AgentPolicy: {
    'spec.targets.agents': 'value',
    'spec.targets.systems': 'value',
    'spec.targets.namespaces': 'value',
    'spec.models.allow': 'value',
    'spec.models.deny': 'value',
    'spec.tools.allow': 'value',
    'spec.tools.deny': 'value',
    'spec.operations.deny': 'value',
    'spec.operations.ask': 'value',
    'spec.budgets': ['scope', 'unit', 'window'],
    'spec.rates': ['key', 'window'],
    'spec.egress.hosts': 'value',
    'spec.flow': 'value',
    'spec.flow.*.when': 'value',
    'spec.conditions': ['name'],
    'spec.guards': 'value',
    'spec.gateways.require': 'value',
    'spec.gateways.allow': 'value',
    'spec.approval.approvers.groups': 'value',
    'spec.approval.approvers.users': 'value',
    'spec.approval.batch.same': 'value',
  },
  AgentRole: { 'spec.permissions': 'value' },
  AgentSystem: {
    'spec.roles': 'value',
    'spec.graph.*.edges': ['to'],
    'spec.graph.*.dependsOn': 'value',
    'spec.graph.*.delegates': 'value',
    'spec.graph.*.retry.on': 'value',
    'spec.graph.*.human.assignees.groups': 'value',
    'spec.graph.*.human.assignees.users': 'value',
    'spec.graph.*.review.approvers.groups': 'value',
    'spec.graph.*.review.approvers.users': 'value',
    'spec.rollout.steps': 'index',
  },
  ModelEndpoint: {
    'spec.parameters.stop': 'index',
    'spec.script.replies': 'index',
    'spec.script.replies.*.turns': 'index',
    'spec.script.replies.*.turns.*.toolCalls': 'index',
  },
  Secret: {},
  Tool: {
    'spec.retry.on': 'value',
    'spec.cli.args': 'index',
    'spec.cli.env': ['name'],
    'spec.container.command': 'index',
    'spec.container.args': 'index',
    'spec.container.env': ['name'],
    'spec.human.assignees.groups': 'value',
    'spec.human.assignees.users': 'value',
    'spec.auth.scopes': 'value',
    'spec.operation': 'value',
    'spec.egress.hosts': 'value',
  },
  ToolPermission: {
    'spec.required': 'value',
    'spec.agents': 'value',
    'spec.rules': ['operation'],
    'spec.approval.approvers.groups': 'value',
    'spec.approval.approvers.users': 'value',
    'spec.approval.batch.same': 'value',
  },
  Defaults: {},
  Guard: {
    'spec.provider.http.auth.scopes': 'value',
    'spec.provider.presidio.auth.scopes': 'value',
    'spec.mode': 'value',
    'spec.calls': 'value',
    'spec.provider.regex.patterns': ['name'],
    'spec.provider.presidio.entities': 'value',
    'spec.provider.openaiModeration.categories': 'value',
  },
  Gateway: {
    'spec.auth.scopes': 'value',
    'spec.exposes': ['agentRef'],
  },
  Memory: { 'spec.http.auth.scopes': 'value' },
  PromptLibrary: {},
  McpServer: {
    'spec.auth.scopes': 'value',
    'spec.egress.hosts': 'value',
    'spec.args': 'index',
    'spec.env': ['name'],
    'spec.headersFrom': ['name'],
    'spec.tools.allow': 'value',
    'spec.tools.deny': 'value',
  },
  Workforce: { 'spec.entryAgents': 'value', 'spec.tags': 'value' },
  Task: { 'spec.retry.on': 'value', 'spec.requires.isolation': 'value' },
  TaskSchedule: { 'spec.task.retry.on': 'value', 'spec.task.requires.isolation': 'value' },
  TaskWebhook: { 'spec.task.retry.on': 'value', 'spec.task.requires.isolation': 'value' },
  WorkerPool: { 'spec.requires.models': 'value', 'spec.isolation': 'value', 'spec.scaling.metrics': ['metric'] },
  AlertReceiver: { 'spec.githubIssue.labels': 'value', 'spec.email.to': 'value' },
  AlertRule: {
    'spec.where.agents': 'value',
    'spec.where.systems': 'value',
    'spec.where.pools': 'value',
    'spec.where.namespaces': 'value',
    'spec.receivers': 'value',
  },
  Eval: {
    'spec.cases': ['name'],
    'spec.cases.*.expect.contains': 'value',
    'spec.cases.*.expect.notContains': 'value',
    'spec.cases.*.expect.calls': 'value',
    'spec.cases.*.expect.notCalls': 'value',
  },
};

/** JSON Schemas within manifests: their lists are sets where JSON Schema says so. */
const jsonSchemas: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  Agent: ['spec.output.schema'],
  AgentSystem: ['spec.input.schema'],
  Tool: ['spec.inputSchema', 'spec.outputSchema'],
};

const schemaSets: readonly string[] = ['required', 'enum', 'type'];

/** The key of the list at a path of a manifest; free JSON keeps its order. */
export function listKeyAt(kind: Kind, segments: readonly string[]): ListKey {
  const path = segments.join('.');
  const last = segments.at(-1) ?? '';
  if (jsonSchemas[kind]?.some((schema) => path.startsWith(`${schema}.`))) {
    return schemaSets.includes(last) ? 'value' : 'index';
  }
  for (const { parts, key } of patternsOf(kind)) {
    if (parts.length === segments.length && parts.every((part, at) => part === '*' || part === segments[at]))
      return key;
  }
  return 'index';
}

interface Pattern {
  readonly parts: readonly string[];
  readonly key: ListKey;
}

const patterns = new Map<Kind, readonly Pattern[]>();

function patternsOf(kind: Kind): readonly Pattern[] {
  let known = patterns.get(kind);
  if (known === undefined) {
    known = Object.entries(listKeys[kind]).map(([pattern, key]) => ({ parts: pattern.split('.'), key }));
    patterns.set(kind, known);
  }
  return known;
}

/** Entries by key. Two entries of one key keep apart by a number; entries that do not fit the key go by their value. */
export function entriesByKey(list: readonly Json[], key: Exclude<ListKey, 'index'>): ReadonlyMap<string, Json> {
  const entries = new Map<string, Json>();
  for (const entry of list) {
    const base = keyOf(entry, key);
    let unique = base;
    for (let count = 2; entries.has(unique); count += 1) unique = `${base} #${count}`;
    entries.set(unique, entry);
  }
  return entries;
}

function keyOf(entry: Json, key: Exclude<ListKey, 'index'>): string {
  if (key === 'value' || !isJsonObject(entry)) return scalarText(entry);
  return key.flatMap((field) => (entry[field] === undefined ? [] : [scalarText(entry[field])])).join(' ');
}

function scalarText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
