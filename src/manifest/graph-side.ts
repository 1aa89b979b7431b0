import { componentsOf } from './graph-components.ts';
import type { Flow } from './graph-cycle.ts';
import type { GraphReport } from './graph-finding.ts';
import { endNode, type Graph } from './graph-model.ts';
import { listAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';

/** What is wrong with nodes that run beside the order of edges: delegates, and the node that runs on failure. */
export function validateSides({ graph }: Flow, report: GraphReport): void {
  const delegators = new Map<string, string>();
  for (const { name, delegates } of graph.nodes.values()) {
    for (const delegate of delegates) {
      if (!delegators.has(delegate)) delegators.set(delegate, name);
      if (delegate !== name) continue;
      const message = `\`${shownText(name)}\` would hand work to itself.`;
      const path = pathOf(name, name, graph);
      report({ code: 'graph.delegate', message, path, part: 'value', help: 'Write `loop` to run a node again.' });
    }
  }
  for (const [name, delegator] of delegators) {
    reportEdge(name, { graph, code: 'graph.delegate', what: `a delegate of \`${shownText(delegator)}\`` }, report);
  }
  for (const group of componentsOf(graph.nodes.keys(), (name) => graph.nodes.get(name)?.delegates ?? [])) {
    if (group.length > 1) reportCircle(group, graph, report);
  }
  const { failure } = graph;
  if (failure === undefined) return;
  reportEdge(failure, { graph, code: 'graph.on_failure', what: 'the node that runs when a run fails' }, report);
}

interface Side {
  readonly graph: Graph;
  readonly code: string;
  readonly what: string;
}

/** An edge would make the node a part of the order that it stands beside. */
function reportEdge(name: string, { graph, code, what }: Side, report: GraphReport): void {
  const node = graph.nodes.get(name);
  const edge = node?.into[0] ?? node?.out.find(({ to }) => to !== endNode);
  if (edge === undefined) return;
  const [from, to] = [shownText(edge.from), shownText(edge.to)];
  const message = `\`${shownText(name)}\` is ${what}, and an edge leads from \`${from}\` to \`${to}\`.`;
  report({ code, message, path: edge.path, part: 'value', help: 'Remove the edge, or use two nodes.' });
}

/** One circle among nodes that all lead to each other along delegation. */
function reportCircle(group: readonly string[], graph: Graph, report: GraphReport): void {
  const inside = new Set(group);
  const way = [[...group].sort()[0] ?? ''];
  for (;;) {
    const last = graph.nodes.get(way.at(-1) ?? '');
    const next = [...(last?.delegates ?? [])].sort().find((name) => inside.has(name) && name !== last?.name) ?? '';
    const start = way.indexOf(next);
    way.push(next);
    if (start < 0) continue;
    const circle = way.slice(start);
    const [first = '', second = ''] = circle;
    const shown = circle.map((name) => `\`${shownText(name)}\``).join(' → ');
    const path = pathOf(first, second, graph);
    const message = `Delegation goes in a circle: ${shown}.`;
    return report({ code: 'graph.delegate', message, path, part: 'value', help: 'Let one of them answer by itself.' });
  }
}

function pathOf(delegator: string, delegate: string, graph: Graph): Path {
  const written = listAt(graph.nodes.get(delegator)?.body ?? {}, 'delegates');
  return ['graph', delegator, 'delegates', written.indexOf(delegate)];
}
