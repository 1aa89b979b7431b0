import type { JsonObject } from '../../json.ts';
import { endNode } from '../../graph-model.ts';
import type { Answer } from './agent-answer.ts';
import { conditionOf } from './output-condition.ts';
import type { Route, RouteNode } from './route-graph.ts';

interface EdgeSettings {
  readonly answer: Answer;
  readonly names: ReadonlyMap<string, string>;
}

/**
 * The edges of a node. Orloj takes all that match and all without a condition, and the default where no condition
 * matches, whatever has none; where nothing is taken the branch ends well.
 */
export function edgesOf(node: RouteNode, { answer, names }: EdgeSettings): readonly JsonObject[] {
  const kinds = node.routes.map((route) => ({ to: names.get(route.to) ?? route.to, ...kindOf(route, answer) }));
  const always = kinds.some(({ kind }) => kind === 'always');
  const conditions = kinds.flatMap(({ when }) => (when === undefined ? [] : [when]));
  const edges = kinds.map(({ to, kind, when }): JsonObject => {
    if (when !== undefined) return { to, when };
    if (kind === 'always' || conditions.length === 0) return { to };
    return always ? { to, when: conditions.map((one) => `!(${one})`).join(' && ') } : { to, default: true };
  });
  if (conditions.length === 0 || always || kinds.some(({ kind }) => kind === 'default')) return edges;
  const message = 'Where no condition holds, Orloj ends the branch well. The edge to `end` says so.';
  (node.body.get('edges').exists ? node.body.get('edges') : node.body).flag('import.silent_success', message);
  return [...edges, { to: endNode, default: true }];
}

interface EdgeKind {
  readonly kind: 'always' | 'default' | 'conditional';
  readonly when: string | undefined;
}

function kindOf({ node, condition }: Route, answer: Answer): EdgeKind {
  node.text();
  if (condition === undefined) return { kind: 'always', when: undefined };
  if (condition.get('default').boolean() === true) return { kind: 'default', when: undefined };
  return { kind: 'conditional', when: conditionOf(condition, answer) ?? 'false' };
}
