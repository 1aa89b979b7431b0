import { readGraph } from '../manifest/graph-model.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { changedPairs, type Pair } from './pairs.ts';
import type { GraphChange, GraphNodeChange, GraphNodeKind, SettingChange } from './section.ts';
import { edgeChanges, type GraphEdge } from './section-graph-edges.ts';
import { settingChanges } from './setting.ts';
import type { Sides } from './sides.ts';

/** Systems whose graph changes, by address. What an agent behind a node says or may do is no part of the graph. */
export function graphChanges(sides: Sides): readonly GraphChange[] {
  return changedPairs(sides, 'AgentSystem').flatMap((pair) => graphChange(pair) ?? []);
}

function graphChange(pair: Pair): GraphChange | undefined {
  const [before, after] = [pair.before, pair.after].map((side) => side && graphOf(side));
  const entries = { before: before?.entries ?? [], after: after?.entries ?? [] };
  const nodes = nodeChanges(before, after);
  const edges = edgeChanges(before?.edges ?? [], after?.edges ?? []);
  const settings = settingChanges('', { before: before?.settings, after: after?.settings });
  const isSame = [...nodes, ...edges].every(({ fate }) => fate === 'same') && settings.length === 0;
  if (isSame) return undefined;
  return {
    system: pair.address,
    place: pair.place,
    fate: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
    nodes,
    edges,
    entries,
    settings: before === undefined || after === undefined ? [] : settings,
  };
}

interface Node {
  readonly kind: GraphNodeKind;
  readonly target: string;
  /** All of it but what it runs and where it leads. */
  readonly settings: JsonObject;
}

interface Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: readonly GraphEdge[];
  /** Where a run starts: not at a node that work is delegated to, that a failure leads to or that cleans up. */
  readonly entries: readonly string[];
  readonly settings: JsonObject;
}

/** What of a system beside its nodes decides how a run goes. */
const settingNames = ['limits', 'output', 'concurrency', 'onFailure', 'drain', 'rollout'];

function graphOf({ manifest, namespace }: Resource): Graph {
  const spec = objectAt(manifest, 'spec');
  const nodes = new Map<string, Node>();
  const edges: GraphEdge[] = [];
  for (const [name, value] of Object.entries(objectAt(spec, 'graph'))) {
    if (!isJsonObject(value)) continue;
    nodes.set(name, nodeOf(value, namespace));
    edges.push(...edgesOf(name, value));
  }
  const settings = settingNames.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]] as const]));
  const { entries } = readGraph(spec, () => undefined);
  return { nodes, edges, entries, settings: Object.fromEntries(settings) };
}

const running = { agentRef: 'agent', toolRef: 'tool', systemRef: 'system' } as const;

function nodeOf(value: JsonObject, namespace: string): Node {
  const { agentRef, toolRef, systemRef, edges: _edges, dependsOn: _dependsOn, ...settings } = value;
  for (const [ref, kind] of Object.entries(running)) {
    const target = { agentRef, toolRef, systemRef }[ref];
    if (typeof target === 'string') return { kind, target: qualify(target, namespace), settings };
  }
  return { kind: value['human'] === undefined ? 'value' : 'human', target: '', settings };
}

/** `dependsOn` says the same edges from their other end. */
function edgesOf(name: string, value: JsonObject): readonly GraphEdge[] {
  const written = listAt(value, 'edges').flatMap((edge): GraphEdge[] => {
    if (!isJsonObject(edge) || typeof edge['to'] !== 'string') return [];
    const { to, when } = edge;
    return [{ from: name, to, when: typeof when === 'string' ? when : undefined, default: edge['default'] === true }];
  });
  const followed = listAt(value, 'dependsOn').flatMap((from): GraphEdge[] =>
    typeof from === 'string' ? [{ from, to: name, when: undefined, default: false }] : [],
  );
  return [...written, ...followed];
}

function nodeChanges(before: Graph | undefined, after: Graph | undefined): readonly GraphNodeChange[] {
  const names = new Set([...(before?.nodes.keys() ?? []), ...(after?.nodes.keys() ?? [])]);
  const renamed = renames(before, after);
  return [...names].sort(compareText).map((name): GraphNodeChange => {
    const [was, is] = [before?.nodes.get(name), after?.nodes.get(name)];
    if (is === undefined) return { name, ...runBy(was), fate: 'removed' };
    const renamedFrom = renamed.get(name);
    if (was === undefined) {
      return { name, ...runBy(is), fate: 'added', ...(renamedFrom === undefined ? {} : { renamedFrom }) };
    }
    const settings = settingChanges('', { before: was.settings, after: is.settings });
    return changedNode(name, { was, is, settings });
  });
}

interface NodeSides {
  readonly was: Node;
  readonly is: Node;
  readonly settings: readonly SettingChange[];
}

function changedNode(name: string, { was, is, settings }: NodeSides): GraphNodeChange {
  const isMoved = was.kind !== is.kind || was.target !== is.target;
  return {
    name,
    ...runBy(is),
    fate: isMoved || settings.length > 0 ? 'changed' : 'same',
    ...(isMoved ? { was: runBy(was) } : {}),
    ...(settings.length > 0 ? { settings } : {}),
  };
}

function runBy(node: Node | undefined): { readonly kind: GraphNodeKind; readonly target: string } {
  return { kind: node?.kind ?? 'value', target: node?.target ?? '' };
}

/**
 * Names that were given to a node which is otherwise as it was: it runs the same, with the same settings, between the
 * same nodes. Where two nodes are alike nobody can say which of them was renamed.
 */
function renames(before: Graph | undefined, after: Graph | undefined): ReadonlyMap<string, string> {
  if (before === undefined || after === undefined) return new Map();
  const gone = signatures(before, (name) => !after.nodes.has(name));
  const come = signatures(after, (name) => !before.nodes.has(name));
  const found = new Map<string, string>();
  for (const [signature, [name, ...others]] of come) {
    const [old, ...rest] = gone.get(signature) ?? [];
    if (name !== undefined && old !== undefined && others.length + rest.length === 0) found.set(name, old);
  }
  return found;
}

function signatures(graph: Graph, isWanted: (name: string) => boolean): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, { kind, target, settings }] of graph.nodes) {
    if (!isWanted(name)) continue;
    const ends = graph.edges
      .filter(({ from, to }) => from === name || to === name)
      .map(({ from, to, when, default: other }) => [from === name ? '' : from, to === name ? '' : to, when, other]);
    const parts: unknown[] = [kind, target, sortedJson(settings), ends.map((end) => JSON.stringify(end)).sort()];
    const signature = JSON.stringify(parts);
    found.set(signature, [...(found.get(signature) ?? []), name]);
  }
  return found;
}

function sortedJson(value: Json): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    isJsonObject(held) ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => compareText(a, b))) : held,
  );
}
