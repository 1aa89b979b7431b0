import type { Address, Kind, Resource } from '../manifest/resource.ts';
import type {
  Agent,
  AgentPolicy,
  AgentRole,
  AgentSystem,
  AlertReceiver,
  AlertRule,
  Defaults,
  Eval,
  Gateway,
  Guard,
  McpServer,
  Memory,
  ModelEndpoint,
  PromptLibrary,
  Secret,
  Task,
  TaskSchedule,
  TaskWebhook,
  Tool,
  ToolPermission,
  WorkerPool,
  Workforce,
} from '../manifest/types.gen.ts';

interface Manifests {
  readonly Agent: Agent;
  readonly AgentPolicy: AgentPolicy;
  readonly AgentRole: AgentRole;
  readonly AgentSystem: AgentSystem;
  readonly AlertReceiver: AlertReceiver;
  readonly AlertRule: AlertRule;
  readonly Defaults: Defaults;
  readonly Eval: Eval;
  readonly Gateway: Gateway;
  readonly Guard: Guard;
  readonly McpServer: McpServer;
  readonly Memory: Memory;
  readonly ModelEndpoint: ModelEndpoint;
  readonly PromptLibrary: PromptLibrary;
  readonly Secret: Secret;
  readonly Task: Task;
  readonly TaskSchedule: TaskSchedule;
  readonly TaskWebhook: TaskWebhook;
  readonly Tool: Tool;
  readonly ToolPermission: ToolPermission;
  readonly WorkerPool: WorkerPool;
  readonly Workforce: Workforce;
}

export type SpecOf<K extends Kind> = Manifests[K]['spec'];

/** The spec of a resolved resource by its generated type: validation against the same schema came before. */
export function specOf<K extends Kind>(resource: Resource, kind: K): SpecOf<K> {
  if (resource.kind !== kind) throw new TypeError(`${resource.address} is not of kind ${kind}`);
  return (resource.manifest as unknown as Manifests[K]).spec;
}

/** `namespace/name` of a resource. */
export function pathOf(resource: Resource): string {
  return `${resource.namespace}/${resource.name}`;
}

/** The address of a `namespace/name` of one kind. */
export function addressAt(kind: Kind, path: string): Address {
  return `${kind}/${path}`;
}
