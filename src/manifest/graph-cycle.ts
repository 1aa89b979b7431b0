import { componentsOf } from './graph-components.ts';
import { dominatorsOf, type Dominators } from './graph-dominators.ts';
import type { GraphReport } from './graph-finding.ts';
import { endNode, type Edge, type Graph, type GraphNode } from './graph-model.ts';
import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';

/** A graph with its cycles told apart: which edges go on, and which lead back. */
export interface Flow {
  readonly graph: Graph;
  readonly dominators: Dominators;
  /** Edges whose target every way to their source has passed: they begin another turn. */
  readonly back: ReadonlySet<Edge>;
  /** By node, those that hand work to it. */
  readonly delegators: ReadonlyMap<string, readonly string[]>;
  /** Whether what is left without the edges back has no cycle: else it is undecided which edge begins a turn. */
  readonly reducible: boolean;
}

/** Tells edges that go on from edges that lead back, and says which nodes no entry leads to. */
export function flowOf(graph: Graph, report: GraphReport): Flow {
  const roots = graph.failure === undefined ? graph.entries : [...graph.entries, graph.failure];
  const dominators = dominatorsOf(roots, (name) => [
    ...targetsOf(graph.nodes.get(name)),
    ...(graph.nodes.get(name)?.delegates ?? []),
  ]);
  const back = new Set<Edge>();
  for (const { out } of graph.nodes.values()) {
    for (const edge of out) if (dominators.dominates(edge.to, edge.from)) back.add(edge);
  }
  reportUnreachable(graph, dominators, report);
  const ahead = (name: string): string[] => targetsOf(graph.nodes.get(name), back);
  const tangled = componentsOf(dominators.order, ahead).filter(({ length }) => length > 1);
  for (const nodes of tangled) reportIrreducible(new Set([...nodes].sort()), { graph, back }, report);
  return { graph, dominators, back, delegators: delegatorsOf(graph), reducible: tangled.length === 0 };
}

function delegatorsOf({ nodes }: Graph): ReadonlyMap<string, readonly string[]> {
  const delegators = new Map<string, string[]>();
  for (const { name, delegates } of nodes.values()) {
    for (const delegate of delegates) delegators.set(delegate, [...(delegators.get(delegate) ?? []), name]);
  }
  return delegators;
}

/** Other nodes that edges of a node lead to. */
function targetsOf(node: GraphNode | undefined, without?: ReadonlySet<Edge>): string[] {
  const targets: string[] = [];
  for (const edge of node?.out ?? []) if (edge.to !== endNode && without?.has(edge) !== true) targets.push(edge.to);
  return targets;
}

function reportUnreachable(graph: Graph, { order }: Dominators, report: GraphReport): void {
  if (graph.nodes.size === 0) return;
  if (graph.entries.length === 0) {
    const message = 'The graph has no entry: every node has an incoming edge, so no step could be the first.';
    const help = 'Let no edge lead to the node that starts; a cycle needs a node before it.';
    return report({ code: 'graph.no_entry', message, path: ['graph'], part: 'key', help });
  }
  const reached = new Set(order);
  for (const { name, into } of graph.nodes.values()) {
    if (reached.has(name)) continue;
    const from = into.map((edge) => `\`${shownText(edge.from)}\``).join(', ');
    const message = `No entry leads to \`${shownText(name)}\`; only ${from} does, which is not reached either.`;
    const help = 'Add an edge to it from a node that runs, or remove it.';
    report({ code: 'graph.unreachable', message, path: ['graph', name], part: 'key', help });
  }
}

/** The nodes of one cycle that can be entered at two of them. */
function reportIrreducible(
  nodes: ReadonlySet<string>,
  { graph, back }: { readonly graph: Graph; readonly back: ReadonlySet<Edge> },
  report: GraphReport,
): void {
  const entered: string[] = [];
  let within: Edge | undefined;
  for (const name of nodes) {
    const into = (graph.nodes.get(name)?.into ?? []).filter((edge) => !back.has(edge));
    const isEntry = graph.entries.includes(name) || into.some(({ from }) => !nodes.has(from));
    if (!isEntry) continue;
    entered.push(`\`${shownText(name)}\``);
    within ??= into.find(({ from }) => nodes.has(from));
  }
  const cycle = [...nodes].map((name) => `\`${shownText(name)}\``).join(', ');
  const edge =
    within === undefined ? '' : `the edge from \`${shownText(within.from)}\` to \`${shownText(within.to)}\` `;
  const message = `It is undecided whether ${edge}begins another turn: the cycle of ${cycle} can be entered at ${entered.join(' and ')}.`;
  const help = 'Let all edges from outside the cycle lead to one node of it.';
  report({ code: 'graph.irreducible', message, path: within?.path ?? ['graph'], part: 'value', help });
}

/** What is wrong with the cycles of a graph in which every edge is known to go on or to lead back. */
export function validateCycles(spec: JsonObject, { graph, dominators, back }: Flow, report: GraphReport): void {
  const limits = objectAt(spec, 'limits');
  if (limits['maxTurns'] === undefined) {
    const headers = new Set<string>();
    for (const edge of [...back].sort(byEnds)) {
      if (headers.has(edge.to)) continue;
      headers.add(edge.to);
      const message = `The edge from \`${shownText(edge.from)}\` back to \`${shownText(edge.to)}\` closes a cycle without a bound.`;
      const help = 'Add `limits.maxTurns` to the system: how many turns a branch may take.';
      report({ code: 'graph.unbounded_cycle', message, path: edge.path, part: 'value', help });
    }
  }
  if (limits['onLimit'] === 'succeed') return;
  for (const nodes of componentsOf(dominators.order, (name) => targetsOf(graph.nodes.get(name)))) {
    const inside = new Set(nodes);
    const edges = nodes.flatMap((name) => graph.nodes.get(name)?.out ?? []);
    const turns = edges.some((edge) => inside.has(edge.to));
    // A node that leads to nothing when it succeeds finishes its branch.
    const ends = nodes.some((name) => graph.nodes.get(name)?.out.every(({ kind }) => kind === 'onError'));
    if (!turns || ends || edges.some((edge) => !inside.has(edge.to))) continue;
    const sorted = [...nodes].sort();
    const cycle = sorted.map((name) => `\`${shownText(name)}\``).join(', ');
    const message = `Nothing leads out of the cycle of ${cycle}: a run that enters it can only end at a limit.`;
    const help = 'Give one of its nodes an edge to `end` or to another node, or set `limits.onLimit: succeed`.';
    const path = ['graph', sorted[0] ?? ''];
    report({ code: 'graph.endless_cycle', severity: 'warning', message, path, part: 'key', help });
  }
}

function byEnds(a: Edge, b: Edge): number {
  const [left, right] = [`${a.from}\0${a.to}`, `${b.from}\0${b.to}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
