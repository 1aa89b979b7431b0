import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import type { Scope as Expressions } from '../manifest/expression.ts';
import type { Json } from '../manifest/json.ts';
import { evaluateTemplates } from '../manifest/template.ts';
import { type Earlier, inputAfter } from './earlier.ts';
import type { Frame } from './frame.ts';
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
  /** What reviewers and delegates said of its executions before this one, the oldest first. */
  readonly earlier?: readonly Earlier[];
  readonly around?: Around;
}

/** What leads from a node to others of its graph, and into the graph of another system. */
export interface Around {
  readonly graph: BundleGraph;
  readonly runNode: Work;
  readonly runGraph: (frame: Frame, scope: Scope) => Promise<Json>;
}

/** One execution of what a node names: an agent, a tool, a system, a person. */
export interface NodeRun {
  readonly node: BundleNode;
  readonly system: string;
  readonly place: string;
  readonly input: Json;
  readonly earlier?: readonly Earlier[] | undefined;
}

export type Work = (start: NodeStart, scope: Scope) => Promise<Json>;

/** Runs what is inside of it none, one or several times. */
export type Wrapper = (start: NodeStart, scope: Scope, inner: Work) => Promise<Json>;

/** Whether Git says the whole input: it holds no expression, and nothing came from elsewhere. */
export function isOwnInput({ input }: BundleNode): boolean {
  return input !== undefined && !JSON.stringify(input).includes('${');
}

/** The input of one execution. An agent is told what was said of earlier ones in messages of their own. */
export function inputOf({ node, given, own, view, earlier }: NodeStart): Json {
  const input = node.input === undefined ? given : evaluateTemplates(node.input, view(own));
  return node.kind === 'agent' ? input : inputAfter(input, earlier);
}
