import { isGlob, matchesGlob } from './glob.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { checkUrl } from './meaning-field.ts';
import { checkAuth } from './meaning-process.ts';
import {
  below,
  type Check,
  checkCostLimit,
  checkOneOf,
  checkSchema,
  checkUnique,
  contradiction,
  notAmong,
  refuseFields,
  type Report,
  requireFields,
} from './meaning-report.ts';
import { shownText } from './shown.ts';

/** What is wrong with an Agent beyond its shape. */
export const checkAgent: Check = (spec, report) => {
  checkRuntime(spec, report);
  for (const [name, input] of Object.entries(objectAt(spec, 'inputs'))) {
    if (isJsonObject(input)) checkInput(input, below(report, ['inputs', name]));
  }
  checkSchema(objectAt(spec, 'output')['schema'], ['output', 'schema'], report);
  checkTools(listAt(spec, 'tools'), report);
  checkAgents(listAt(spec, 'agents'), report);
  checkRequiredTools(spec, report);
  checkCostLimit(spec, report);
  const expose = objectAt(spec, 'expose');
  const skills = listAt(expose, 'skills').map((skill) => (isJsonObject(skill) ? skill['id'] : undefined));
  checkUnique(skills, { path: ['expose', 'skills'], field: 'id', what: 'skill' }, report);
  if (expose['a2a'] !== true)
    refuseFields(expose, { fields: ['skills'], what: 'an agent without `a2a: true`' }, below(report, ['expose']));
};

const models = ['modelRef', 'modelRefs'];
const prompts = ['prompt', 'promptFile', 'promptRef'];

/** pawl's own loop needs a prompt, and a model that Defaults may give; an agent of another framework brings its own. */
function checkRuntime(spec: JsonObject, report: Report): void {
  const { runtime } = spec;
  if (isJsonObject(runtime)) {
    return checkElsewhere(spec, runtime, report);
  }
  checkOneOf(spec, { fields: models }, report);
  checkOneOf(spec, { fields: prompts, none: 'The agent has no prompt.' }, report);
}

/** What pawl's own loop does with them, nobody does for an agent that runs elsewhere. */
const ofTheLoop = ['inputs', 'context', 'tools', 'agents', 'roles', 'memory'];

function checkElsewhere(spec: JsonObject, runtime: JsonObject, report: Report): void {
  const what = 'an agent that runs outside of pawl';
  refuseFields(spec, { fields: [...models, ...prompts, ...ofTheLoop], what }, report);
  const limits = { fields: ['maxTokens', 'maxCost', 'maxDelegationDepth'], what };
  refuseFields(objectAt(spec, 'limits'), limits, below(report, ['limits']));
  const execution = { fields: ['requiredTools', 'duplicateCalls'], what };
  refuseFields(objectAt(spec, 'execution'), execution, below(report, ['execution']));
  checkAddress(objectAt(runtime, 'external'), below(report, ['runtime', 'external']));
}

function checkAddress(holder: JsonObject, report: Report): void {
  // `http://` in the URL is the word for it: there is no list of hosts beside it that could say so.
  checkUrl({ ...holder, allowPrivate: true }, 'url', report);
  checkAuth(objectAt(holder, 'auth'), below(report, ['auth']));
}

function checkInput(input: JsonObject, report: Report): void {
  const type = typeof input['type'] === 'string' ? input['type'] : 'string';
  const allowed = isJsonList(input['enum']) ? input['enum'] : undefined;
  for (const [index, value] of (allowed ?? []).entries()) checkType(value, type, below(report, ['enum', index]));
  const fallback = input['default'];
  if (fallback === undefined) return;
  checkType(fallback, type, below(report, ['default']));
  if (allowed !== undefined && typeof fallback !== 'object' && !allowed.includes(fallback))
    report(['default'], notAmong(String(fallback), allowed.map(String), 'the values in `enum`'));
}

function checkType(value: Json, type: string, report: Report): void {
  const is = typeof value === 'number' && type === 'integer' && Number.isInteger(value) ? 'integer' : typeof value;
  if (is === type) return;
  report([], { code: 'manifest.type', message: `The value is no ${type}.`, help: 'Change it, or `type`.' });
}

function checkTools(tools: readonly Json[], report: Report): void {
  checkTwice(tools, report);
  for (const [index, tool] of tools.entries()) {
    if (!isJsonObject(tool)) continue;
    const at = below(report, ['tools', index]);
    if (tool['mcpServerRef'] === undefined) checkTool(tool, at);
    else checkServer(tool, at);
  }
}

function checkTool(tool: JsonObject, report: Report): void {
  if (tool['tools'] !== undefined)
    report(['tools'], contradiction('`tools` names tools of an MCP server, and the entry names a Tool.'));
  if (isJsonList(tool['requireApproval'])) {
    const help = 'Write `requireApproval: true`.';
    report(['requireApproval'], contradiction('A list tells tools of an MCP server apart; this is one Tool.', help));
  }
}

function checkServer(entry: JsonObject, report: Report): void {
  requireFields(entry, { fields: ['tools'], help: 'List the tools, or write `["*"]` for all of them.' }, report);
  const names = textsOf(entry['tools']);
  for (const [index, name] of textsOf(entry['requireApproval']).entries()) {
    if (isGlob(name) || names.some((glob) => matchesGlob(glob, name))) continue;
    report(['requireApproval', index], notAmong(name, names, 'the tools of this entry'));
  }
}

function textsOf(value: Json | undefined): readonly string[] {
  return isJsonList(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

/** A model knows a tool by its bare name, so that two of one name, even of two namespaces, could not be told apart. */
function checkTwice(tools: readonly Json[], report: Report): void {
  const seen = new Map<string, string>();
  for (const [index, tool] of tools.entries()) {
    if (!isJsonObject(tool)) continue;
    const { toolRef, mcpServerRef } = tool;
    const reference = toolRef ?? mcpServerRef;
    if (typeof reference !== 'string') continue;
    const name = toolRef === undefined ? `server ${reference}` : reference.slice(reference.indexOf('/') + 1);
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const what = toolRef === undefined ? 'MCP server' : 'tool';
      const message =
        earlier === reference
          ? `The ${what} "${name.replace('server ', '')}" is listed twice.`
          : `The tools "${earlier}" and "${reference}" have the same name, and a model could not tell them apart.`;
      report(['tools', index], { code: 'manifest.duplicate_entry', message, help: 'Keep one of the two.' });
    }
    seen.set(name, earlier ?? reference);
  }
}

function checkAgents(agents: readonly Json[], report: Report): void {
  const seen = new Set<string>();
  for (const [index, agent] of agents.entries()) {
    if (!isJsonObject(agent)) continue;
    const at = below(report, ['agents', index]);
    if (agent['url'] === undefined)
      refuseFields(agent, { fields: ['auth', 'allowPrivate'], what: 'an Agent of pawl' }, at);
    else {
      requireFields(agent, { fields: ['name'], help: 'The model calls an agent elsewhere by this name.' }, at);
      checkAddress(agent, at);
    }
    const reference = agent['name'] ?? agent['agentRef'];
    if (typeof reference !== 'string') continue;
    const name = reference.slice(reference.indexOf('/') + 1);
    if (seen.has(name)) {
      const message = `Two agents here are called \`${shownText(name)}\`, and a model could not tell them apart.`;
      at([], { code: 'manifest.duplicate_entry', message, help: 'Give one of them another `name`.' });
    }
    seen.add(name);
  }
}

/** What the agent does not list it cannot call, so that the answer would never come. */
function checkRequiredTools(spec: JsonObject, report: Report): void {
  const names = listAt(spec, 'tools').flatMap((tool) => {
    if (!isJsonObject(tool)) return [];
    const { toolRef } = tool;
    return typeof toolRef === 'string' ? [toolRef.slice(toolRef.indexOf('/') + 1)] : textsOf(tool['tools']);
  });
  for (const [index, name] of textsOf(objectAt(spec, 'execution')['requiredTools']).entries()) {
    if (names.some((glob) => matchesGlob(glob, name))) continue;
    report(['execution', 'requiredTools', index], notAmong(name, names, 'the tools that the agent lists'));
  }
}
