import type { Dialect } from '../dialect.ts';
import { agentPolicy } from './agent-policy.ts';
import { agentRole } from './agent-role.ts';
import { agentSystem } from './agent-system.ts';
import { agent } from './agent.ts';
import { taskApproval, toolApproval } from './approval-record.ts';
import { contextAdapter } from './context-adapter.ts';
import { evalDataset, evalRun } from './evaluation.ts';
import { mcpServer } from './mcp-server.ts';
import { memory } from './memory.ts';
import { modelEndpoint } from './model-endpoint.ts';
import { sealedSecret, secret } from './secret.ts';
import { session } from './session.ts';
import { taskSchedule } from './task-schedule.ts';
import { taskWebhook } from './task-webhook.ts';
import { task } from './task.ts';
import { toolPermission } from './tool-permission.ts';
import { tool } from './tool.ts';
import { worker } from './worker.ts';

/** Orloj, all kinds that its files may declare. */
export const orloj: Dialect = {
  name: 'orloj',
  title: 'Orloj',
  kinds: [
    agent,
    agentSystem,
    contextAdapter,
    modelEndpoint,
    memory,
    task,
    taskSchedule,
    taskWebhook,
    evalDataset,
    evalRun,
    session,
    agentRole,
    toolPermission,
    toolApproval,
    taskApproval,
    secret,
    sealedSecret,
    worker,
    tool,
    mcpServer,
    agentPolicy,
  ],
};
