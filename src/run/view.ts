import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import { compileExpression, evaluateCondition, type Scope as Expressions } from '../manifest/expression.ts';
import { type Activation, historyOf } from './activation.ts';
import { StepFailure } from './halt.ts';

export type NodeOutputs = Expressions['nodes'];

/** What the expressions of an activation read: never what a branch beside it has done by now. */
export function nodesOf(activation: Activation): NodeOutputs {
  return Object.fromEntries(historyOf(activation));
}

/** The edges of a node that is done. */
export function firedBy(name: string, graph: BundleGraph, view: () => Expressions): readonly number[] {
  let read: Expressions | undefined;
  return firedOr(name, graph, (when) => evaluateCondition(when, (read ??= view())));
}

/** The edges of a node that failed: it has no output, so that no condition on it holds. */
export function firedWithout(name: string, graph: BundleGraph, view: () => Expressions): readonly number[] {
  let read: Expressions | undefined;
  return firedOr(name, graph, (when) => {
    const expression = compileExpression(when);
    if (expression.kind === 'expression' && (expression.readsOutput || expression.reads.includes(name))) return false;
    return evaluateCondition(when, (read ??= view()));
  });
}

function firedOr(name: string, graph: BundleGraph, isTrue: (when: string) => boolean): readonly number[] {
  const node = graph.nodes[name];
  const fired = node === undefined ? [] : firedEdges(node, isTrue);
  if (fired !== undefined) return fired;
  const message = `No edge of node ${name} fires: every condition is false and there is no default.`;
  throw new StepFailure({ code: 'edge.no_match', message, node: name });
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
