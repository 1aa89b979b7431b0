import type { GraphReport } from './graph-finding.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { compareText } from './problem.ts';
import { shownText } from './shown.ts';
import type { Path } from './text.ts';

/** The reserved target of an edge that finishes its branch. */
export const endNode = 'end';

/** How an edge came to be: written at its source, written at its target, or taken when its source fails. */
type EdgeKind = 'edge' | 'dependsOn' | 'onError';

export interface Edge {
  readonly kind: EdgeKind;
  readonly from: string;
  /** A node of the graph, or `end`. */
  readonly to: string;
  readonly when: string | undefined;
  readonly isDefault: boolean;
  /** From `spec`, to the name of the other node. */
  readonly path: Path;
}

export interface GraphNode {
  readonly name: string;
  readonly body: JsonObject;
  /** Edges to nodes of the graph and to `end`. */
  readonly out: readonly Edge[];
  /** Edges from other nodes, in the order of their sources' names. */
  readonly into: readonly Edge[];
  /** Nodes that it hands work to: they report back, and no edge leads to them. */
  readonly delegates: readonly string[];
}

/** A graph with both ends of every edge; nodes are in the order of their names, whatever order they are written in. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Where a run starts. */
  readonly entries: readonly string[];
  /** The node that runs when a run fails. */
  readonly failure: string | undefined;
}

/** Reads the nodes and edges of a spec; what names no node is reported and left out. */
export function readGraph(spec: JsonObject, report: GraphReport): Graph {
  const written = isJsonObject(spec['graph']) ? spec['graph'] : {};
  const names = Object.keys(written).sort(compareText);
  const reading: Reading = { names: new Set(names), edges: new Map(), report };
  for (const name of names) readEdges(name, bodyOf(written[name]), reading);
  // Edges written at their target come last: where both ends name one edge, the source says more of it.
  for (const name of names) readDependsOn(name, bodyOf(written[name]), reading);
  const nodes = new Map<string, GraphNode & { readonly out: Edge[]; readonly into: Edge[] }>();
  const delegated = new Set<string>();
  for (const name of names) {
    const body = bodyOf(written[name]);
    const delegates = delegatesOf(name, body, reading);
    nodes.set(name, { name, body, out: [], into: [], delegates });
    for (const delegate of delegates) delegated.add(delegate);
  }
  for (const edges of reading.edges.values()) {
    for (const edge of edges.values()) {
      nodes.get(edge.from)?.out.push(edge);
      nodes.get(edge.to)?.into.push(edge);
    }
  }
  for (const node of nodes.values()) node.into.sort((a, b) => compareText(a.from, b.from));
  const failure = failureNode(spec, reading);
  const isFirst = (name: string): boolean => nodes.get(name)?.into.length === 0 && !delegated.has(name);
  const entries = names.filter((name) => name !== failure && isFirst(name));
  return { nodes, entries, failure };
}

interface Reading {
  readonly names: ReadonlySet<string>;
  /** By source, then by target. */
  readonly edges: Map<string, Map<string, Edge>>;
  readonly report: GraphReport;
}

function bodyOf(node: Json | undefined): JsonObject {
  return isJsonObject(node) ? node : {};
}

function readEdges(from: string, node: JsonObject, reading: Reading): void {
  const path = ['graph', from, 'edges'];
  for (const [index, edge] of listAt(node, 'edges').entries()) {
    if (!isJsonObject(edge) || typeof edge['to'] !== 'string') continue;
    const when = typeof edge['when'] === 'string' ? edge['when'] : undefined;
    const isDefault = edge['default'] === true;
    addEdge({ kind: 'edge', from, to: edge['to'], when, isDefault, path: [...path, index, 'to'] }, reading);
  }
  const handler = errorTarget(node['onError']);
  if (handler === undefined) return;
  const at = ['graph', from, 'onError'];
  if (handler === from) return reportSelf(from, at, reading.report);
  addEdge({ kind: 'onError', from, to: handler, when: undefined, isDefault: false, path: at }, reading);
}

function reportSelf(name: string, path: Path, report: GraphReport): void {
  const message = `When \`${shownText(name)}\` fails it would go on to itself.`;
  const help = 'Write `retry` to try it again, or go to another node.';
  report({ code: 'graph.goto_self', message, path, part: 'value', help });
}

/** The node of `onError: goto <node>`. */
function errorTarget(onError: Json | undefined): string | undefined {
  return typeof onError === 'string' ? /^goto\s+(\S+)$/.exec(onError)?.[1] : undefined;
}

function readDependsOn(to: string, node: JsonObject, reading: Reading): void {
  for (const [index, from] of listAt(node, 'dependsOn').entries()) {
    if (typeof from !== 'string') continue;
    const path = ['graph', to, 'dependsOn', index];
    if (!reading.names.has(from)) reportUnknown(from, path, reading);
    else addEdge({ kind: 'dependsOn', from, to, when: undefined, isDefault: false, path }, reading);
  }
}

function delegatesOf(name: string, node: JsonObject, reading: Reading): string[] {
  const known: string[] = [];
  for (const [index, delegate] of listAt(node, 'delegates').entries()) {
    if (typeof delegate !== 'string') continue;
    const path = ['graph', name, 'delegates', index];
    if (reading.names.has(delegate)) known.push(delegate);
    else reportUnknown(delegate, path, reading);
  }
  return known;
}

function addEdge(edge: Edge, reading: Reading): void {
  const { from, to, path } = edge;
  if (to !== endNode && !reading.names.has(to)) return reportUnknown(to, path, reading);
  const edges = reading.edges.get(from) ?? new Map<string, Edge>();
  reading.edges.set(from, edges);
  const other = edges.get(to);
  if (other === undefined) edges.set(to, edge);
  else reportTwice(edge, other, reading.report);
}

/** Of a large graph the first few. */
function namesOf({ names }: Reading): string {
  const shown = [...names]
    .sort(compareText)
    .slice(0, namesMax)
    .map((name) => `\`${shownText(name)}\``);
  return `${shown.join(', ')}${names.size > namesMax ? ', …' : ''}`;
}

const namesMax = 8;

function reportUnknown(name: string, path: Path, reading: Reading): void {
  const field = path.at(2);
  const help =
    didYouMean(name, reading.names) ??
    (field === 'edges'
      ? `Edges lead to a node of this graph (${namesOf(reading)}), or to \`end\`.`
      : `Its nodes: ${namesOf(reading)}.`);
  const message =
    name === endNode && field !== 'edges'
      ? '`end` is no node: it is the target that finishes a branch.'
      : `The graph has no node \`${shownText(name)}\`.`;
  reading.report({ code: 'graph.unknown_node', message, path, part: 'value', help });
}

function reportTwice(edge: Edge, other: Edge, report: GraphReport): void {
  const [from, to] = [shownText(edge.from), shownText(edge.to)];
  const at = { code: 'graph.duplicate_edge', path: edge.path, part: 'value' } as const;
  if (edge.kind === 'edge') {
    const message = `Two edges lead from \`${from}\` to \`${to}\`; a step runs once.`;
    return report({ ...at, message, help: 'Join their conditions with `||` in one edge.' });
  }
  if (edge.kind === 'onError') {
    const message = `\`${to}\` follows \`${from}\` both when it succeeds and when it fails.`;
    const help = 'Write `onError: continue`, which takes the edges of a failed node, or give the failure its own node.';
    return report({ ...at, message, help });
  }
  if (other.kind === 'dependsOn') {
    return report({ ...at, message: `\`${to}\` names \`${from}\` twice.`, help: 'Keep one of the two.' });
  }
  const condition = other.when !== undefined ? ' under a condition' : other.isDefault ? ' as its default' : '';
  const message =
    other.kind === 'onError'
      ? `\`${to}\` depends on \`${from}\`, and \`${from}\` leads to it when it fails.`
      : `The edge from \`${from}\` to \`${to}\` is written twice: \`${from}\` leads to it${condition} already.`;
  report({ ...at, message, help: 'Keep the edge at one of its ends: remove this entry of `dependsOn`.' });
}

function failureNode(spec: JsonObject, reading: Reading): string | undefined {
  const name = spec['onFailure'];
  if (typeof name !== 'string') return undefined;
  if (reading.names.has(name)) return name;
  reportUnknown(name, ['onFailure'], reading);
  return undefined;
}
