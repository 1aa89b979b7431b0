import { validateGraphExpressions } from './graph-expression.ts';
import type { GraphFinding, GraphReport, Successors } from './graph-finding.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { listAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './text.ts';
import { unsupported } from './shape-finding.ts';
import { shownText } from './shown.ts';

/** What keeps a graph of the right shape from being run. */
export function validateGraph(spec: JsonObject): GraphFinding[] {
  const findings: GraphFinding[] = [];
  const report: GraphReport = (finding) => findings.push(finding);
  const graph = spec['graph'];
  if (!isJsonObject(graph)) return findings;
  const successors = readEdges(graph, report);
  checkEntries(successors, report);
  const cyclic = checkCycles(successors, report);
  if (!cyclic) validateGraphExpressions(spec, successors, report);
  return findings;
}

const endNode = 'end';

function readEdges(graph: JsonObject, report: GraphReport): Successors {
  const successors = new Map<string, readonly string[]>();
  const names = Object.keys(graph);
  for (const name of names) {
    const path = ['graph', name];
    if (name === endNode) {
      report({
        code: 'graph.reserved',
        message: '`end` is reserved: an edge to it finishes a branch.',
        path,
        part: 'key',
        help: 'Give the node another name.',
      });
    }
    const node = graph[name];
    const edges = isJsonObject(node) ? listAt(node, 'edges').filter(isJsonObject) : [];
    checkDefaults(edges, [...path, 'edges'], report);
    successors.set(name, targetsOf(edges, { names, path: [...path, 'edges'], report }));
  }
  return successors;
}

function targetsOf(
  edges: readonly JsonObject[],
  at: { names: readonly string[]; path: Path; report: GraphReport },
): string[] {
  const known = new Set(at.names);
  const targets = new Set<string>();
  for (const [index, edge] of edges.entries()) {
    const to = edge['to'];
    if (typeof to !== 'string') continue;
    const path = [...at.path, index, 'to'];
    if (targets.has(to)) {
      const message = `Two edges lead to \`${shownText(to)}\`; a step runs once.`;
      at.report({
        code: 'graph.duplicate_edge',
        message,
        path,
        part: 'value',
        help: 'Join their conditions with `||` in one edge.',
      });
    } else if (known.has(to) || to === endNode) targets.add(to);
    else {
      const help = didYouMean(to, at.names) ?? 'Edges lead to a node of this graph, or to `end`.';
      at.report({
        code: 'graph.unknown_node',
        message: `The graph has no node \`${shownText(to)}\`.`,
        path,
        part: 'value',
        help,
      });
    }
  }
  targets.delete(endNode);
  return [...targets];
}

function checkDefaults(edges: readonly JsonObject[], path: Path, report: GraphReport): void {
  const defaults = edges.flatMap((edge, index) => (edge['default'] === true ? [index] : []));
  const [first, second] = defaults;
  if (first === undefined) return;
  const fault = (index: number, message: string, help: string): void =>
    report({ code: 'graph.default', message, path: [...path, index, 'default'], part: 'key', help });
  if (second !== undefined) fault(second, 'A node has two default edges.', 'Keep one of the two.');
  if (edges[first]?.['when'] !== undefined)
    fault(first, 'A default edge has a condition.', 'Remove `when`, or `default`.');
  if (edges.some((edge, index) => index !== first && edge['default'] !== true && edge['when'] === undefined)) {
    fault(
      first,
      'The default edge is never taken: another edge has no condition.',
      'Give the other edge a `when`, or remove `default`.',
    );
  }
}

function checkEntries(successors: Successors, report: GraphReport): void {
  const targets = new Set([...successors.values()].flat());
  if ([...successors.keys()].some((name) => !targets.has(name))) return;
  const message = 'The graph has no entry: every node has an incoming edge, so no step could be the first.';
  report({
    code: 'graph.no_entry',
    message,
    path: ['graph'],
    part: 'key',
    help: 'Remove the edges into the node that starts.',
  });
}

/** Whether there is a cycle; each edge that closes one is reported, and each node that can only be reached from one. */
function checkCycles(successors: Successors, report: GraphReport): boolean {
  const state = new Map<string, 'open' | 'done'>();
  let cyclic = false;
  const visit = (name: string): void => {
    state.set(name, 'open');
    for (const next of successors.get(name) ?? []) {
      if (state.get(next) === 'open') {
        cyclic = true;
        report({
          ...unsupported(`A cycle (the edge from \`${shownText(name)}\` back to \`${shownText(next)}\`)`, 'loops'),
          path: ['graph', name, 'edges'],
          part: 'key',
        });
      } else if (!state.has(next)) visit(next);
    }
    state.set(name, 'done');
  };
  const targets = new Set([...successors.values()].flat());
  for (const name of successors.keys()) if (!targets.has(name)) visit(name);
  const hasEntry = state.size > 0;
  for (const name of successors.keys()) {
    if (state.has(name)) continue;
    if (hasEntry) {
      const message = `No entry leads to \`${shownText(name)}\`.`;
      report({
        code: 'graph.unreachable',
        message,
        path: ['graph', name],
        part: 'key',
        help: 'Add an edge to it, or remove it.',
      });
    }
    visit(name);
  }
  return cyclic;
}
