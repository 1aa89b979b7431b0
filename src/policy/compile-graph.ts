import type { BundleEdge, BundleGraph, BundleJoin, BundleNode } from '../manifest/bundle.ts';
import type { BundleAssignees, BundleHuman, BundleReview } from '../manifest/bundle-people.ts';
import { longDurationMs } from '../manifest/duration.ts';
import { type Flow, flowOf } from '../manifest/graph-cycle.ts';
import { type GraphNode, readGraph } from '../manifest/graph-model.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { retryOf } from './compile-retry.ts';
import { durationMs } from './duration-ms.ts';
import { notRunnable } from './runnable.ts';
import { type SpecOf, specOf } from './typed.ts';

type Spec = SpecOf<'AgentSystem'>;
type WrittenNode = Spec['graph'][string];

/**
 * The graph of a system as a run walks it: both ends of every edge, wherever it was written, and which of them lead
 * back. What the manifest leaves at its default is left out, so that bundles of plain graphs stay what they are.
 */
export function compileGraph(system: Resource): BundleGraph {
  const spec = specOf(system, 'AgentSystem');
  const flow = flowOf(
    readGraph(system.manifest['spec'] as typeof spec & Resource['manifest'], () => undefined),
    () => undefined,
  );
  const names = Object.keys(spec.graph).sort(compareText);
  const nodes = names.map((name) => [name, nodeOf(name, { system, flow })] as const);
  return {
    input: spec.input.schema === undefined ? {} : { schema: spec.input.schema },
    nodes: Object.fromEntries(nodes),
    entries: flow.graph.entries,
    ...(spec.output === undefined ? {} : { output: spec.output }),
    limits: limitsOf(spec.limits),
    ...(spec.onFailure === undefined ? {} : { onFailure: spec.onFailure }),
  };
}

/** Whether a worker that knows engine schemas before the third can run a graph. */
export function isPlainGraph({ nodes, limits, onFailure }: BundleGraph): boolean {
  const isKnown = (node: BundleNode): boolean =>
    (node.kind === 'agent' || node.kind === 'tool') && Object.keys(node).every((field) => plainFields.has(field));
  const { maxCost, maxTurns, onLimit } = limits;
  return (
    [maxCost, maxTurns, onLimit, onFailure].every((one) => one === undefined) && Object.values(nodes).every(isKnown)
  );
}

const plainFields: ReadonlySet<string> = new Set(['kind', 'agent', 'tool', 'input', 'edges', 'from']);

interface Compiling {
  readonly system: Resource;
  readonly flow: Flow;
}

function nodeOf(name: string, { system, flow }: Compiling): BundleNode {
  const written = specOf(system, 'AgentSystem').graph[name];
  const node = flow.graph.nodes.get(name);
  if (written === undefined || node === undefined) throw new TypeError(`${system.address} has no node ${name}`);
  const { input, forEach, maxParallel, loop, retry, timeout } = written;
  return {
    ...(input === undefined ? {} : { input }),
    edges: edgesOf(node, { written, flow }),
    from: [...new Set(node.into.map(({ from }) => from))].sort(compareText),
    ...joinOf(written.join),
    ...(forEach === undefined ? {} : { forEach }),
    ...(maxParallel === undefined ? {} : { maxParallel }),
    ...(loop === undefined ? {} : { loop: { until: loop.until, maxTurns: loop.maxTurns } }),
    ...(retry === undefined ? {} : { retry: retryOf(retry) }),
    ...(timeout === undefined ? {} : { timeoutMs: durationMs(timeout) }),
    ...errorHandlerOf(node, flow),
    ...(written.delegates === undefined ? {} : { delegates: written.delegates }),
    ...(written.review === undefined ? {} : { review: reviewOf(written.review) }),
    ...kindOf(name, { system, written }),
  };
}

/** Those written at the node, in their order; then those that others wrote with `dependsOn`. */
function edgesOf({ out }: GraphNode, { written, flow }: { written: WrittenNode; flow: Flow }): readonly BundleEdge[] {
  const back = (to: string): { back?: true } =>
    out.some((edge) => edge.to === to && edge.kind !== 'onError' && flow.back.has(edge)) ? { back: true } : {};
  const own = written.edges.map((edge) => ({ ...edge, ...back(edge.to) }));
  const others = out.flatMap(({ kind, to }) => (kind === 'dependsOn' ? [{ to, default: false, ...back(to) }] : []));
  return [...own, ...others];
}

function joinOf(join: WrittenNode['join']): { readonly join?: BundleJoin } {
  if (join === undefined || (join.mode === 'all' && join.onFailure === 'fail')) return {};
  const { mode, count, percent, onFailure } = join;
  const quorum = mode !== 'quorum' ? {} : count === undefined ? { percent: percent ?? 100 } : { count };
  return { join: { mode, ...quorum, onFailure } };
}

function errorHandlerOf({ body, out }: GraphNode, { back }: Flow): Pick<BundleNode, 'onError'> {
  if (body['onError'] === 'continue') return { onError: 'continue' };
  const handler = out.find(({ kind }) => kind === 'onError');
  if (handler === undefined) return {};
  return { onError: { goto: handler.to, ...(back.has(handler) ? { back: true } : {}) } };
}

type KindOf<Node> = Node extends { readonly kind: infer Kind extends string }
  ? Omit<Extract<Node, { readonly kind: Kind }>, keyof BundleNode> & { readonly kind: Kind }
  : never;

function kindOf(
  name: string,
  { system, written }: { readonly system: Resource; readonly written: WrittenNode },
): KindOf<BundleNode> {
  const { agentRef, toolRef, systemRef, human, input } = written;
  if (agentRef !== undefined) return { kind: 'agent', agent: qualify(agentRef, system.namespace) };
  if (toolRef !== undefined) return { kind: 'tool', tool: qualify(toolRef, system.namespace) };
  if (systemRef !== undefined) return { kind: 'system', system: qualify(systemRef, system.namespace) };
  if (human !== undefined) return { kind: 'human', human: humanOf(human) };
  if (input !== undefined) return { kind: 'value' };
  throw notRunnable(system, `has a node, ${name}, that says nothing to do`);
}

/** What people are asked by a node, or by a tool. */
export function humanOf({ assignees, form, ttl }: NonNullable<WrittenNode['human']>): BundleHuman {
  return { assignees: assigneesOf(assignees), ...(form === undefined ? {} : { form }), ttlMs: longDurationMs(ttl) };
}

function reviewOf({ approvers, ttl, maxCycles }: NonNullable<WrittenNode['review']>): BundleReview {
  return { approvers: { ...assigneesOf(approvers), min: approvers.min }, ttlMs: longDurationMs(ttl), maxCycles };
}

function assigneesOf({ groups = [], users = [] }: Partial<BundleAssignees>): BundleAssignees {
  return { groups: [...groups].sort(compareText), users: [...users].sort(compareText) };
}

function limitsOf({ maxTokens, maxCost, maxTurns, timeout, onLimit }: Spec['limits']): BundleGraph['limits'] {
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxCost === undefined ? {} : { maxCost: Number(maxCost) }),
    ...(maxTurns === undefined ? {} : { maxTurns }),
    timeoutMs: durationMs(timeout),
    ...(onLimit === 'succeed' ? { onLimit } : {}),
  };
}
