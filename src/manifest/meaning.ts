import type { Document } from './document.ts';
import { validateGraph } from './graph.ts';
import type { GraphFinding } from './graph-finding.ts';
import { httpToolFindings } from './http-tool.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { problemsMax } from './limits.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { type Check, checkMoney, checkSchema, refuseFields, type Report } from './meaning-report.ts';
import { problemIn, problemWithin } from './position.ts';
import type { Problem } from './problem.ts';
import { promptFinding } from './prompt.ts';
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
  if (kind === 'AgentSystem') for (const finding of validateGraph(spec)) problems.push(graphProblem(finding, document));
  return problems.slice(0, problemsMax);
}

const checks: Readonly<Partial<Record<Kind, Check>>> = {
  Agent: (spec, report) => {
    const prompt = spec['prompt'];
    const finding = typeof prompt === 'string' ? promptFinding(prompt) : undefined;
    if (finding !== undefined) report(['prompt'], finding);
    checkSchema(objectAt(spec, 'output')['schema'], ['output', 'schema'], report);
    checkTwice(
      listAt(spec, 'tools').map((tool) => (isJsonObject(tool) ? tool['toolRef'] : undefined)),
      ['tools'],
      report,
    );
  },
  AgentSystem: (spec, report) => checkSchema(objectAt(spec, 'input')['schema'], ['input', 'schema'], report),
  Tool: (spec, report) => {
    checkSchema(spec['inputSchema'], ['inputSchema'], report);
    checkSchema(spec['outputSchema'], ['outputSchema'], report);
    if (isJsonObject(spec['inputSchema']) && spec['inputSchema']['type'] !== 'object') {
      const message = "The schema of a tool's arguments must say `type: object`.";
      report(['inputSchema'], {
        part: 'key',
        code: 'schema.shape',
        message,
        help: 'Models send arguments as one object.',
      });
    }
    checkMoney(objectAt(spec, 'cost')['perCall'], ['cost', 'perCall'], report);
    checkBlocks(spec, report);
  },
  ModelEndpoint: (spec, report) => {
    for (const field of ['inputPerMTok', 'outputPerMTok'])
      checkMoney(objectAt(spec, 'pricing')[field], ['pricing', field], report);
    if (spec['provider'] === 'scripted')
      return refuseFields(spec, { fields: ['baseUrl', 'auth'], what: 'a scripted endpoint' }, report);
    refuseFields(spec, { fields: ['scriptFile'], what: 'an endpoint that is not scripted' }, report);
  },
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

/** A model knows a tool by its bare name, so that two of one name, even of two namespaces, could not be told apart. */
function checkTwice(references: readonly unknown[], path: Path, report: Report): void {
  const seen = new Map<string, string>();
  for (const [index, reference] of references.entries()) {
    if (typeof reference !== 'string') continue;
    const name = reference.slice(reference.indexOf('/') + 1);
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const message =
        earlier === reference
          ? `The tool "${name}" is listed twice.`
          : `The tools "${earlier}" and "${reference}" have the same name, and a model could not tell them apart.`;
      report([...path, index], { code: 'manifest.duplicate_entry', message, help: 'Keep one of the two.' });
    }
    seen.set(name, earlier ?? reference);
  }
}

/** A block of another type would be ignored, and what is written must be honoured. */
function checkBlocks(spec: JsonObject, report: Report): void {
  if (spec['type'] === 'http') {
    for (const { path, ...finding } of httpToolFindings(spec)) report(path, finding);
    return refuseFields(spec, { fields: ['builtin'], what: 'an http tool' }, report);
  }
  refuseFields(spec, { fields: ['http', 'egress', 'auth'], what: 'a builtin tool' }, report);
  const builtin = objectAt(spec, 'builtin');
  const lookup = builtin['name'] === 'lookup';
  const within: Report = (path, finding) => report(['builtin', ...path], finding);
  if (!lookup) refuseFields(builtin, { fields: ['entries'], what: '`echo`' }, within);
  if (lookup && builtin['entries'] === undefined) {
    const message = '`spec.builtin.entries` is missing.';
    report(['builtin'], {
      part: 'key',
      code: 'manifest.required',
      message,
      help: '`lookup` returns one of its entries.',
    });
  }
}

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
