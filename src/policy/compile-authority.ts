import { memoryToolId } from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Kind, Resource } from '../manifest/resource.ts';
import type { Authority, SubjectAuthority, Verdict } from './authority.ts';
import { callersOf, handOffsOf } from './callers.ts';
import { cellsOf, compiledOf, lastRows } from './cells.ts';
import { agentLimits } from './compile-agent.ts';
import { AskingRules } from './compile-ask.ts';
import { budgetsOf, ratesOf } from './compile-budget.ts';
import { durationMs } from './duration-ms.ts';
import { externalVerdicts } from './compile-external.ts';
import { factsFor } from './compile-facts.ts';
import { guardsCompiled, guardsNamed } from './compile-guards.ts';
import { modelsNamed } from './compile-model.ts';
import { embeddersFor, memoryCells, memoryUseOf } from './compile-memory.ts';
import { type Grants, memoryVerdict, modelVerdict } from './compile-verdict.ts';
import type { View } from './estate.ts';
import { kept } from './kept.ts';
import { limitsUnder } from './policy-set.ts';
import { type Rule, type Subject, subjectOf } from './reach.ts';
import { roleForm } from './rule-form.ts';
import { toolUsesOf } from './runnable.ts';
import type { ToolUse } from './tool-lists.ts';
import { addressAt, pathOf, specOf } from './typed.ts';

type Limits = SubjectAuthority['limits'];

/** What each subject of a system may do: the closed world of its grants, narrowed by every rule that reaches it. */
export function compileAuthority(system: Resource, view: View): Authority {
  const subjects = subjectsOf(system, view).map((subject) => {
    // Compiled here whatever is known of it, as the view is to note what the bundle depends on.
    const row = subjectAuthority(subject, view);
    lastRows.keep(view.basis, subject, row);
    return [subject.address, row] as const;
  });
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

/**
 * What a bundle of the same resources, or of equal ones, has of a subject, for who does not note what it depends on;
 * undefined: none that is still known.
 */
export function authorityCompiled(subject: Subject, view: View): SubjectAuthority | undefined {
  const row = lastRows.of(view.basis, subject);
  const [system] = subject.systems;
  if (row !== undefined || system === undefined) return row;
  return view.remembered?.(addressAt('AgentSystem', system))?.compiled.authority.subjects[subject.address];
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
  const known = compiledOf(view.basis);
  const set = known.policies(policies);
  const roles = request.roles.map((path) => roleForm(view.resource('AgentRole', path)));
  const table = known.table(set, roles);
  const asks = new AskingRules();
  for (const { address, spec } of set.asking) asks.add(address, spec.approval);
  const grants = { ...table.grants, asks };
  const memory = memoryVerdicts(wantedCells(subject, view, wanted), subject, grants);
  const external = externalVerdicts(subject, view, { grants, wanted });
  const find = (kind: Kind, path: string) => view.resource(kind, path);
  const list = known.tools(wanted === undefined ? request.tools : both(wanted, request.tools), find);
  // Shown to this view too, whoever was compiled first.
  view.note(list.shown);
  const permissionsFor = (path: string) => view.permissionsFor(path, subject);
  const cells = cellsOf(list, table, { subject, asks, asked: request.asked, permissionsFor });
  return {
    models: Object.fromEntries(
      modelsOf(subject, request, view).map((path) => [path, modelVerdict(path, subject.address, set.onModels)]),
    ),
    tools: memory === undefined && external === undefined ? cells : { ...external, ...memory, ...cells },
    limits: limitsUnder(request.limits, set.ceiling),
    ...handOffsIn(subject, view),
    budgets: set.withBudgets.flatMap((policy) => budgetsOf(policy, subject)),
    ...ratesOf(set.withRates, subject),
    ...asks.compiled(),
    ...set.callRules,
    ...list.pins,
    ...factsFor(subject, set.callRules, () => list.facts),
    ...guardsIn(subject, view, set.guards),
  };
}

/** Those that it names, and those that embed what it looks for and keeps. */
function modelsOf(subject: Subject, { models }: Request, view: View): readonly string[] {
  const agent = subject.agent === undefined ? undefined : view.resource('Agent', subject.agent);
  const embedders = embeddersFor({ agent, searched: memoriesSearched(subject, view) }, view);
  return embedders.length === 0 ? models : [...new Set([...models, ...embedders])];
}

function both(wanted: ReadonlySet<string>, tools: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...wanted].filter((path) => tools.has(path)));
}

/** Undefined: the subject remembers nothing. */
function memoryVerdicts(
  ids: readonly string[],
  { address }: Subject,
  grants: Grants,
): Readonly<Record<string, Verdict>> | undefined {
  return ids.length === 0 ? undefined : Object.fromEntries(ids.map((id) => [id, memoryVerdict(id, address, grants)]));
}

function guardsIn({ agent }: Subject, view: View, given: readonly string[]): Pick<SubjectAuthority, 'guards'> {
  const paths = guardsNamed(agent === undefined ? undefined : view.resource('Agent', agent), given);
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
  return {
    models: modelsNamed(agent),
    ...pathsIn(toolUsesOf(agent)),
    roles: sortedPaths(spec.roles, agent.namespace),
    limits: agentLimits(spec.limits),
  };
});

/** Of all agents that share the list. */
const pathsIn = kept((uses: readonly ToolUse[]): Pick<Request, 'tools' | 'asked'> => {
  const asked = uses.filter(({ isAsked }) => isAsked);
  return { tools: idsOf(uses), asked: idsOf(asked) };
});

function idsOf(uses: readonly ToolUse[]): ReadonlySet<string> {
  // Whole already, whatever the namespace.
  return pathsOf(
    uses.map(({ id }) => id),
    '',
  );
}

/** A tool node is one step that makes one call. */
const systemRequest = kept((system: Resource): Request => {
  const spec = specOf(system, 'AgentSystem');
  const tools = Object.values(spec.graph).flatMap(({ toolRef }) => (toolRef === undefined ? [] : [toolRef]));
  return {
    models: [],
    tools: pathsOf(tools, system.namespace),
    asked: new Set(),
    roles: sortedPaths(spec.roles, system.namespace),
    limits: { maxSteps: 1, maxToolCalls: 1, timeoutMs: durationMs(spec.limits.timeout) },
  };
});

/** `namespace/name` of the memories whose tools a subject may call, and of those that its retrieval tools search. */
export function memoriesNamed(subject: Subject, view: View): readonly string[] {
  const use = subject.agent === undefined ? undefined : memoryUseOf(view.resource('Agent', subject.agent));
  const own = use === undefined ? [] : [use.memory];
  return [...new Set([...own, ...memoriesSearched(subject, view)])];
}

/** Of its retrieval tools. */
function memoriesSearched(subject: Subject, view: View): readonly string[] {
  const { tools } = requestOf(subject, view);
  const { memories, shown } = compiledOf(view.basis).searched(tools, (kind, path) => view.resource(kind, path));
  view.note(shown);
  return memories;
}

/** Paths in order. A fleet's agents list the same tools again and again: they share one list, and what is known of it. */
function sortedPaths(references: readonly string[], namespace: string): readonly string[] {
  return [...pathsOf(references, namespace)];
}

const listsMax = 256;
const lists = new Map<string, ReadonlySet<string>>();

function pathsOf(references: readonly string[], namespace: string): ReadonlySet<string> {
  const key = [namespace, ...references].join('\n');
  const known = lists.get(key);
  if (known !== undefined) return known;
  const paths = new Set(references.map((reference) => qualify(reference, namespace)).sort(compareText));
  if (lists.size === listsMax) lists.clear();
  lists.set(key, paths);
  return paths;
}
