import type { BundleNode } from '../manifest/bundle.ts';
import type { Scope as Expressions } from '../manifest/expression.ts';
import type { Json } from '../manifest/json.ts';
import { evaluateTemplates } from '../manifest/template.ts';
import type { Scope } from './scope.ts';

/** What only the expressions of one node read: an entry of its list, its output of the turn before. */
export type OwnValues = Pick<Expressions, 'item' | 'output'>;

/** A node that is to begin. */
export interface NodeStart {
  readonly node: BundleNode;
  /** `namespace/name` of the AgentSystem whose graph the node is of. */
  readonly system: string;
  readonly place: string;
  /** Its input where it has no expressions of its own. */
  readonly given: Json;
  readonly own: OwnValues;
  /** What its expressions read. Only asked for by those that have some. */
  readonly view: (own: OwnValues) => Expressions;
}

/** One execution of what a node names: an agent, a tool, a system, a person. */
export interface NodeRun {
  readonly node: BundleNode;
  readonly system: string;
  readonly place: string;
  readonly input: Json;
}

export type Work = (start: NodeStart, scope: Scope) => Promise<Json>;

/** Runs what is inside of it none, one or several times. */
export type Wrapper = (start: NodeStart, scope: Scope, inner: Work) => Promise<Json>;

/** The input of one execution. */
export function inputOf({ node, given, own, view }: NodeStart): Json {
  return node.input === undefined ? given : evaluateTemplates(node.input, view(own));
}
