import type { Document } from './document.ts';
import { validateGraph } from './graph.ts';
import type { GraphFinding } from './graph-finding.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { problemsMax } from './limits.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkAgent } from './meaning-agent.ts';
import { checkMcpServer } from './meaning-mcp-server.ts';
import { checkMemory } from './meaning-memory.ts';
import { checkModelEndpoint } from './meaning-model.ts';
import { promptProblems } from './meaning-prompt.ts';
import { type Check, checkMoney, type Report } from './meaning-report.ts';
import { checkAgentSystem } from './meaning-system.ts';
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
    if (problems.length < problemsMax) problems.push(problemIn(document, ['spec', ...path], finding));
  };
  checks[kind]?.(spec, report);
  problems.push(...promptProblems(kind, spec, document));
  if (kind === 'AgentSystem') for (const finding of validateGraph(spec)) problems.push(graphProblem(finding, document));
  return problems.slice(0, problemsMax);
}

const checks: Readonly<Partial<Record<Kind, Check>>> = {
  Agent: checkAgent,
  AgentSystem: checkAgentSystem,
  Tool: checkTool,
  ModelEndpoint: checkModelEndpoint,
  McpServer: checkMcpServer,
  Memory: checkMemory,
  AgentPolicy: (spec, report) => {
    for (const [index, budget] of listAt(spec, 'budgets').entries()) {
      if (isJsonObject(budget)) checkBudget(budget, ['budgets', index, 'limit'], report);
    }
    for (const field of ['models', 'tools']) {
      const allow = objectAt(spec, field)['allow'];
      if (!Array.isArray(allow) || allow.length > 0) continue;
      const message = `An empty \`allow\` allows no ${field} at all.`;
      report([field, 'allow'], {
        code: 'policy.allows_none',
        severity: 'warning',
        message,
        help: 'Remove it if nothing should be restricted.',
      });
    }
  },
};

function checkBudget(budget: JsonObject, path: Path, report: Report): void {
  const limit = budget['limit'];
  if (budget['unit'] === 'usd') return checkMoney(limit, path, report);
  if (typeof limit !== 'number' || Number.isInteger(limit)) return;
  report(path, {
    code: 'manifest.limit',
    message: 'Tokens and calls are counted in whole numbers.',
    help: 'Round it.',
  });
}

function graphProblem(finding: GraphFinding, document: Document): Problem {
  const path = ['spec', ...finding.path];
  const { within } = finding;
  return within === undefined
    ? problemIn(document, path, finding)
    : problemWithin(document, path, { ...finding, within });
}
