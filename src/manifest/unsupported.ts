import { own } from './json.ts';

/** Kinds of the full design whose part this build does not have. */
const kindParts: Readonly<Record<string, string>> = {
  McpServer: 'MCP servers',
  Memory: 'memory',
  PromptLibrary: 'prompt libraries',
  Guard: 'guards',
  Gateway: 'gateways',
  Workforce: 'workforces',
  Task: 'tasks',
  TaskSchedule: 'schedules',
  TaskWebhook: 'webhooks',
  WorkerPool: 'worker pools',
  AlertRule: 'alerts',
  AlertReceiver: 'alerts',
  Eval: 'evals',
  Defaults: 'defaults',
};

/** Fields, and values of fields (`field=value`), of the full design whose part this build does not have. */
const fieldParts: Readonly<Record<string, string>> = {
  '*.metadata.renamedFrom': 'moves of a resource under another name',
  'Agent.spec.displayName': 'display names',
  'Agent.spec.modelRefs': 'fallback over several models',
  'Agent.spec.promptRef': 'prompt libraries',
  'Agent.spec.inputs': 'agent inputs',
  'Agent.spec.tools[].mcpServerRef': 'MCP servers',
  'Agent.spec.tools[].tools': 'MCP servers',
  'Agent.spec.tools[].requireApproval': 'approvals',
  'Agent.spec.tools[].timeout': 'timeouts for each use of a tool',
  'Agent.spec.agents': 'delegation',
  'Agent.spec.memory': 'memory',
  'Agent.spec.limits.maxCost': 'limits on cost',
  'Agent.spec.limits.maxDelegationDepth': 'delegation',
  'Agent.spec.execution.toolUse': 'control of tool use',
  'Agent.spec.execution.requiredTools': 'control of tool use',
  'Agent.spec.execution.duplicateCalls': 'control of tool use',
  'Agent.spec.context': 'compaction',
  'Agent.spec.guards': 'guards',
  'Agent.spec.expose': 'exposed agents',
  'Agent.spec.runtime': 'external agents',
  'Agent.spec.observability': 'observability settings',
  'AgentSystem.spec.graph.*.systemRef': 'nested systems',
  'AgentSystem.spec.graph.*.human': 'human steps',
  'AgentSystem.spec.graph.*.dependsOn': 'edges written from their target',
  'AgentSystem.spec.graph.*.join.count': 'partial joins',
  'AgentSystem.spec.graph.*.join.percent': 'partial joins',
  'AgentSystem.spec.graph.*.join.onFailure': 'partial joins',
  'AgentSystem.spec.graph.*.join.mode=any': 'partial joins',
  'AgentSystem.spec.graph.*.join.mode=quorum': 'partial joins',
  'AgentSystem.spec.graph.*.forEach': 'fan-out over a list',
  'AgentSystem.spec.graph.*.maxParallel': 'fan-out over a list',
  'AgentSystem.spec.graph.*.loop': 'loops',
  'AgentSystem.spec.graph.*.delegates': 'delegation',
  'AgentSystem.spec.graph.*.review': 'reviews',
  'AgentSystem.spec.graph.*.retry': 'retries of steps',
  'AgentSystem.spec.graph.*.timeout': 'timeouts of steps',
  'AgentSystem.spec.graph.*.onError': 'handling of failed steps',
  'AgentSystem.spec.limits.maxTurns': 'loops',
  'AgentSystem.spec.limits.maxCost': 'limits on cost',
  'AgentSystem.spec.limits.onLimit': 'loops',
  'AgentSystem.spec.concurrency': 'concurrency control',
  'AgentSystem.spec.onFailure': 'handling of failed steps',
  'AgentSystem.spec.timeout': 'timeouts outside `limits`',
  'AgentSystem.spec.rollout': 'rollouts',
  'AgentSystem.spec.drain': 'draining of removed systems',
  'ModelEndpoint.spec.provider=openai': 'this provider (`openaiCompatible` reaches it)',
  'ModelEndpoint.spec.provider=anthropic': 'this provider',
  'ModelEndpoint.spec.provider=azureOpenai': 'this provider',
  'ModelEndpoint.spec.provider=google': 'this provider',
  'ModelEndpoint.spec.provider=bedrock': 'this provider',
  'ModelEndpoint.spec.provider=ollama': 'this provider (`openaiCompatible` reaches it)',
  'ModelEndpoint.spec.parameters.reasoningEffort': 'reasoning effort',
  'ModelEndpoint.spec.pricing.cachedInputPerMTok': 'prices of cached input',
  'ModelEndpoint.spec.rateLimit': 'rate limits',
  'ModelEndpoint.spec.headers': 'headers of model calls',
  'ModelEndpoint.spec.tls': 'own certificate authorities',
  'ModelEndpoint.spec.gatewayRef': 'gateways',
  'Tool.spec.type=cli': 'command-line tools',
  'Tool.spec.type=mcp': 'MCP servers',
  'Tool.spec.type=code': 'code tools',
  'Tool.spec.type=wasm': 'WASM tools',
  'Tool.spec.type=container': 'container tools',
  'Tool.spec.type=human': 'human steps',
  'Tool.spec.type=retrieval': 'memory',
  'Tool.spec.risk': 'risk classes',
  'Tool.spec.dataClass': 'data-flow rules',
  'Tool.spec.isolation': 'isolation tiers',
  'Tool.spec.retry': 'retries of tools',
  'Tool.spec.cli': 'command-line tools',
  'Tool.spec.code': 'code tools',
  'Tool.spec.wasm': 'WASM tools',
  'Tool.spec.container': 'container tools',
  'Tool.spec.human': 'human steps',
  'Tool.spec.retrieval': 'memory',
  'Tool.spec.auth.profile=oauth2ClientCredentials': 'OAuth client credentials',
  'Tool.spec.auth.tokenUrl': 'OAuth client credentials',
  'Tool.spec.auth.scopes': 'OAuth client credentials',
  'AgentPolicy.spec.operations.ask': 'approvals',
  'AgentPolicy.spec.budgets[].scope=agent': 'budgets beyond a run',
  'AgentPolicy.spec.budgets[].scope=system': 'budgets beyond a run',
  'AgentPolicy.spec.budgets[].scope=namespace': 'budgets beyond a run',
  'AgentPolicy.spec.budgets[].window': 'budgets beyond a run',
  'AgentPolicy.spec.limits.maxCost': 'limits on cost',
  'AgentPolicy.spec.rates': 'rate limits',
  'AgentPolicy.spec.egress': 'egress rules in policies',
  'AgentPolicy.spec.isolation': 'isolation tiers',
  'AgentPolicy.spec.flow': 'data-flow rules',
  'AgentPolicy.spec.conditions': 'conditions',
  'AgentPolicy.spec.gateways': 'gateways',
  'AgentPolicy.spec.mode': 'audit mode',
  'ToolPermission.spec.rules[].verdict=ask': 'approvals',
  'ToolPermission.spec.approval': 'approvals',
  'Secret.spec.source=file': 'secrets in files',
  'Secret.spec.source=age': 'encrypted secrets in Git',
  'Secret.spec.source=stored': 'stored secrets',
  'PawlSettings.groups': 'approvals',
  'PawlSettings.ownership': 'ownership',
  'PawlSettings.environments[].drift': 'healing of drift',
  'PawlSettings.environments[].windows': 'apply windows',
  'PawlSettings.environments[].guards': 'guards of plans',
  'PawlSettings.environments[].approvals': 'approvals',
  'PawlSettings.environments[].signatures': 'signatures of commits',
  'PawlSettings.environments[].alerts': 'alerts',
};

/** The part of pawl that a kind belongs to and this build lacks. */
export function missingKindPart(kind: string): string | undefined {
  return own(kindParts, kind);
}

/** The part of pawl that a field, or one value of it, belongs to and this build lacks. */
export function missingFieldPart(
  title: string,
  path: readonly (string | number)[],
  value?: string,
): string | undefined {
  const written = fieldPath(path) + (value === undefined ? '' : `=${value}`);
  for (const key of [`${title}.${written}`, `*.${written}`]) {
    if (Object.hasOwn(fieldParts, key)) return fieldParts[key];
  }
  return undefined;
}

/** `spec.graph.*.edges[].to`: node names and indexes are not part of a field's name. */
function fieldPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const [index, part] of path.entries()) {
    const isNode = index === 2 && path[1] === 'graph';
    if (/^[0-9]+$/.test(String(part))) text += '[]';
    else text += `${text === '' ? '' : '.'}${isNode ? '*' : part}`;
  }
  return text;
}
