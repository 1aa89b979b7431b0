import type { Kind } from '../manifest/resource.ts';
import { cells, type JudgeRow, type JudgeTable, prose } from './judge-rule.ts';
import { agentRules, agentSystemRules } from './judge-rules-agent.ts';
import { agentPolicyRules, gatewayRules, guardRules, toolPermissionRules } from './judge-rules-policy.ts';
import { mcpServerRules, memoryRules, modelEndpointRules, secretRules, toolRules } from './judge-rules-tool.ts';

const resolved: JudgeRow = { shown: 'users' };
const operations: JudgeRow = { nothing: 'about the work of people who operate agents; no call passes because of it' };
const triggers: JudgeRow = { shown: 'triggers' };

/** Of every kind. */
export const everyKind: JudgeTable = {
  apiVersion: prose,
  kind: prose,
  metadata: { nothing: 'the name is what is compared' },
  'metadata.labels': { shown: 'coverage' },
  'metadata.annotations': { nothing: 'a share lets others refer to it, and the reference is a change of its own' },
  'metadata.renamedFrom': { nothing: 'says that two names are one resource' },
};

/** What a change of each field of each kind says about power; a test holds that every field has a row. */
export const judgeRules: Readonly<Record<Kind, JudgeTable>> = {
  Defaults: { spec: resolved },
  Secret: secretRules,
  Guard: guardRules,
  Gateway: gatewayRules,
  ModelEndpoint: modelEndpointRules,
  Memory: memoryRules,
  PromptLibrary: { 'spec.description': prose, 'spec.owner': prose, 'spec.prompts': { shown: 'prompts' } },
  McpServer: mcpServerRules,
  Tool: toolRules,
  AgentRole: { 'spec.description': prose, 'spec.owner': prose, 'spec.permissions': cells },
  ToolPermission: toolPermissionRules,
  AgentPolicy: agentPolicyRules,
  Agent: agentRules,
  AgentSystem: agentSystemRules,
  Workforce: { spec: { nothing: 'a list of agents for readers' } },
  Task: { spec: triggers },
  TaskSchedule: { spec: triggers },
  TaskWebhook: { spec: triggers },
  WorkerPool: { spec: { nothing: 'a tool never runs below its floor, whatever a pool offers' } },
  AlertReceiver: { spec: operations },
  AlertRule: { spec: operations },
  Eval: { spec: operations },
};
