import type { Bundle, BundleAgent, BundleGraph } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import { nestingMax } from '../manifest/resolve-nesting.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import { embeddersOf } from '../policy/embedders.ts';
import { stepTimes } from './step-times.ts';

/** A system as it is compiled. */
export interface Compiled {
  readonly content: Bundle;
  readonly authority: Authority;
}

/** What one who makes calls in a run may spend each time. */
export interface SpendingStep {
  readonly subject: string;
  readonly rules: SubjectAuthority | undefined;
  /** ModelEndpoints that it may ask: its own, those that it falls back on, and the one that sums up. */
  readonly models: readonly string[];
  readonly maxTokens: number | undefined;
  /** Micro-USD. */
  readonly maxCost: number | undefined;
  /** Micro-USD for all calls of tools. */
  readonly tools: bigint;
  /** How often it may work. */
  readonly times: bigint;
}

/** Everyone who may make calls in one run: in its graph, in systems that nest in it, and by hand-off from an agent. */
export function stepsOf(compiled: Compiled): readonly SpendingStep[] {
  const { content } = compiled;
  const systems = levels([[content.system, { times: 1n, caps: {} }]], (system, use) => nestedIn(system, use, content));
  const steps: SpendingStep[] = [];
  const named: Entry[] = [];
  for (const [system, use] of systems) {
    const graph = graphOf(system, content);
    const caps = system === content.system ? {} : capsWithin(use.caps, graph);
    for (const [node, times] of nodesOf(graph, use.times)) {
      if (node.kind === 'agent') named.push([node.agent, { times, caps }]);
      if (node.kind === 'tool') steps.push(toolStep(system, { tool: node.tool, times, compiled }));
    }
  }
  const agents = levels(named, (name, use) => handedBy(name, use, compiled));
  return [...steps, ...Array.from(agents, ([name, use]) => agentStep(name, use, compiled))];
}

/** How often somebody works, and what bounds each time from outside. */
interface Use {
  readonly times: bigint;
  readonly caps: Caps;
}

interface Caps {
  readonly maxTokens?: number | undefined;
  readonly maxCost?: number | undefined;
  /** How much deeper work may be handed on. */
  readonly depth?: number | undefined;
}

type Entry = readonly [name: string, use: Use];

/** Adds up level by level, so that a name on many ways is walked once a level. Checks bound how deep it may go. */
function levels(first: readonly Entry[], next: (name: string, use: Use) => readonly Entry[]): ReadonlyMap<string, Use> {
  const all = new Map<string, Use>();
  let level = summed(first);
  for (let depth = 0; depth <= nestingMax && level.size > 0; depth += 1) {
    for (const [name, use] of level) all.set(name, plus(all.get(name), use));
    level = summed([...level].flatMap(([name, use]) => next(name, use)));
  }
  return all;
}

function summed(entries: readonly Entry[]): ReadonlyMap<string, Use> {
  const sums = new Map<string, Use>();
  for (const [name, use] of entries) sums.set(name, plus(sums.get(name), use));
  return sums;
}

/** Of two ways the looser bounds hold. */
function plus(one: Use | undefined, other: Use): Use {
  if (one === undefined) return other;
  const most = (of: keyof Caps): number | undefined => {
    const [a, b] = [one.caps[of], other.caps[of]];
    return a === undefined || b === undefined ? undefined : Math.max(a, b);
  };
  const caps = { maxTokens: most('maxTokens'), maxCost: most('maxCost'), depth: most('depth') };
  return { times: one.times + other.times, caps };
}

function graphOf(system: string, content: Bundle): BundleGraph {
  return system === content.system ? content : (own(content.systems, system) ?? content);
}

function nodesOf(graph: BundleGraph, times: bigint) {
  const counts = stepTimes(graph);
  return Object.entries(graph.nodes).map(([name, node]) => [node, times * (counts.get(name) ?? 1n)] as const);
}

function nestedIn(system: string, use: Use, content: Bundle): readonly Entry[] {
  const graph = graphOf(system, content);
  const caps = system === content.system ? {} : capsWithin(use.caps, graph);
  return nodesOf(graph, use.times).flatMap(([node, times]): Entry[] =>
    node.kind === 'system' && own(content.systems, node.system) !== undefined ? [[node.system, { times, caps }]] : [],
  );
}

/** The run's own limits hold the whole, and not each step: they are no part of these. */
function capsWithin({ maxTokens, maxCost }: Caps, { limits }: BundleGraph): Caps {
  return { maxTokens: least([maxTokens, limits.maxTokens]), maxCost: least([maxCost, limits.maxCost]) };
}

/** Each hand-off is a call of a tool for the one who hands over, and a step of its own for the other. */
function handedBy(name: string, { times, caps }: Use, { content, authority }: Compiled): readonly Entry[] {
  const agent = own(content.agents, name);
  if (agent?.agents === undefined) return [];
  const limits = own(authority.subjects, `Agent/${name}`)?.limits ?? agent.limits;
  const depth = least([caps.depth, limits.maxDelegationDepth, nestingMax]) ?? nestingMax;
  if (depth <= 0) return [];
  const helpers = new Set(Object.values(agent.agents).map((helper) => helper.agent));
  const use = { times: times * BigInt(limits.maxToolCalls), caps: { ...caps, depth: depth - 1 } };
  return Array.from(helpers, (helper) => [helper, use] as const);
}

function agentStep(name: string, { times, caps }: Use, { content, authority }: Compiled): SpendingStep {
  const subject = `Agent/${name}`;
  const rules = own(authority.subjects, subject);
  return {
    subject,
    rules,
    models: modelsAsked(own(content.agents, name), content),
    maxTokens: least([rules?.limits.maxTokens, caps.maxTokens]),
    maxCost: least([rules?.limits.maxCost, caps.maxCost]),
    tools: toolCeiling(rules, content),
    times,
  };
}

/** The endpoints of an agent in the order in which it asks them, and then the one that sums up. */
export function modelsOf(agent: BundleAgent | undefined): readonly string[] {
  if (agent === undefined) return [];
  const { model, fallback = [], compaction } = agent;
  return [...new Set([model, ...fallback, compaction?.summarizer ?? model])];
}

/** With those that embed for its memory: their tokens count towards the same limits. */
function modelsAsked(agent: BundleAgent | undefined, content: Bundle): readonly string[] {
  const embedders = embeddersOf(Object.values(agent?.tools ?? {}), content);
  return embedders.length === 0 ? modelsOf(agent) : [...new Set([...modelsOf(agent), ...embedders])];
}

function toolCeiling(rules: SubjectAuthority | undefined, content: Bundle): bigint {
  if (rules === undefined) return 0n;
  const open = Object.entries(rules.tools).filter(([, verdict]) => verdict.kind !== 'deny');
  const dearest = Math.max(0, ...open.map(([name]) => content.tools[name]?.costPerCall ?? 0));
  return BigInt(dearest) * BigInt(rules.limits.maxToolCalls);
}

function toolStep(
  system: string,
  { tool, times, compiled }: { readonly tool: string; readonly times: bigint; readonly compiled: Compiled },
): SpendingStep {
  const subject = `AgentSystem/${system}`;
  const rules = own(compiled.authority.subjects, subject);
  const tools = BigInt(compiled.content.tools[tool]?.costPerCall ?? 0);
  const models = embeddersOf([tool], compiled.content);
  return { subject, rules, models, maxTokens: undefined, maxCost: undefined, tools, times };
}

/** The least of those that are known. */
export function least(amounts: readonly (number | undefined)[]): number | undefined {
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
