import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import { dominatorsOf, type Dominators } from '../manifest/graph-dominators.ts';

/** The reserved target of an edge that finishes its branch. */
export const endTarget = 'end';

/** One edge, or the way that a node goes when it fails. */
export interface Wire {
  readonly from: string;
  readonly to: string;
  /** Index of the edge at its source; `goto`: taken when the source fails. */
  readonly edge: number | 'goto';
  /** The cycle that it begins another turn of; undefined: it leads on. */
  readonly begins: Cycle | undefined;
  /** Cycles that its source is within and its target is not: it is decided when none of them goes round again. */
  readonly leaves: readonly Cycle[];
  /** Cycles that it leads out of, to a node that takes part in each turn: not taken, it may be in a later one. */
  readonly exits: readonly Cycle[];
}

/**
 * A cycle, by the node that every way into it passes. What takes part in a turn is all that only this node leads to:
 * nothing from outside reaches it otherwise, so that a turn comes out of the node's input alone.
 */
export interface Cycle {
  readonly header: string;
  /** The header and every node that it dominates. */
  readonly region: ReadonlySet<string>;
  /** Those of them that lead back to the header. */
  readonly body: ReadonlySet<string>;
  readonly backs: Wire[];
  /** Wires that are decided no sooner than it is known that the cycle does not go round again. */
  readonly awaiting: Wire[];
}

export interface WiredNode {
  readonly name: string;
  readonly node: BundleNode;
  /** Wires that lead on to it: what a join waits for. */
  readonly into: readonly Wire[];
  readonly out: readonly Wire[];
  /** Cycles that it takes part in. */
  readonly around: readonly Cycle[];
}

export interface Wiring {
  readonly nodes: ReadonlyMap<string, WiredNode>;
  /** The innermost first. */
  readonly cycles: readonly Cycle[];
}

const wirings = new WeakMap<BundleGraph, Wiring>();

/** Both ends of every edge of a graph, and its cycles. Delegates and the node of `onFailure` stand beside it. */
export function wiringOf(graph: BundleGraph): Wiring {
  let wiring = wirings.get(graph);
  if (wiring === undefined) {
    wiring = wire(graph);
    wirings.set(graph, wiring);
  }
  return wiring;
}

interface Written {
  readonly from: string;
  readonly to: string;
  readonly edge: number | 'goto';
  readonly back: boolean;
}

function wire(graph: BundleGraph): Wiring {
  const names = reached(graph);
  const written = [...names].flatMap((name) => writtenAt(name, graph.nodes[name]));
  const cycles = written.some(({ back }) => back) ? cyclesOf(graph, written) : [];
  const wired = new Map([...names].map((name) => [name, emptyNode(name, { graph, cycles })]));
  for (const one of written) {
    const made = wireOf(one, cycles);
    wired.get(one.from)?.out.push(made);
    if (made.begins === undefined) wired.get(one.to)?.into.push(made);
    else made.begins.backs.push(made);
    for (const cycle of new Set([...made.leaves, ...made.exits])) cycle.awaiting.push(made);
  }
  return { nodes: wired, cycles };
}

function emptyNode(
  name: string,
  { graph, cycles }: { readonly graph: BundleGraph; readonly cycles: readonly Cycle[] },
): WiredNode & { readonly into: Wire[]; readonly out: Wire[] } {
  const node = graph.nodes[name];
  if (node === undefined) throw new TypeError(`the graph has no node ${name}`);
  return { name, node, into: [], out: [], around: cycles.filter(({ region }) => region.has(name)) };
}

/** In the order of the graph's nodes, which is that of their names. */
function reached(graph: BundleGraph): ReadonlySet<string> {
  const found = new Set(graph.entries);
  for (const name of found) for (const { to } of writtenAt(name, graph.nodes[name])) found.add(to);
  return new Set(Object.keys(graph.nodes).filter((name) => found.has(name)));
}

function writtenAt(from: string, node: BundleNode | undefined): Written[] {
  const written: Written[] = [];
  for (const [edge, { to, back }] of (node?.edges ?? []).entries()) {
    if (to !== endTarget) written.push({ from, to, edge, back: back === true });
  }
  const handler = node?.onError;
  if (typeof handler === 'object') {
    written.push({ from, to: handler.goto, edge: 'goto', back: handler.back === true });
  }
  return written;
}

function cyclesOf(graph: BundleGraph, written: readonly Written[]): readonly Cycle[] {
  const next = new Map<string, string[]>();
  const before = new Map<string, string[]>();
  for (const { from, to } of written) {
    next.set(from, [...(next.get(from) ?? []), to]);
    before.set(to, [...(before.get(to) ?? []), from]);
  }
  const dominators = dominatorsOf(graph.entries, (name) => next.get(name) ?? []);
  const headers = new Set(written.flatMap(({ to, back }) => (back ? [to] : [])));
  return [...headers]
    .map((header): Cycle => {
      const tails = written.flatMap((one) => (one.back && one.to === header ? [one.from] : []));
      const region = new Set(dominators.order.filter((name) => dominators.dominates(header, name)));
      return { header, region, body: bodyOf(header, { tails, before, region }), backs: [], awaiting: [] };
    })
    .sort((a, b) => rankOf(b, dominators) - rankOf(a, dominators));
}

/** A header comes after those that dominate it. */
function rankOf({ header }: Cycle, { order }: Dominators): number {
  return order.indexOf(header);
}

/** The nodes that lead to an edge back without passing the header. */
function bodyOf(
  header: string,
  {
    tails,
    before,
    region,
  }: {
    readonly tails: readonly string[];
    readonly before: ReadonlyMap<string, readonly string[]>;
    readonly region: ReadonlySet<string>;
  },
): ReadonlySet<string> {
  const body = new Set([header]);
  const open = [...tails];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (body.has(name) || !region.has(name)) continue;
    body.add(name);
    open.push(...(before.get(name) ?? []));
  }
  return body;
}

function wireOf({ from, to, edge, back }: Written, cycles: readonly Cycle[]): Wire {
  return {
    from,
    to,
    edge,
    begins: back ? cycles.find(({ header }) => header === to) : undefined,
    leaves: cycles.filter(({ region }) => region.has(from) && !region.has(to)),
    exits: back ? [] : cycles.filter(({ region, body }) => body.has(from) && region.has(to) && !body.has(to)),
  };
}
