import { memoryToolId, parseMemoryToolId } from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { Authority, Budget, SubjectAuthority, Verdict } from './authority.ts';
import { callersOf, handOffsOf } from './callers.ts';
import { agentLimits } from './compile-agent.ts';
import { durationMs } from './compile-content.ts';
import { modelsNamed } from './compile-model.ts';
import { memoryCells, memoryOperations, memoryUseOf, searchedBy } from './compile-memory.ts';
import type { View } from './estate.ts';
import { kept } from './kept.ts';
import { type Rule, type Subject, subjectOf } from './reach.ts';
import {
  type Demand,
  holds,
  permissionDemand,
  type PolicyForm,
  policyForm,
  type RoleForm,
  roleForm,
  type ToolForm,
  toolForm,
} from './rule-form.ts';
import { scopeOf, toolRefsOf } from './runnable.ts';
import { pathOf, specOf } from './typed.ts';

type Limits = SubjectAuthority['limits'];

/** What each subject of a system may do: the closed world of its grants, narrowed by every rule that reaches it. */
export function compileAuthority(system: Resource, view: View): Authority {
  const subjects = subjectsOf(system, view).map((subject) => [subject.address, subjectAuthority(subject, view)]);
  return { system: pathOf(system), subjects: Object.fromEntries(subjects) };
}

/** Who makes calls in runs of the system, in those of the systems that it nests too; by address. */
export function subjectsOf(system: Resource, view: View): readonly Subject[] {
  const callers = callersOf(system, (kind, path) => view.resource(kind, path));
  return callers.map(subjectOf).sort((a, b) => compareText(a.address, b.address));
}

/** What a subject asks for by itself, before anything narrows it. */
export interface Request {
  /** `namespace/name`: its own in the order in which they are asked, then the one that sums up. */
  readonly models: readonly string[];
  /** `namespace/name`, in order. */
  readonly tools: ReadonlySet<string>;
  /** By address. */
  readonly roles: readonly string[];
  readonly limits: Limits;
}

/** Compiles one subject, of all its tools or only of those in `wanted`. */
export function subjectAuthority(subject: Subject, view: View, wanted?: ReadonlySet<string>): SubjectAuthority {
  const request = requestOf(subject, view);
  const policies = view.policiesFor(subject);
  const asked = wanted === undefined ? request.tools : [...wanted].filter((path) => request.tools.has(path));
  const grants: Grants = {
    policies: policies
      .map(policyForm)
      .filter(({ tools, operations }) => tools !== undefined || operations !== undefined),
    roles: request.roles.map((path) => roleForm(view.resource('AgentRole', path))),
  };
  const tools: Record<string, Verdict> = {};
  for (const id of wantedCells(subject, view, wanted)) tools[id] = memoryVerdict(id, subject, grants.policies);
  for (const path of asked) {
    const cell = { tool: toolForm(view.resource('Tool', path)), subject, rules: view.permissionsFor(path, subject) };
    tools[path] = deniedBy(cell, grants.policies) ?? grantOf(cell, grants.roles);
  }
  const { models } = request;
  return {
    models: Object.fromEntries(models.map((path) => [path, modelVerdict(path, subject, policies)])),
    tools,
    limits: limitsOf(request.limits, policies),
    ...handOffsIn(subject, view),
    budgets: policies.flatMap(budgetsOf),
  };
}

/** An agent's entry for another is the grant to hand it work. */
function handOffsIn({ agent }: Subject, view: View): Pick<SubjectAuthority, 'agents'> {
  const paths = agent === undefined ? [] : handOffsOf(view.resource('Agent', agent)).map(({ path }) => path);
  return paths.length === 0 ? {} : { agents: [...new Set(paths)].sort(compareText) };
}

function wantedCells(subject: Subject, view: View, wanted: ReadonlySet<string> | undefined): readonly string[] {
  if (subject.agent === undefined) return [];
  const cells = memoryCells(view.resource('Agent', subject.agent), view);
  const ids = cells.map(({ memory, operation }) => memoryToolId(memory, operation));
  return wanted === undefined ? ids : ids.filter((id) => wanted.has(id));
}

/**
 * An agent's `memory.allow` is the grant, and policies take from it. The session is none of what a list of tools or of
 * operations is about, so that only a rule that names the memory takes it away.
 */
function memoryVerdict(id: string, subject: Subject, policies: readonly PolicyForm[]): Verdict {
  const isSession = parseMemoryToolId(id)?.operation === 'session';
  const operations = memoryOperations(id) ?? [];
  const policy = policies.find((one) =>
    isSession ? one.tools !== undefined && holds(one.tools.deny, id) : deniesTool(one, { path: id, operations }),
  );
  return policy?.denied ?? { kind: 'allow', rule: subject.address };
}

/** What a subject's own manifest asks for. */
export function requestOf({ agent, address }: Subject, view: View): Request {
  return agent === undefined
    ? systemRequest(view.resource('AgentSystem', address.slice('AgentSystem/'.length)))
    : agentRequest(view.resource('Agent', agent));
}

const agentRequest = kept((agent: Resource): Request => {
  const spec = specOf(agent, 'Agent');
  return {
    models: modelsNamed(agent),
    tools: new Set(sortedPaths(toolRefsOf(agent), agent.namespace)),
    roles: sortedPaths(spec.roles, agent.namespace),
    limits: agentLimits(spec.limits),
  };
});

/** A tool node is one step that makes one call. */
const systemRequest = kept((system: Resource): Request => {
  const spec = specOf(system, 'AgentSystem');
  const tools = Object.values(spec.graph).flatMap(({ toolRef }) => (toolRef === undefined ? [] : [toolRef]));
  return {
    models: [],
    tools: new Set(sortedPaths(tools, system.namespace)),
    roles: sortedPaths(spec.roles, system.namespace),
    limits: { maxSteps: 1, maxToolCalls: 1, timeoutMs: durationMs(spec.limits.timeout) },
  };
});

/** `namespace/name` of the memories whose tools a subject may call, and of those that its retrieval tools search. */
export function memoriesNamed(subject: Subject, view: View): readonly string[] {
  const use = subject.agent === undefined ? undefined : memoryUseOf(view.resource('Agent', subject.agent));
  const own = use === undefined ? [] : [use.memory];
  const searched = [...requestOf(subject, view).tools].flatMap((path) => searchedBy(view.resource('Tool', path)) ?? []);
  return [...new Set([...own, ...searched])];
}

function modelVerdict(model: string, subject: Subject, policies: readonly Rule<'AgentPolicy'>[]): Verdict {
  const denying = policies.find((rule) => {
    const { models } = policyForm(rule);
    return models !== undefined && !holds(models, model);
  });
  return denying === undefined
    ? { kind: 'allow', rule: subject.address }
    : { kind: 'deny', reason: 'model.not_allowed', rule: denying.address };
}

/** One (subject, tool) pair with the ToolPermissions that hold for it. */
interface Cell {
  readonly tool: ToolForm;
  readonly subject: Subject;
  readonly rules: readonly Rule<'ToolPermission'>[];
}

interface Grants {
  /** Those that say something of tools, by address. */
  readonly policies: readonly PolicyForm[];
  /** By address. */
  readonly roles: readonly RoleForm[];
}

function deniedBy({ tool, rules }: Cell, policies: readonly PolicyForm[]): Verdict | undefined {
  const policy = policies.find((one) => deniesTool(one, tool));
  if (policy !== undefined) return policy.denied;
  const rule = rules.find(({ spec }) =>
    spec.rules.some((entry) => entry.verdict === 'deny' && tool.operations.includes(entry.operation)),
  );
  return rule && { kind: 'deny', reason: 'policy.denied', rule: rule.address };
}

function deniesTool({ tools, operations }: PolicyForm, tool: Pick<ToolForm, 'path' | 'operations'>): boolean {
  if (tools !== undefined && holds(tools.deny, tool.path)) return true;
  if (tools?.allow !== undefined && !holds(tools.allow, tool.path)) return true;
  return operations !== undefined && tool.operations.some((operation) => operations.has(operation));
}

/**
 * The permissions that each ToolPermission requires, or where none does `tool:<name>:<operation>` for every operation.
 * Of another namespace, one narrows only: it cannot take the place of what the tool's owner asks for.
 */
function grantOf({ tool, subject, rules }: Cell, roles: readonly RoleForm[]): Verdict {
  const givers = new Set<RoleForm>();
  let isReplaced = false;
  for (const rule of rules) {
    const demand = permissionDemand(rule);
    if (demand === undefined) continue;
    if (rule.namespace === tool.namespace) isReplaced = true;
    const missing = missingOf(demand, roles, givers);
    if (missing !== undefined) return notGranted(rule.address, missing);
  }
  if (!isReplaced) {
    const missing = missingOf(tool.demand, roles, givers);
    if (missing !== undefined) return notGranted(subject.address, missing);
  }
  if (givers.size === 1) for (const { granted } of givers) return granted;
  const addresses = Array.from(givers, ({ address }) => address);
  return { kind: 'allow', rule: addresses.sort(compareText).join(', ') };
}

function notGranted(rule: string, missing: readonly string[]): Verdict {
  return { kind: 'deny', reason: 'policy.not_granted', rule, missing };
}

/** What no role gives and the call needs, sorted; undefined: enough is given, and `givers` holds who gives it. */
function missingOf({ wanted, match }: Demand, roles: readonly RoleForm[], givers: Set<RoleForm>): string[] | undefined {
  const missing: string[] = [];
  for (const { text, givenBy } of wanted) {
    const giver = roles.find(({ gives }) => givenBy.some((one) => gives.has(one)));
    if (giver === undefined) missing.push(text);
    else {
      givers.add(giver);
      if (match === 'any') return undefined;
    }
  }
  return missing.length === 0 ? undefined : missing.sort(compareText);
}

function limitsOf(own: Limits, policies: readonly Rule<'AgentPolicy'>[]): Limits {
  const ceilings = policies.flatMap(({ spec }) => spec.limits ?? []);
  const least = (values: readonly (number | undefined)[]): number =>
    Math.min(...values.filter((value) => value !== undefined));
  const maxTokens = least([own.maxTokens, ...ceilings.map((ceiling) => ceiling.maxTokens)]);
  const maxCost = least([own.maxCost, ...ceilings.map((ceiling) => ceiling.maxCost)]);
  const maxDelegationDepth = least([own.maxDelegationDepth, ...ceilings.map((ceiling) => ceiling.maxDelegationDepth)]);
  const timeouts = ceilings.flatMap(({ timeout }) => (timeout === undefined ? [] : [durationMs(timeout)]));
  return {
    maxSteps: least([own.maxSteps, ...ceilings.map((ceiling) => ceiling.maxSteps)]),
    maxToolCalls: least([own.maxToolCalls, ...ceilings.map((ceiling) => ceiling.maxToolCalls)]),
    ...(maxTokens === Number.POSITIVE_INFINITY ? {} : { maxTokens }),
    ...(maxCost === Number.POSITIVE_INFINITY ? {} : { maxCost }),
    ...(maxDelegationDepth === Number.POSITIVE_INFINITY ? {} : { maxDelegationDepth }),
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

function sortedPaths(references: readonly string[], namespace: string): readonly string[] {
  return [...new Set(references.map((reference) => qualify(reference, namespace)))].sort(compareText);
}
