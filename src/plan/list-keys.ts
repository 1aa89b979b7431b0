import { isJsonObject, type Json } from '../manifest/json.ts';
import type { Kind } from '../manifest/resource.ts';

/**
 * How the entries of two versions of a list are matched. `value`: a set of scalars. `index`: the order means something.
 * A list of fields: named things, whatever their order.
 */
export type ListKey = 'value' | 'index' | readonly string[];

/** Every list of every kind; a test compares the table with the schemas. `*` stands for one key. */
export const listKeys: Readonly<Record<Kind, Readonly<Record<string, ListKey>>>> = {
  Agent: { 'spec.tools': ['toolRef'], 'spec.roles': 'value' },
  AgentPolicy: {
    'spec.targets.agents': 'value',
    'spec.targets.systems': 'value',
    'spec.targets.namespaces': 'value',
    'spec.models.allow': 'value',
    'spec.tools.allow': 'value',
    'spec.tools.deny': 'value',
    'spec.operations.deny': 'value',
    'spec.budgets': ['scope', 'unit'],
  },
  AgentRole: { 'spec.permissions': 'value' },
  AgentSystem: { 'spec.roles': 'value', 'spec.graph.*.edges': ['to'] },
  ModelEndpoint: {
    'spec.parameters.stop': 'index',
    'spec.script.replies': 'index',
    'spec.script.replies.*.turns': 'index',
    'spec.script.replies.*.turns.*.toolCalls': 'index',
  },
  Secret: {},
  Tool: { 'spec.operation': 'value', 'spec.egress.hosts': 'value' },
  ToolPermission: {
    'spec.required': 'value',
    'spec.agents': 'value',
    'spec.rules': ['operation'],
  },
  Defaults: {},
  Guard: { 'spec.mode': 'value' },
  Gateway: {},
  Memory: {},
  PromptLibrary: {},
  McpServer: {
    'spec.args': 'index',
    'spec.env': ['name'],
    'spec.headersFrom': ['name'],
    'spec.tools.allow': 'value',
    'spec.tools.deny': 'value',
  },
  Workforce: { 'spec.entryAgents': 'value' },
  Task: {},
  TaskSchedule: {},
  TaskWebhook: {},
  WorkerPool: {},
  AlertReceiver: {},
  AlertRule: {},
  Eval: {},
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
  for (const [pattern, key] of Object.entries(listKeys[kind])) {
    const parts = pattern.split('.');
    if (parts.length === segments.length && parts.every((part, at) => part === '*' || part === segments[at]))
      return key;
  }
  return 'index';
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
  return key.map((field) => scalarText(entry[field] ?? null)).join(' ');
}

function scalarText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
