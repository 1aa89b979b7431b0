import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';

/** The reserved target of an edge that finishes its branch. */
export const endTarget = 'end';

/**
 * How far each node of a run is. A node is `done` with the edges that fired when it ended, or `skipped` because none
 * of the edges to it can fire any more; absent means that it was not started.
 */
export type NodeState =
  | { readonly kind: 'started' }
  | { readonly kind: 'done'; readonly output: Json; readonly fired: readonly number[] }
  | { readonly kind: 'skipped' };

export type GraphState = ReadonlyMap<string, NodeState>;

/** What the graph says comes next: nodes to start now, and nodes that nothing will ever start. */
export interface Next {
  readonly ready: readonly string[];
  readonly skipped: readonly string[];
}

/**
 * The nodes that may start. A node with incoming edges joins all of them: it waits until each is decided, where an edge
 * whose source was skipped, or that did not fire, counts as decided. It starts if at least one fired; else it is
 * skipped, which decides its own edges in turn, so that a join neither hangs nor fires early.
 */
export function next(bundle: BundleGraph, state: GraphState): Next {
  const incoming = incomingOf(bundle);
  const ready: string[] = [];
  const skipped = new Set<string>();
  let moved = true;
  while (moved) {
    moved = false;
    for (const name of Object.keys(bundle.nodes)) {
      if (state.has(name) || skipped.has(name) || ready.includes(name)) continue;
      const verdict = verdictOf(incoming.get(name) ?? [], { state, skipped });
      if (verdict === 'wait') continue;
      if (verdict === 'start') ready.push(name);
      else skipped.add(name);
      moved = true;
    }
  }
  return { ready, skipped: [...skipped] };
}

interface Incoming {
  readonly source: string;
  readonly edge: number;
}

const incomingByBundle = new WeakMap<BundleGraph, ReadonlyMap<string, readonly Incoming[]>>();

function incomingOf(bundle: BundleGraph): ReadonlyMap<string, readonly Incoming[]> {
  const known = incomingByBundle.get(bundle);
  if (known !== undefined) return known;
  const incoming = new Map<string, Incoming[]>();
  for (const [source, node] of Object.entries(bundle.nodes)) {
    for (const [edge, { to }] of node.edges.entries()) {
      if (to === endTarget) continue;
      const list = incoming.get(to);
      if (list === undefined) incoming.set(to, [{ source, edge }]);
      else list.push({ source, edge });
    }
  }
  incomingByBundle.set(bundle, incoming);
  return incoming;
}

function verdictOf(
  incoming: readonly Incoming[],
  known: { readonly state: GraphState; readonly skipped: ReadonlySet<string> },
): 'start' | 'wait' | 'skip' {
  if (incoming.length === 0) return 'start';
  let fired = false;
  for (const { source, edge } of incoming) {
    if (known.skipped.has(source)) continue;
    const state = known.state.get(source);
    if (state === undefined || state.kind === 'started') return 'wait';
    if (state.kind === 'done' && state.fired.includes(edge)) fired = true;
  }
  return fired ? 'start' : 'skip';
}

/** Sources whose edge to `name` fired, in the order of their names: what a join hands on. */
export function firedSources(bundle: BundleGraph, state: GraphState, name: string): readonly string[] {
  const sources = new Set<string>();
  for (const { source, edge } of incomingOf(bundle).get(name) ?? []) {
    const from = state.get(source);
    if (from?.kind === 'done' && from.fired.includes(edge)) sources.add(source);
  }
  return [...sources].sort();
}

/**
 * Which edges of a node fire, given how each condition came out. All true edges fire; a default fires when no other
 * does; nothing to take is `undefined`, which fails the run: a branch must not end because nobody thought of a case.
 */
export function firedEdges(node: BundleNode, isTrue: (when: string) => boolean): readonly number[] | undefined {
  if (node.edges.length === 0) return [];
  const fired: number[] = [];
  for (const [index, edge] of node.edges.entries()) {
    if (edge.default) continue;
    if (edge.when === undefined || isTrue(edge.when)) fired.push(index);
  }
  if (fired.length > 0) return fired;
  const fallback = node.edges.findIndex((edge) => edge.default);
  return fallback === -1 ? undefined : [fallback];
}

/** Done nodes that handed on to no other node: what a run without an `output` expression gives back. */
export function lastNodes(bundle: BundleGraph, state: GraphState): readonly string[] {
  return Object.keys(bundle.nodes).filter((name) => {
    const node = state.get(name);
    if (node?.kind !== 'done') return false;
    return node.fired.every((edge) => bundle.nodes[name]?.edges[edge]?.to === endTarget);
  });
}
