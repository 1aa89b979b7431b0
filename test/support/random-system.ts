import type {
  Bundle,
  BundleAgent,
  BundleEdge,
  BundleGraph,
  BundleJoin,
  BundleNode,
} from '../../src/manifest/bundle.ts';
import { dominatorsOf } from '../../src/manifest/graph-dominators.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type AgentTurn, type RandomGraph, worldTools } from './random-graph.ts';
import { bundleOf, httpTool } from './runs.ts';
import { seeded } from './seeded.ts';

/** `flaky` fails once for each key, `broken` always for some keys. Neither does anything when it fails. */
const failingTools = {
  flaky: httpTool('http://world.test/flaky', { idempotent: true }),
  broken: httpTool('http://world.test/broken', { idempotent: true }),
} as const;

const tools = { ...worldTools, ...failingTools };
const soundTools = Object.keys(worldTools);
const hourMs = 3_600_000;
const inner = 'default/inner';
const assignees = { groups: [], users: ['ada', 'grace'] };
const retry = {
  maxAttempts: 3,
  backoff: { initialMs: 100, maxMs: 1_000, multiplier: 2, jitter: 'full' },
  on: ['error', 'unavailable'],
} as const;

export interface SystemOptions {
  /** How long people have to answer; absent: longer than any play takes. */
  readonly ttlMs?: number;
}

/**
 * A system with joins that do not wait for all, cycles, loops, lists, retries, failures that it goes on from, nested
 * systems, people and reviews; the same for the same seed. A join that races reads nothing of what raced, so that in
 * any order of arrival the same calls are made and the same output comes out.
 */
export function randomSystem(seed: number, options: SystemOptions = {}): RandomGraph {
  const maker = new Maker(seed, options);
  const nested = maker.graph('m', 2);
  const outer = maker.graph('n', 3, inner);
  const names = Object.keys(maker.agents);
  const limits = { maxSteps: 30, maxToolCalls: 80, timeoutMs: hourMs };
  const offered = Object.fromEntries(soundTools.map((tool) => [tool, `default/${tool}`]));
  const memory = { memory: 'default/notes', allow: [], maxHistory: 20 };
  const agents = Object.fromEntries(
    names.map((agent): [string, Partial<BundleAgent>] => {
      const helper = maker.helpers[agent];
      const shared = { tools: offered, limits, ...(maker.remembering.has(agent) ? { memory } : {}) };
      return [agent, helper === undefined ? shared : { ...shared, agents: { helper: handOff(helper) } }];
    }),
  );
  const bundle: Bundle = {
    ...bundleOf({ nodes: {}, agents, tools, timeoutMs: hourMs }),
    ...outer,
    systems: { [inner]: nested },
    memories: { 'default/notes': { type: 'postgres', session: { ttlMs: 24 * hourMs, maxMessages: 200 } } },
  };
  return { bundle, agents: maker.agents };
}

function handOff(helper: string): NonNullable<BundleAgent['agents']>[string] {
  return { agent: `default/${helper}`, description: 'It helps.', interaction: 'toolCall', isolation: 'perCall' };
}

/** Which nodes lead to a node, as a graph is made. */
interface Sketch {
  readonly name: string;
  readonly sources: readonly string[];
  readonly races: boolean;
  /** Nodes that a failure may lead to. */
  readonly later: readonly string[];
}

class Maker {
  readonly agents: Record<string, readonly AgentTurn[]> = {};
  /** Of agents that hand work to another one. */
  readonly helpers: Record<string, string> = {};
  /** Agents that go on with the run's session. */
  readonly remembering = new Set<string>();
  readonly #random: () => number;
  readonly #ttlMs: number;

  constructor(seed: number, { ttlMs = 24 * hourMs }: SystemOptions) {
    this.#random = seeded(seed * 31_337);
    this.#ttlMs = ttlMs;
  }

  graph(prefix: string, least: number, system?: string): BundleGraph {
    const count = least + this.#pick(3);
    const names = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    const on = names.map((_, to) => this.#sourcesOf(to));
    const nodes: Record<string, BundleNode> = {};
    const gotos = new Map<string, string>();
    for (const [index, name] of names.entries()) {
      const sources = (on[index] ?? []).map((from) => names[from] ?? '');
      const join = this.#join(sources.length);
      const races = join?.mode === 'any' || join?.mode === 'quorum';
      const later = names.slice(index + 1);
      const kind = this.#node({ name, sources, races, later }, system);
      if (kind.onError !== undefined && kind.onError !== 'continue') gotos.set(name, kind.onError.goto);
      nodes[name] = { ...kind, from: sources, ...(join === undefined ? {} : { join }) };
    }
    const out = (name: string) => names.filter((_, to) => on[to]?.includes(names.indexOf(name)));
    const entries = names.filter((name, index) => on[index]?.length === 0 && ![...gotos.values()].includes(name));
    const ways = (name: string) => [...out(name), ...(gotos.has(name) ? [gotos.get(name) ?? ''] : [])];
    const { dominates } = dominatorsOf(entries, ways);
    for (const [index, name] of names.entries()) {
      const node = nodes[name];
      if (node === undefined) continue;
      const headers = names.slice(0, index + 1).filter((to) => dominates(to, name) && !entries.includes(to));
      const from = [...node.from, ...[...gotos].flatMap(([failing, to]) => (to === name ? [failing] : []))];
      nodes[name] = { ...node, from, edges: this.#edges(node, { to: out(name), headers }) };
      for (const delegate of node.delegates ?? []) nodes[delegate] = this.#delegate(delegate);
    }
    return { input: {}, nodes, entries, limits: { timeoutMs: hourMs, maxTurns: 2, onLimit: 'succeed' } };
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #sourcesOf(to: number): number[] {
    const sources = Array.from({ length: to }, (_, from) => from).filter((from) =>
      this.#chance(from === to - 1 ? 0.5 : 0.25),
    );
    return sources.length > 0 || to === 0 || (to === 1 && this.#chance(0.5)) ? sources : [this.#pick(to)];
  }

  #join(inputs: number): BundleJoin | undefined {
    if (inputs < 2) return undefined;
    const onFailure = (['skip', 'partial'] as const)[this.#pick(2)] ?? 'skip';
    if (this.#chance(0.3)) return { mode: 'any', onFailure };
    if (this.#chance(0.4)) return { mode: 'quorum', count: 1 + this.#pick(inputs), onFailure };
    return this.#chance(0.5) ? { mode: 'all', onFailure } : undefined;
  }

  #node(sketch: Sketch, system: string | undefined): BundleNode {
    const common = { edges: [], from: [], input: this.#input(sketch) };
    const draw = this.#random();
    if (draw < 0.08) return { ...common, kind: 'value' };
    if (draw < 0.2)
      return { ...common, kind: 'human', human: { assignees, ttlMs: this.#ttlMs }, ...this.#late(sketch) };
    if (draw < 0.35 && system !== undefined) return { ...common, kind: 'system', system };
    if (draw < 0.55) return this.#agent(sketch.name, common);
    if (draw < 0.7) return { ...common, kind: 'tool', tool: 'default/flaky', retry };
    if (draw < 0.8) return { ...common, kind: 'tool', tool: 'default/broken', ...this.#onError(sketch) };
    return { ...common, kind: 'tool', tool: this.#tool(), ...this.#again(sketch.name) };
  }

  #agent(name: string, common: Pick<BundleNode, 'edges' | 'from'> & { readonly input: JsonObject }): BundleNode {
    const asking = Array.from({ length: this.#pick(2) }, () => ({
      calls: Array.from({ length: 1 + this.#pick(2) }, () => this.#tool().slice('default/'.length)),
    }));
    this.agents[name] = [...asking, { text: `done after ${asking.length}` }];
    if (this.#chance(0.35)) this.#addHelper(name, asking);
    // A nested system may be in two places at once, and what one of them hears of the other is a matter of time.
    if (name.startsWith('n') && this.#chance(0.3)) this.remembering.add(name);
    const delegates = this.#chance(0.25) ? { delegates: [`${name}d`] } : {};
    const approvers = { ...assignees, min: 1 + this.#pick(2) };
    const review = this.#chance(0.3) ? { review: { approvers, ttlMs: 24 * hourMs, maxCycles: 3 } } : {};
    return { ...common, kind: 'agent', agent: `default/${name}`, ...delegates, ...review };
  }

  /** An agent of its own, which the other one asks in the turn after its tools. */
  #addHelper(name: string, asking: readonly AgentTurn[]): void {
    const helper = `${name}h`;
    this.helpers[name] = helper;
    this.agents[helper] = [{ calls: [this.#tool().slice('default/'.length)] }, { text: 'helped' }];
    this.agents[name] = [...asking, { calls: ['helper'] }, { text: `done after ${asking.length} and help` }];
  }

  /** Stands beside the graph: it runs when its node hands work over. */
  #delegate(name: string): BundleNode {
    return { edges: [], from: [], input: { of: name }, kind: 'tool', tool: this.#tool() };
  }

  #tool(): string {
    return `default/${soundTools[this.#pick(soundTools.length)] ?? 'look'}`;
  }

  /** People who have little time may not answer. */
  #late(sketch: Sketch): Pick<BundleNode, 'onError'> {
    return this.#ttlMs < hourMs ? this.#onError(sketch) : {};
  }

  #onError({ later }: Sketch): Pick<BundleNode, 'onError'> {
    const goto = later[this.#pick(later.length)];
    return { onError: goto === undefined || this.#chance(0.5) ? 'continue' : { goto } };
  }

  /** A list, or a loop, or a list of loops. */
  #again(name: string): Pick<BundleNode, 'forEach' | 'maxParallel' | 'loop' | 'input'> {
    const isList = this.#chance(0.3);
    const isLoop = this.#chance(0.3);
    if (!isList && !isLoop) return {};
    const lanes = this.#pick(3);
    return {
      input: { of: name, ...(isList ? { item: '${ item }' } : {}), ...(isLoop ? { last: '${ output }' } : {}) },
      ...(isList ? { forEach: '[1, 2, 3]' } : {}),
      ...(isList && lanes > 0 ? { maxParallel: lanes } : {}),
      ...(isLoop ? { loop: { until: "output.way == 'left'", maxTurns: 3 } } : {}),
    };
  }

  #input({ name, sources, races }: Sketch): JsonObject {
    const source = sources[this.#pick(sources.length)];
    if (source === undefined) return { of: name, run: '${ input }' };
    return races ? { of: name } : { of: name, seen: `\${ has(nodes.${source}) ? nodes.${source}.output : 'none' }` };
  }

  /** Some hang on what came out; a default keeps the branch from ending by accident. */
  #edges(node: BundleNode, { to, headers }: { readonly to: readonly string[]; readonly headers: readonly string[] }) {
    const { kind, forEach } = node;
    const isTelling = kind === 'tool' && forEach === undefined;
    const when = () => (isTelling ? { when: `output.way == '${this.#chance(0.5) ? 'left' : 'right'}'` } : {});
    const isConditional = isTelling && this.#chance(0.3);
    const edges: BundleEdge[] = to.map((name) => ({ to: name, default: false, ...(isConditional ? when() : {}) }));
    const header = headers[this.#pick(headers.length)];
    if (header !== undefined && this.#chance(0.35)) edges.push({ to: header, default: false, back: true, ...when() });
    if (edges.some((edge) => edge.when !== undefined)) edges.push({ to: 'end', default: true });
    return edges;
  }
}
