import { componentsOf } from './graph-components.ts';
import type { Flow } from './graph-cycle.ts';
import { endNode, type Edge, type GraphNode } from './graph-model.ts';
import { isJsonObject } from './json.ts';

/**
 * What an expression finds when it reads the output of a node: it is `certain`; it is `maybe` there, because the node
 * can be skipped, fail without failing the run, or run for the first time in a later turn; it is a `race`, because
 * the reader may start before that is decided; or it is `never` there.
 */
export type Availability = 'certain' | 'maybe' | 'race' | 'never';

/** Where an expression stands: at a node as it starts, at a node that is over, or at the end of the run. */
export interface Reader {
  readonly node?: string;
  /** The node's own output is read too. */
  readonly isOver?: boolean;
}

/** A set of nodes, one bit for each: a graph may have a thousand, and each of them reads some of the others. */
type Bits = bigint;
type BitsByNode = ReadonlyMap<string, Bits>;

/** Says of every pair of nodes whether one can read the other. Only asked about graphs without irreducible cycles. */
export class GraphOrder {
  readonly #flow: Flow;
  readonly #bits: BitsByNode;
  readonly #decided: BitsByNode;
  readonly #ahead: BitsByNode;
  readonly #certain: BitsByNode;
  readonly #certainAtEnd: Bits;
  #anyTurn: BitsByNode | undefined;

  constructor(flow: Flow) {
    const bits = new Map([...flow.graph.nodes.keys()].map((name, index) => [name, 1n << BigInt(index)]));
    const forced = forcedBy(flow, bits);
    const entries = flow.graph.entries.reduce((all, name) => all | (forced.get(name) ?? 0n), 0n);
    const failing = [...flow.graph.nodes.values()].filter((node) => mayFail(node, flow));
    const lasting = ~failing.reduce((all, { name }) => all | (bits.get(name) ?? 0n), 0n);
    this.#flow = flow;
    this.#bits = bits;
    this.#decided = decidedBefore(flow, bits);
    this.#ahead = reachedFrom(flow, bits);
    this.#certainAtEnd = entries & lasting;
    this.#certain = new Map(
      Array.from(passedBy(flow, forced), ([name, passed]) => [name, (passed | entries) & lasting]),
    );
  }

  availability(read: string, { node, isOver }: Reader): Availability {
    const bit = this.#bits.get(read) ?? 0n;
    if (node === undefined) return (this.#certainAtEnd & bit) === 0n ? 'maybe' : 'certain';
    if (node === this.#flow.graph.failure) return 'maybe';
    const has = (sets: BitsByNode): boolean => ((sets.get(node) ?? 0n) & bit) !== 0n;
    if (node === read && isOver === true) return 'certain';
    if (has(this.#decided)) return has(this.#certain) ? 'certain' : 'maybe';
    if (has(this.#ahead)) return this.#flow.delegators.get(node)?.includes(read) === true ? 'maybe' : 'race';
    this.#anyTurn ??= reachedInAnyTurn(this.#flow, this.#bits);
    return has(this.#anyTurn) ? 'maybe' : 'never';
  }
}

/** By node, all that runs once it has: what it leads to under no condition, and so on. */
function forcedBy({ graph, dominators, back }: Flow, bits: BitsByNode): BitsByNode {
  const forced = new Map<string, Bits>();
  for (const name of [...dominators.order].reverse()) {
    const node = graph.nodes.get(name);
    let all = bits.get(name) ?? 0n;
    for (const edge of node === undefined ? [] : alwaysTaken(node))
      if (!back.has(edge)) all |= forced.get(edge.to) ?? 0n;
    forced.set(name, all);
  }
  return forced;
}

/** Edges that fire whenever their source succeeds. */
function alwaysTaken({ out, body }: GraphNode): readonly Edge[] {
  if (typeof body['onError'] === 'string' && body['onError'].startsWith('goto')) return [];
  const edges = out.filter(({ kind }) => kind !== 'onError');
  // A node whose one edge is not taken fails the run.
  return edges.length === 1 ? edges : edges.filter(({ when, isDefault }) => when === undefined && !isDefault);
}

/** By node, what every way to it passes, and what that forces. */
function passedBy({ dominators }: Flow, forced: BitsByNode): BitsByNode {
  const passed = new Map<string, Bits>();
  for (const name of dominators.order) {
    const last = dominators.immediate.get(name);
    passed.set(name, last === undefined ? 0n : (passed.get(last) ?? 0n) | (forced.get(last) ?? 0n));
  }
  return passed;
}

/** Whether a node can fail and leave no output while the run goes on. */
function mayFail(node: GraphNode, { graph }: Flow): boolean {
  const { onError } = node.body;
  if (onError !== undefined && onError !== 'fail') return true;
  return node.out.some(({ to }) => {
    const join = graph.nodes.get(to)?.body['join'];
    return isJsonObject(join) && join['onFailure'] !== undefined && join['onFailure'] !== 'fail';
  });
}

/** By node, what has run or never will when it starts. */
function decidedBefore({ graph, dominators, back, delegators }: Flow, bits: BitsByNode): BitsByNode {
  const decided = new Map<string, Bits>();
  const after = new Map<string, Bits>();
  for (const name of dominators.order) {
    const node = graph.nodes.get(name);
    const inputs = (node?.into ?? []).filter((edge) => !back.has(edge)).map(({ from }) => after.get(from) ?? 0n);
    // A delegate starts while those that ask it are at work.
    for (const delegator of delegators.get(name) ?? []) inputs.push(decided.get(delegator) ?? 0n);
    const waits = waitsForAll(node) && !delegators.has(name);
    const before = inputs.reduce((all, input) => (waits ? all | input : all & input), inputs[0] ?? 0n);
    decided.set(name, before);
    let own = before;
    for (const over of [name, ...delegatesOf(name, graph.nodes)]) own |= bits.get(over) ?? 0n;
    after.set(name, own);
  }
  return decided;
}

function waitsForAll(node: GraphNode | undefined): boolean {
  const join = node?.body['join'];
  return !isJsonObject(join) || join['mode'] === undefined || join['mode'] === 'all';
}

/** Those a node hands work to, and those they do. */
function delegatesOf(name: string, nodes: ReadonlyMap<string, GraphNode>): ReadonlySet<string> {
  const found = new Set(nodes.get(name)?.delegates);
  for (const delegate of found) for (const next of nodes.get(delegate)?.delegates ?? []) found.add(next);
  return found;
}

/** By node, all from which edges that go on, and delegation, lead to it. */
function reachedFrom({ graph, dominators, back, delegators }: Flow, bits: BitsByNode): BitsByNode {
  const reached = new Map<string, Bits>();
  for (const name of dominators.order) {
    let all = 0n;
    for (const edge of graph.nodes.get(name)?.into ?? []) {
      if (back.has(edge)) continue;
      all |= (reached.get(edge.from) ?? 0n) | (bits.get(edge.from) ?? 0n);
      for (const delegate of delegatesOf(edge.from, graph.nodes)) all |= bits.get(delegate) ?? 0n;
    }
    for (const from of delegators.get(name) ?? []) all |= (reached.get(from) ?? 0n) | (bits.get(from) ?? 0n);
    reached.set(name, all);
  }
  return reached;
}

/** By node, all from which any edge leads to it, those that lead back included. */
function reachedInAnyTurn({ graph }: Flow, bits: BitsByNode): BitsByNode {
  const next = (name: string): string[] => {
    const node = graph.nodes.get(name);
    return [...(node?.out ?? []).map(({ to }) => to).filter((to) => to !== endNode), ...(node?.delegates ?? [])];
  };
  const reached = new Map<string, Bits>();
  // A group comes after those that it leads to; here each is to come before them.
  for (const group of [...componentsOf(graph.nodes.keys(), next)].reverse()) {
    const targets = group.flatMap(next);
    const turns = targets.some((to) => group.includes(to));
    let all = 0n;
    for (const name of group) all |= (reached.get(name) ?? 0n) | (turns ? (bits.get(name) ?? 0n) : 0n);
    for (const name of group) reached.set(name, all);
    const own = group.reduce((sum, name) => sum | (bits.get(name) ?? 0n), all);
    for (const to of targets) if (!group.includes(to)) reached.set(to, (reached.get(to) ?? 0n) | own);
  }
  return reached;
}
