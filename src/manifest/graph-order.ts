import { componentsOf } from './graph-components.ts';
import type { Flow } from './graph-cycle.ts';
import { endNode, type GraphNode } from './graph-model.ts';
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

  /** `leaves`: a run fails, and does not end well, where it takes too many turns of a cycle. */
  constructor(flow: Flow, leaves = true) {
    const bits = new Map([...flow.graph.nodes.keys()].map((name, index) => [name, 1n << BigInt(index)]));
    const forced = forcedBy(flow, { bits, leaves });
    const entries = flow.graph.entries.reduce((all, name) => all | (forced.get(name) ?? 0n), 0n);
    const failing = [...flow.graph.nodes.values()].filter((node) => mayFail(node, flow));
    const lasting = ~failing.reduce((all, { name }) => all | (bits.get(name) ?? 0n), 0n);
    this.#flow = flow;
    this.#bits = bits;
    this.#decided = decidedBefore(flow, bits);
    this.#ahead = reachedFrom(flow, bits);
    this.#certainAtEnd = entries & lasting;
    const succeeded = succeededBefore(flow, { bits, ahead: this.#ahead });
    this.#certain = new Map(
      Array.from(passedBy(flow, forced), ([name, passed]) => {
        return [name, ((passed | entries) & lasting) | (succeeded.get(name) ?? 0n)];
      }),
    );
  }

  availability(read: string, { node, isOver }: Reader): Availability {
    const bit = this.#bits.get(read) ?? 0n;
    if (node === undefined) return (this.#certainAtEnd & bit) === 0n ? 'maybe' : 'certain';
    if (node === this.#flow.graph.failure) return 'maybe';
    const has = (sets: BitsByNode): boolean => ((sets.get(node) ?? 0n) & bit) !== 0n;
    if (node === read && isOver === true) return 'certain';
    if (has(this.#decided)) return has(this.#certain) ? 'certain' : 'maybe';
    if (has(this.#ahead)) return this.#isAsked(read, node) || this.#isInput(read, node) ? 'maybe' : 'race';
    this.#anyTurn ??= reachedInAnyTurn(this.#flow, this.#bits);
    return has(this.#anyTurn) ? 'maybe' : 'never';
  }

  #isAsked(read: string, node: string): boolean {
    return this.#flow.delegators.get(node)?.includes(read) === true;
  }

  /** A join that does not wait for all still counts those that came, and may read them. */
  #isInput(read: string, node: string): boolean {
    return this.#flow.graph.nodes.get(read)?.out.some(({ to }) => to === node) === true;
  }
}

/**
 * By node, all that runs once it has, whatever its conditions come to: what it leads to under none, and what all of
 * its edges come to, for one of them is taken or the run fails. Of a cycle, whose nodes lead back to themselves, it is
 * taken that a run leaves it; so this starts with everything and strikes out until nothing changes.
 */
function forcedBy(
  { graph, dominators, back }: Flow,
  { bits, leaves }: { bits: BitsByNode; leaves: boolean },
): BitsByNode {
  const forced = new Map<string, Bits>();
  const order = [...dominators.order].reverse();
  for (let pass = 0, moved = true; moved && pass < passesMax; pass += 1) {
    moved = false;
    for (const name of order) {
      const { out = [], body = {} } = graph.nodes.get(name) ?? {};
      let all = bits.get(name) ?? 0n;
      let common = out.some(({ kind }) => kind !== 'onError') ? everything : 0n;
      const mayGo = typeof body['onError'] === 'string' && body['onError'].startsWith('goto');
      for (const edge of out) {
        const isOver = edge.to === endNode || (back.has(edge) && !leaves);
        const target = isOver ? 0n : (forced.get(edge.to) ?? everything);
        common &= target;
        if (!mayGo && edge.kind !== 'onError' && edge.when === undefined && !edge.isDefault) all |= target;
      }
      all |= common;
      if (forced.get(name) !== all) moved = true;
      forced.set(name, all);
    }
  }
  return forced;
}

/** A set of all nodes there could be. */
const everything: Bits = -1n;

/** Cycles within cycles take a pass each; what is deeper is taken for certain, and a run says what was not. */
const passesMax = 16;

/** By node, what every way to it passes, and what that forces. */
function passedBy({ dominators }: Flow, forced: BitsByNode): BitsByNode {
  const passed = new Map<string, Bits>();
  for (const name of dominators.order) {
    const last = dominators.immediate.get(name);
    passed.set(name, last === undefined ? 0n : (passed.get(last) ?? 0n) | (forced.get(last) ?? 0n));
  }
  return passed;
}

/**
 * By node, those before it that go elsewhere when they fail, and did not: every way to it passes them, and none comes
 * from where they go then.
 */
function succeededBefore(
  { graph, dominators }: Flow,
  { bits, ahead }: { bits: BitsByNode; ahead: BitsByNode },
): BitsByNode {
  const going = [...graph.nodes.values()].flatMap((node) => {
    const handler = node.out.find(({ kind }) => kind === 'onError')?.to;
    if (handler === undefined || joinOutlives(node, graph)) return [];
    return [{ bit: bits.get(node.name) ?? 0n, handler: bits.get(handler) ?? 0n }];
  });
  const dominating = new Map<string, Bits>();
  const succeeded = new Map<string, Bits>();
  for (const name of going.length === 0 ? [] : dominators.order) {
    const last = dominators.immediate.get(name);
    const all = last === undefined ? 0n : (dominating.get(last) ?? 0n) | (bits.get(last) ?? 0n);
    dominating.set(name, all);
    const from = (ahead.get(name) ?? 0n) | (bits.get(name) ?? 0n);
    const passed = going.filter(({ bit, handler }) => (all & bit) !== 0n && (from & handler) === 0n);
    succeeded.set(
      name,
      passed.reduce((sum, { bit }) => sum | bit, 0n),
    );
  }
  return succeeded;
}

/** Whether a node can fail and leave no output while the run goes on. */
function mayFail(node: GraphNode, { graph }: Flow): boolean {
  const { onError } = node.body;
  return (onError !== undefined && onError !== 'fail') || joinOutlives(node, graph);
}

/** Whether a join that the node leads to goes on without it. */
function joinOutlives(node: GraphNode, graph: Flow['graph']): boolean {
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
