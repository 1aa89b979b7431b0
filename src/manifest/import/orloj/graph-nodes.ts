import type { Json, JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { answerOf } from './agent-answer.ts';
import type { ContextNode } from './context-node.ts';
import { edgesOf } from './graph-edges.ts';
import { joinOf } from './graph-join.ts';
import { reviewOf } from './graph-review.ts';
import { foreignKey } from '../foreign-estate.ts';
import { orlojName } from './orloj-name.ts';
import type { RouteGraph, RouteNode } from './route-graph.ts';

interface GraphSettings {
  readonly conversion: Conversion;
  readonly context: ContextNode | undefined;
  readonly retry: JsonObject | undefined;
}

/** The nodes of a graph of pawl, by the keys of the agents that they run. */
interface GraphNodes {
  readonly bodies: Map<string, Record<string, Json>>;
  /** The graph by the names of its nodes, without their inputs. */
  readonly graph: () => JsonObject;
}

/** Names of nodes that the importer makes itself. */
export const contextName = 'context';
export const startName = 'start';

/** One node for each agent that a way leads to, and what stands before the first of them. */
export function graphNodes(routes: RouteGraph, settings: GraphSettings): GraphNodes {
  const names = namesOf(routes, settings.conversion);
  const bodies = new Map<string, Record<string, Json>>();
  for (const [key, node] of routes.nodes) {
    if (routes.reached.has(key)) bodies.set(key, bodyOf(node, { routes, names, settings }));
    else (node.body.exists ? node.body : node.node).ignore('No way leads to the agent: Orloj never starts it.');
  }
  const graph = (): JsonObject => {
    const written: Record<string, Json> = { ...before(routes, { names, settings }) };
    for (const [key, body] of bodies) written[nameIn(names, key)] = body;
    return written;
  };
  return { bodies, graph };
}

/** What the nodes of a graph are called in pawl, by their keys. */
export function namesOf({ nodes }: RouteGraph, { estate }: Conversion): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(['end', contextName, startName]);
  for (const [key, { name }] of nodes) {
    const plain = estate.plainName(name);
    let free = plain;
    for (let count = 2; taken.has(free); count += 1) free = `${plain.slice(0, 60)}-${count}`;
    taken.add(free);
    names.set(key, free);
  }
  return names;
}

function nameIn(names: ReadonlyMap<string, string>, key: string): string {
  return names.get(key) ?? key;
}

interface Building {
  readonly routes: RouteGraph;
  readonly names: ReadonlyMap<string, string>;
  readonly settings: GraphSettings;
}

/** What runs before the first agents: the tool that sees the input, or, before a cycle, the input alone. */
function before({ entries, isAssumed }: RouteGraph, { names, settings }: Omit<Building, 'routes'>): JsonObject {
  const edges = entries.map((key) => ({ to: nameIn(names, key) }));
  const { context } = settings;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of pawl
  const input = '${ input }';
  if (context !== undefined) {
    const { toolRef, passes } = context;
    return { [contextName]: { toolRef, input, edges, ...(passes ? { onError: 'continue' } : {}) } };
  }
  return isAssumed ? { [startName]: { input, edges } } : {};
}

function bodyOf(node: RouteNode, { routes, names, settings }: Building): Record<string, Json> {
  const { conversion, retry } = settings;
  const { namespace = node.node.document.namespace, name } = orlojName(node.name);
  const agentRef = conversion.refer(node.node, { kinds: ['Agent'], namespace, name, as: 'Agent' });
  const agent = conversion.estate.find(foreignKey('Agent', namespace, name), node.node.document);
  const body: Record<string, Json> = { agentRef };
  sayRepeated(node.repeated);
  const edges = edgesOf(node, { answer: answerOf(agent?.spec), names });
  if (edges.length > 0) body['edges'] = edges;
  const join = joinOf(node, routes);
  if (join !== undefined) body['join'] = join;
  const delegates = delegatesOf(node, { routes, names });
  if (delegates.length > 0) body['delegates'] = delegates;
  const review = reviewOf(node.body.get('review'));
  if (review !== undefined) body['review'] = review;
  if (retry !== undefined) body['retry'] = retry;
  return body;
}

/** Two conditions for one agent look like either of them being enough, and are not. */
function sayRepeated(repeated: readonly ForeignNode[]): void {
  for (const node of repeated) {
    node.json();
    const message =
      'An entry before it leads to the same agent, and Orloj looks at the first of them alone: this one is left out, its condition too.';
    node.flag('import.graph', message);
  }
}

function delegatesOf(
  { delegates, body }: RouteNode,
  { routes, names }: Pick<Building, 'routes' | 'names'>,
): readonly string[] {
  for (const { to, node, condition } of delegates) {
    node.text();
    if (condition !== undefined) {
      const help = 'Route to the agent with an edge, or let it say itself that it has nothing to do.';
      condition.refuse({ message: 'In pawl all delegates of a node run.', help });
    }
    const target = routes.nodes.get(to);
    const isFollowed = [...routes.nodes.values()].some((other) => other.routes.some((route) => route.to === to));
    if ((target?.routes.length ?? 0) === 0 && !isFollowed) continue;
    const message = 'A delegate reports back and stands beside the order of edges in pawl; this agent has edges too.';
    node.refuse({ message, help: 'Use one agent for each part: give the delegate no edges.' });
  }
  sayDelegateJoin(body.get('delegate_join'), delegates.length);
  return delegates.map(({ to }) => nameIn(names, to));
}

function sayDelegateJoin(join: ForeignNode, count: number): void {
  const mode = join.get('mode').text();
  join.get('quorum_count').number();
  join.get('quorum_percent').number();
  if (mode !== 'quorum' || count === 0) return;
  join.get('mode').flag('import.graph', 'pawl waits for all delegates, and tells the node what each of them reports.');
}
