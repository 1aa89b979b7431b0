import type { JsonObject } from '../../json.ts';
import type { Route, RouteGraph, RouteNode } from './route-graph.ts';
import { reachable } from '../reachable.ts';

/** The join of a node; undefined where it waits for all that may come, as pawl does by itself. */
export function joinOf(target: RouteNode, routes: RouteGraph): JsonObject | undefined {
  const join = target.body.get('join');
  const mode = join.get('mode').text() ?? 'wait_for_all';
  const count = join.get('quorum_count').number() ?? 0;
  const percent = join.get('quorum_percent').number() ?? 0;
  const inputs = inputsOf(target, routes);
  if (inputs.all < 2) return undefined;
  sayBack(target, inputs);
  if (mode !== 'quorum') return undefined;
  const asked = Math.max(count, Math.ceil((percent * inputs.all) / 100));
  const needed = asked === 0 ? inputs.all : Math.min(asked, inputs.all);
  if (inputs.back > 0 && needed < inputs.back) {
    const message = 'Agents that lead back to this one are all waited for before it begins another round.';
    join.flag('import.graph', message);
  }
  if (inputs.forward < 2 || needed >= inputs.forward) return undefined;
  if (inputs.sure < needed)
    join.flag(
      'import.graph',
      `Edges into this join have conditions. Where fewer than ${needed} are taken, the newest versions of Orloj go on with those, older ones wait for ever, and pawl fails with \`join.unreached\`. \`onFailure: partial\` goes on too, even where an agent before it failed.`,
    );
  return { mode: 'quorum', count: Math.max(1, needed) };
}

interface Inputs {
  readonly all: number;
  readonly forward: number;
  readonly back: number;
  /** Those of `forward` that are taken whatever the agents answer. */
  readonly sure: number;
}

function inputsOf(target: RouteNode, routes: RouteGraph): Inputs {
  const { nodes } = routes;
  const { keys, sourcesOf, runs } = knownOf(routes);
  const key = keys.get(target) ?? '';
  const sources = sourcesOf.get(key) ?? [];
  const behind =
    sources.length < 2
      ? new Set<string>()
      : reachable([key], (from) => (nodes.get(from)?.routes ?? []).map(({ to }) => to));
  const ahead = sources.filter(([source]) => !behind.has(source));
  const sure = ahead.filter(([source, node]) => runs.has(source) && alwaysTaken(node).includes(key)).length;
  return { all: sources.length, forward: ahead.length, back: sources.length - ahead.length, sure };
}

/** Agents that run whatever the others answer. */
function surelyReached({ entries, nodes }: RouteGraph): ReadonlySet<string> {
  const reached = new Set(entries);
  for (const key of reached) for (const to of alwaysTaken(nodes.get(key))) reached.add(to);
  return reached;
}

/** A default is taken always where nothing else has a condition. */
function alwaysTaken(node: RouteNode | undefined): readonly string[] {
  const routes = node?.routes ?? [];
  const isDefault = ({ condition }: Route): boolean => condition?.get('default').value === true;
  const isAlone = routes.every((route) => route.condition === undefined || isDefault(route));
  return routes.filter(({ condition }) => condition === undefined || isAlone).map(({ to }) => to);
}

/** What every join of a graph asks of it. */
interface Known {
  readonly keys: ReadonlyMap<RouteNode, string>;
  readonly sourcesOf: ReadonlyMap<string, readonly (readonly [string, RouteNode])[]>;
  /** Agents that run whatever the others answer. */
  readonly runs: ReadonlySet<string>;
}

const known = new WeakMap<RouteGraph, Known>();

function knownOf(routes: RouteGraph): Known {
  const made = known.get(routes) ?? look(routes);
  known.set(routes, made);
  return made;
}

function look(routes: RouteGraph): Known {
  const sourcesOf = new Map<string, [string, RouteNode][]>();
  for (const [key, node] of routes.nodes) {
    for (const { to } of node.routes) {
      const sources = sourcesOf.get(to);
      if (sources === undefined) sourcesOf.set(to, [[key, node]]);
      else sources.push([key, node]);
    }
  }
  const keys = new Map(Array.from(routes.nodes, ([key, node]) => [node, key]));
  return { keys, sourcesOf, runs: surelyReached(routes) };
}

/** There, a join counts what comes back like what comes first, and a cycle that is entered from outside never begins. */
function sayBack({ body, node }: RouteNode, { forward, back }: Inputs): void {
  if (forward === 0 || back === 0) return;
  const message =
    'Orloj would wait here for what only this agent leads to. In pawl an edge that leads back begins another round, and is not waited for.';
  (body.exists ? body : node).flag('import.graph', message);
}
