import { memoryToolId } from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { Authority, SubjectAuthority, Verdict } from './authority.ts';
import { callersOf, handOffsOf } from './callers.ts';
import { agentLimits } from './compile-agent.ts';
import { AskingRules } from './compile-ask.ts';
import { budgetsOf, ratesOf } from './compile-budget.ts';
import { durationMs } from './duration-ms.ts';
import { factsFor } from './compile-facts.ts';
import { guardsCompiled, guardsNamed } from './compile-guards.ts';
import { modelsNamed } from './compile-model.ts';
import { memoryCells, memoryUseOf, searchedBy } from './compile-memory.ts';
import { callRulesOf } from './compile-rules.ts';
import { type Grants, memoryVerdict, modelVerdict, toolVerdict } from './compile-verdict.ts';
import type { View } from './estate.ts';
import { kept } from './kept.ts';
import { type Rule, type Subject, subjectOf } from './reach.ts';
import { policyForm, roleForm, toolForm } from './rule-form.ts';
import { toolRefsOf, toolUsesOf } from './runnable.ts';
import { pathOf, specOf } from './typed.ts';

type Limits = SubjectAuthority['limits'];

/** What each subject of a system may do: the closed world of its grants, narrowed by every rule that reaches it. */
export function compileAuthority(system: Resource, view: View): Authority {
  const subjects = subjectsOf(system, view).map(
    (subject) => [subject.address, subjectAuthority(subject, view)] as const,
  );
  const guards = guardsCompiled(
    subjects.flatMap(([, row]) => [...(row.guards ?? []), ...(row.audit?.guards ?? [])]),
    view,
  );
  return {
    system: pathOf(system),
    subjects: Object.fromEntries(subjects),
    ...(guards === undefined ? {} : { guards }),
  };
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
  /** Those of the tools whose calls it wants to have approved. */
  readonly asked: ReadonlySet<string>;
  /** By address. */
  readonly roles: readonly string[];
  readonly limits: Limits;
}

/**
 * Compiles one subject, of all its tools or only of those in `wanted`. Policies with `mode: audit` have no part in it:
 * what they would make of it stands beside it.
 */
export function subjectAuthority(subject: Subject, view: View, wanted?: ReadonlySet<string>): SubjectAuthority {
  const policies = view.policiesFor(subject);
  const enforced = policies.some(isAudited) ? policies.filter((policy) => !isAudited(policy)) : policies;
  const row = rowOf(subject, view, { policies: enforced, wanted });
  return enforced === policies ? row : { ...row, audit: rowOf(subject, view, { policies, wanted }) };
}

function isAudited({ spec }: Rule<'AgentPolicy'>): boolean {
  return spec.mode === 'audit';
}

interface Ruling {
  readonly policies: readonly Rule<'AgentPolicy'>[];
  readonly wanted: ReadonlySet<string> | undefined;
}

function rowOf(subject: Subject, view: View, { policies, wanted }: Ruling): SubjectAuthority {
  const request = requestOf(subject, view);
  const asked = wanted === undefined ? request.tools : [...wanted].filter((path) => request.tools.has(path));
  const forms = policies.map(policyForm);
  const asks = new AskingRules();
  const rules = callRulesOf(policies, asks);
  const grants: Grants = {
    policies: forms.filter(({ tools, operations }) => tools !== undefined || operations !== undefined),
    asking: forms.filter(({ asked }) => asked !== undefined),
    roles: request.roles.map((path) => roleForm(view.resource('AgentRole', path))),
    asks,
    floor: rules.isolation?.min === 'inline' ? undefined : rules.isolation,
  };
  const tools: Record<string, Verdict> = {};
  for (const id of wantedCells(subject, view, wanted)) tools[id] = memoryVerdict(id, subject.address, grants);
  const listed = Array.from(asked, (path) => toolForm(view.resource('Tool', path)));
  for (const tool of listed) {
    const { path } = tool;
    const cell = { tool, subject, rules: view.permissionsFor(path, subject), isAsked: request.asked.has(path) };
    tools[path] = toolVerdict(cell, grants);
  }
  return {
    models: Object.fromEntries(request.models.map((path) => [path, modelVerdict(path, subject.address, policies)])),
    tools,
    limits: limitsOf(request.limits, policies),
    ...handOffsIn(subject, view),
    budgets: policies.flatMap((policy) => budgetsOf(policy, subject)),
    ...ratesOf(policies, subject),
    ...asks.compiled(),
    ...rules,
    ...factsFor(subject, rules, listed),
    ...guardsIn(subject, view, policies),
  };
}

function guardsIn(
  { agent }: Subject,
  view: View,
  policies: readonly Rule<'AgentPolicy'>[],
): Pick<SubjectAuthority, 'guards'> {
  const paths = guardsNamed(agent === undefined ? undefined : view.resource('Agent', agent), policies);
  return paths.length === 0 ? {} : { guards: paths };
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

/** What a subject's own manifest asks for. */
export function requestOf({ agent, address }: Subject, view: View): Request {
  return agent === undefined
    ? systemRequest(view.resource('AgentSystem', address.slice('AgentSystem/'.length)))
    : agentRequest(view.resource('Agent', agent));
}

const agentRequest = kept((agent: Resource): Request => {
  const spec = specOf(agent, 'Agent');
  const askedRefs = toolUsesOf(agent).flatMap(({ toolRef, isAsked }) => (isAsked ? [toolRef] : []));
  return {
    models: modelsNamed(agent),
    tools: new Set(sortedPaths(toolRefsOf(agent), agent.namespace)),
    asked: new Set(sortedPaths(askedRefs, agent.namespace)),
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
    asked: new Set(),
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

function sortedPaths(references: readonly string[], namespace: string): readonly string[] {
  return [...new Set(references.map((reference) => qualify(reference, namespace)))].sort(compareText);
}
