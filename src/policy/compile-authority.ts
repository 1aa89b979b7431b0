import { permissionParts } from '../manifest/permission.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { Authority, Budget, SubjectAuthority, Verdict } from './authority.ts';
import { durationMs } from './compile-content.ts';
import type { View } from './estate.ts';
import { giverOf, type Permission, permissionsOf } from './grant.ts';
import { type Rule, type Subject, subjectOf } from './reach.ts';
import { modelRefOf, scopeOf, toolRefsOf } from './runnable.ts';
import { pathOf, specOf } from './typed.ts';

type Limits = SubjectAuthority['limits'];

/** What each subject of a system may do: the closed world of its grants, narrowed by every rule that reaches it. */
export function compileAuthority(system: Resource, view: View): Authority {
  const subjects = subjectsOf(system, view).map((subject) => [
    subject.address,
    subjectAuthority(subject, system, view),
  ]);
  return { system: pathOf(system), subjects: Object.fromEntries(subjects) };
}

/** The agents of the system's nodes, and the system itself where it has tool nodes; by address. */
export function subjectsOf(system: Resource, view: View): readonly Subject[] {
  const nodes = Object.values(specOf(system, 'AgentSystem').graph);
  const paths = new Set(nodes.flatMap(({ agentRef }) => (agentRef === undefined ? [] : [agentRef])));
  const agents = [...paths].map((path) => view.resource('Agent', qualify(path, system.namespace)));
  const callers = nodes.some(({ toolRef }) => toolRef !== undefined) ? [...agents, system] : agents;
  const unique = new Map(callers.map((caller) => [caller.address, subjectOf(caller, system)]));
  return [...unique.values()].sort((a, b) => compareText(a.address, b.address));
}

/** What a subject asks for by itself, before anything narrows it. */
interface Request {
  readonly model: string | undefined;
  /** `namespace/name`, sorted. */
  readonly tools: readonly string[];
  readonly roles: readonly string[];
  readonly limits: Limits;
}

function subjectAuthority(subject: Subject, system: Resource, view: View): SubjectAuthority {
  const request =
    subject.agent === undefined ? systemRequest(system) : agentRequest(view.resource('Agent', subject.agent));
  const policies = view.policiesFor(subject);
  const permissions = permissionsOf(request.roles.map((path) => view.resource('AgentRole', path)));
  const { model, tools } = request;
  return {
    models: model === undefined ? {} : { [model]: modelVerdict(model, subject, policies) },
    tools: Object.fromEntries(
      tools.map((path) => {
        const cell = { tool: view.resource('Tool', path), subject, rules: view.permissionsFor(path, subject) };
        return [path, deniedBy(cell, policies) ?? grantOf(cell, permissions)];
      }),
    ),
    limits: limitsOf(request.limits, policies),
    budgets: policies.flatMap(budgetsOf),
  };
}

function agentRequest(agent: Resource): Request {
  const spec = specOf(agent, 'Agent');
  const { maxSteps, maxToolCalls, maxTokens, timeout } = spec.limits;
  return {
    model: qualify(modelRefOf(agent), agent.namespace),
    tools: sortedPaths(toolRefsOf(agent), agent.namespace),
    roles: sortedPaths(spec.roles, agent.namespace),
    limits: {
      maxSteps,
      maxToolCalls,
      ...(maxTokens === undefined ? {} : { maxTokens }),
      timeoutMs: durationMs(timeout),
    },
  };
}

/** A tool node is one step that makes one call. */
function systemRequest(system: Resource): Request {
  const spec = specOf(system, 'AgentSystem');
  const tools = Object.values(spec.graph).flatMap(({ toolRef }) => (toolRef === undefined ? [] : [toolRef]));
  return {
    model: undefined,
    tools: sortedPaths(tools, system.namespace),
    roles: sortedPaths(spec.roles, system.namespace),
    limits: { maxSteps: 1, maxToolCalls: 1, timeoutMs: durationMs(spec.limits.timeout) },
  };
}

function modelVerdict(model: string, subject: Subject, policies: readonly Rule<'AgentPolicy'>[]): Verdict {
  const denying = policies.find(
    ({ spec, namespace }) => spec.models?.allow && !names(spec.models.allow, model, namespace),
  );
  return denying === undefined
    ? { kind: 'allow', rule: subject.address }
    : { kind: 'deny', reason: 'model.not_allowed', rule: denying.address };
}

/** One (subject, tool) pair with the ToolPermissions that hold for it. */
interface Cell {
  readonly tool: Resource;
  readonly subject: Subject;
  readonly rules: readonly Rule<'ToolPermission'>[];
}

function deniedBy({ tool, rules }: Cell, policies: readonly Rule<'AgentPolicy'>[]): Verdict | undefined {
  const path = pathOf(tool);
  const operations: readonly string[] = specOf(tool, 'Tool').operation;
  const policy = policies.find(
    ({ spec, namespace }) =>
      names(spec.tools?.deny ?? [], path, namespace) ||
      (spec.tools?.allow !== undefined && !names(spec.tools.allow, path, namespace)) ||
      spec.operations?.deny?.some((operation) => operations.includes(operation)),
  );
  const rule =
    policy ??
    rules.find(({ spec }) =>
      spec.rules.some((entry) => entry.verdict === 'deny' && operations.includes(entry.operation)),
    );
  return rule && { kind: 'deny', reason: 'policy.denied', rule: rule.address };
}

/**
 * The permissions that each ToolPermission requires, or where none does `tool:<name>:<operation>` for every operation.
 * One that requires nothing changes nothing: it must not stand in for the grant.
 */
function grantOf({ tool, subject, rules }: Cell, permissions: readonly Permission[]): Verdict {
  const demands = rules.filter(({ spec }) => (spec.required?.length ?? 0) > 0).map(demandOf);
  // Of another namespace, one narrows only: it cannot take the place of what the tool's owner asks for.
  const isReplaced = rules.some(
    ({ spec, namespace }) => (spec.required?.length ?? 0) > 0 && namespace === tool.namespace,
  );
  const all = isReplaced ? demands : [...demands, ordinaryDemand(tool, subject)];
  const givers = new Set<string>();
  for (const { rule, required, match } of all) {
    const given = required.map((text) => ({ text: text.join(':'), giver: giverOf(text, permissions) }));
    const missing = given.filter(({ giver }) => giver === undefined).map(({ text }) => text);
    if (missing.length === required.length || (match === 'all' && missing.length > 0)) {
      return { kind: 'deny', reason: 'policy.not_granted', rule, missing: missing.sort(compareText) };
    }
    for (const { giver } of match === 'any' ? given.filter((one) => one.giver).slice(0, 1) : given) {
      if (giver !== undefined) givers.add(giver);
    }
  }
  return { kind: 'allow', rule: [...givers].sort(compareText).join(', ') };
}

/** Permissions in a stable order, so that which role is named does not depend on how a list was written. */
interface Demand {
  readonly rule: string;
  readonly required: readonly (readonly string[])[];
  readonly match: 'all' | 'any';
}

function demandOf({ address, namespace, spec }: Rule<'ToolPermission'>): Demand {
  const required = [...new Set(spec.required)].sort(compareText).map((text) => permissionParts(text, namespace));
  return { rule: address, required, match: spec.match };
}

function ordinaryDemand(tool: Resource, subject: Subject): Demand {
  const operations = [...new Set<string>(specOf(tool, 'Tool').operation)].sort(compareText);
  return {
    rule: subject.address,
    required: operations.map((operation) => ['tool', pathOf(tool), operation]),
    match: 'all',
  };
}

function limitsOf(own: Limits, policies: readonly Rule<'AgentPolicy'>[]): Limits {
  const ceilings = policies.flatMap(({ spec }) => spec.limits ?? []);
  const least = (values: readonly (number | undefined)[]): number =>
    Math.min(...values.filter((value) => value !== undefined));
  const maxTokens = least([own.maxTokens, ...ceilings.map((ceiling) => ceiling.maxTokens)]);
  const timeouts = ceilings.flatMap(({ timeout }) => (timeout === undefined ? [] : [durationMs(timeout)]));
  return {
    maxSteps: least([own.maxSteps, ...ceilings.map((ceiling) => ceiling.maxSteps)]),
    maxToolCalls: least([own.maxToolCalls, ...ceilings.map((ceiling) => ceiling.maxToolCalls)]),
    ...(maxTokens === Number.POSITIVE_INFINITY ? {} : { maxTokens }),
    timeoutMs: least([own.timeoutMs, ...timeouts]),
  };
}

/** Numbered after sorting: an account keeps its name however the list is ordered. */
function budgetsOf({ address, spec }: Rule<'AgentPolicy'>): readonly Budget[] {
  const budgets = (spec.budgets ?? []).map(({ scope, unit, limit }) => ({
    scope: scopeOf({ address }, { scope }),
    unit,
    limit: unit === 'usd' ? Math.round(limit * 1_000_000) : Math.floor(limit),
  }));
  budgets.sort((a, b) => compareText(a.unit, b.unit) || a.limit - b.limit);
  return budgets.map((budget, index) => ({ id: `${address}#${index}`, ...budget }));
}

/** Exact `namespace/name`, or `*` alone for everything. */
function names(list: readonly string[], path: string, namespace: string): boolean {
  return list.some((entry) => entry === '*' || qualify(entry, namespace) === path);
}

function sortedPaths(references: readonly string[], namespace: string): readonly string[] {
  return [...new Set(references.map((reference) => qualify(reference, namespace)))].sort(compareText);
}
