import type { Identity, Kind } from '../resource.ts';

/** The folder of each kind, as the example repository has them; no two kinds share one, so that no two files meet. */
const folders: Readonly<Record<Kind, string>> = {
  Defaults: 'defaults',
  Secret: 'secrets',
  Guard: 'guards',
  Gateway: 'gateways',
  ModelEndpoint: 'models',
  Memory: 'memories',
  PromptLibrary: 'prompts',
  McpServer: 'mcp-servers',
  Tool: 'tools',
  AgentRole: 'roles',
  ToolPermission: 'permissions',
  AgentPolicy: 'policies',
  Agent: 'agents',
  AgentSystem: 'systems',
  Workforce: 'workforces',
  Task: 'tasks',
  TaskSchedule: 'schedules',
  TaskWebhook: 'webhooks',
  WorkerPool: 'pools',
  AlertReceiver: 'alert-receivers',
  AlertRule: 'alert-rules',
  Eval: 'evals',
};

/** Where a manifest is written: by kind, and below its namespace where there are several. */
export function manifestPlace({ kind, namespace, name }: Identity, isNamespaced: boolean): string {
  const path = `${manifestFolder(kind)}/${name}.yaml`;
  return isNamespaced ? `${namespace}/${path}` : path;
}

/** The folder in which manifests of a kind are written. */
export function manifestFolder(kind: Kind): string {
  return folders[kind];
}
