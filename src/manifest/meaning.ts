import type { Document } from './document.ts';
import { validateGraph } from './graph.ts';
import type { JsonObject } from './json.ts';
import { problemsMax } from './limits.ts';
import { objectAt } from './manifest-reference.ts';
import { checkAgent } from './meaning-agent.ts';
import { checkAlertReceiver, checkAlertRule } from './meaning-alert.ts';
import { checkDefaults } from './meaning-defaults.ts';
import { checkEval } from './meaning-eval.ts';
import { checkGateway } from './meaning-gateway.ts';
import { checkGuard } from './meaning-guard.ts';
import { checkMcpServer } from './meaning-mcp-server.ts';
import { checkMemory } from './meaning-memory.ts';
import { checkModelEndpoint } from './meaning-model.ts';
import { checkToolPermission } from './meaning-permission.ts';
import { checkAgentPolicy } from './meaning-policy.ts';
import { checkWorkerPool } from './meaning-pool.ts';
import { promptProblems } from './meaning-prompt.ts';
import type { Check, Mistake, Report } from './meaning-report.ts';
import { checkSecret } from './meaning-secret.ts';
import { checkAgentSystem } from './meaning-system.ts';
import { checkTask, checkTaskSchedule, checkTaskWebhook } from './meaning-task.ts';
import { checkTool } from './meaning-tool.ts';
import { problemIn, problemWithin } from './position.ts';
import type { Problem } from './problem.ts';
import type { Kind } from './resource.ts';
import type { Path } from './text.ts';

/** What is wrong with a manifest of the right shape, beyond what a schema can say. */
export function checkMeaning(kind: Kind, manifest: JsonObject, document: Document): Problem[] {
  const spec = objectAt(manifest, 'spec');
  const problems: Problem[] = [];
  const report: Report = (path, finding) => {
    if (problems.length < problemsMax) problems.push(problemOf({ ...finding, path }, document));
  };
  checks[kind]?.(spec, report);
  problems.push(...promptProblems(kind, spec, document));
  if (kind === 'AgentSystem') for (const finding of validateGraph(spec)) problems.push(problemOf(finding, document));
  return problems.slice(0, problemsMax);
}

const checks: Readonly<Partial<Record<Kind, Check>>> = {
  Agent: checkAgent,
  AgentSystem: checkAgentSystem,
  Tool: checkTool,
  ModelEndpoint: checkModelEndpoint,
  McpServer: checkMcpServer,
  Memory: checkMemory,
  Secret: checkSecret,
  AgentPolicy: checkAgentPolicy,
  ToolPermission: checkToolPermission,
  Guard: checkGuard,
  Gateway: checkGateway,
  Task: checkTask,
  TaskSchedule: checkTaskSchedule,
  TaskWebhook: checkTaskWebhook,
  WorkerPool: checkWorkerPool,
  AlertReceiver: checkAlertReceiver,
  AlertRule: checkAlertRule,
  Eval: checkEval,
  Defaults: checkDefaults,
};

function problemOf(mistake: Mistake & { readonly path: Path }, document: Document): Problem {
  const path = ['spec', ...mistake.path];
  const { within } = mistake;
  return within === undefined
    ? problemIn(document, path, mistake)
    : problemWithin(document, path, { ...mistake, within });
}
