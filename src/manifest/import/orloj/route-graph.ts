import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { nameKey } from './orloj-name.ts';
import { writtenText } from './written-text.ts';
import { reachable } from '../reachable.ts';

/** One way from an agent to another. */
export interface Route {
  /** The key of the agent that it leads to. */
  readonly to: string;
  /** Where the target is written. */
  readonly node: ForeignNode;
  readonly condition: ForeignNode | undefined;
}

/** An agent of a system, with what follows it. */
export interface RouteNode {
  /** As `spec.agents` or the graph writes it. */
  readonly name: string;
  /** Where the agent is first named. */
  readonly node: ForeignNode;
  /** What the graph says of it; of nothing where it says nothing. */
  readonly body: ForeignNode;
  readonly routes: readonly Route[];
  readonly delegates: readonly Route[];
  /** Entries that lead where an earlier one of the same list does: Orloj never looks at them. */
  readonly repeated: readonly ForeignNode[];
}

/** The agents of a system by their keys, in the order of `spec.agents`. */
export interface RouteGraph {
  readonly nodes: ReadonlyMap<string, RouteNode>;
  /** Where a task starts: agents that nothing leads to; in a cycle of all, the first. */
  readonly entries: readonly string[];
  /** Whether the first of them was only assumed to be. */
  readonly isAssumed: boolean;
  /** Agents that some way leads to from an entry, delegation included. */
  readonly reached: ReadonlySet<string>;
  readonly isCyclic: boolean;
}

/** Reads the graph of a system without saying anything of it. */
export function routeGraphOf({ spec }: ForeignDocument): RouteGraph {
  const listed = spec.get('agents').items();
  // Without a graph, agents follow each other as they are listed.
  const isListed = spec.get('graph').entries().length === 0;
  const nodes = new Map<string, RouteNode>();
  for (const [index, node] of listed.entries()) {
    if (typeof node.value !== 'string' || nodes.has(nameKey(node.value))) continue;
    nodes.set(nameKey(node.value), routeNode(node.value, node, isListed ? listed[index + 1] : undefined));
  }
  for (const [name, body] of spec.get('graph').entries()) {
    const key = nameKey(name);
    nodes.set(key, routeNode(nodes.get(key)?.name ?? name, nodes.get(key)?.node ?? body, body));
  }
  const delegated = new Set([...nodes.values()].flatMap(({ delegates }) => delegates.map(({ to }) => to)));
  const followed = new Set([...nodes.values()].flatMap(({ routes }) => routes.map(({ to }) => to)));
  const free = [...nodes.keys()].filter((key) => !followed.has(key) && !delegated.has(key));
  const entries = free.length > 0 ? free : [...nodes.keys()].slice(0, 1);
  const reached = reachable(entries, (key) => reachedBy(nodes.get(key), nodes));
  const isCyclic = hasCycle(nodes);
  return { nodes, entries, isAssumed: free.length === 0, reached, isCyclic };
}

function routeNode(name: string, node: ForeignNode, from: ForeignNode | undefined): RouteNode {
  const isBody = from !== undefined && typeof from.value !== 'string';
  const nothing = node.get('nothing');
  if (!isBody) {
    const routes = from === undefined ? [] : [{ to: nameKey(writtenText(from)), node: from, condition: undefined }];
    return { name, node, body: nothing, routes, delegates: [], repeated: [] };
  }
  const { routes: delegates, repeated: repeatedDelegates } = targetsOf(from.get('delegates').items());
  const next = from.get('next');
  const first = typeof next.value === 'string' && next.value.trim() !== '' ? [next] : [];
  const { routes, repeated } = targetsOf([...first, ...from.get('edges').items()]);
  return { name, node, body: from, routes, delegates, repeated: [...repeated, ...repeatedDelegates] };
}

/** Of two routes to one agent the first counts, as there. */
function targetsOf(nodes: readonly ForeignNode[]): { routes: readonly Route[]; repeated: readonly ForeignNode[] } {
  const routes = new Map<string, Route>();
  const repeated: ForeignNode[] = [];
  for (const node of nodes) {
    const target = typeof node.value === 'string' ? node : node.get('to');
    if (typeof target.value !== 'string') continue;
    const to = nameKey(target.value);
    const condition = node.get('condition');
    if (routes.has(to)) repeated.push(node);
    else routes.set(to, { to, node: target, condition: condition.exists ? condition : undefined });
  }
  return { routes: [...routes.values()], repeated };
}

function reachedBy(node: RouteNode | undefined, nodes: ReadonlyMap<string, RouteNode>): readonly string[] {
  const targets = [...(node?.routes ?? []), ...(node?.delegates ?? [])].map(({ to }) => to);
  return targets.filter((to) => nodes.has(to));
}

/** Nodes without anything in front are taken away until none is left, or a cycle is. */
function hasCycle(nodes: ReadonlyMap<string, RouteNode>): boolean {
  const incoming = new Map<string, number>();
  for (const { routes } of nodes.values()) for (const { to } of routes) incoming.set(to, (incoming.get(to) ?? 0) + 1);
  const free = [...nodes.keys()].filter((key) => (incoming.get(key) ?? 0) === 0);
  for (const key of free) {
    for (const { to } of nodes.get(key)?.routes ?? []) {
      const left = (incoming.get(to) ?? 0) - 1;
      incoming.set(to, left);
      if (left === 0 && nodes.has(to)) free.push(to);
    }
  }
  return free.length < nodes.size;
}
