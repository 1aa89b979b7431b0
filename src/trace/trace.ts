import type { RunRecord, TraceCall, TraceNode, TraceRecord } from '../api/operations.ts';
import type { Bundle, BundleGraph, BundleNode } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import { callerAt, nodeAt, outerNodesOf, stepsOf } from '../run/place.ts';
import { parentOf } from './parent.ts';
import { type Call, type Draft, draftsOf } from './draft.ts';
import { Standing } from './standing.ts';

/** What the journal says of a run, by place and call; nodes that never ran come last, once the run has ended. */
export function trace(run: RunRecord, rows: readonly RecordedRow[], bundle: Bundle): TraceRecord {
  const isEnded = run.endedAt !== undefined;
  const drafts = draftsOf(rows, run.waits);
  const standing = new Standing(run, drafts, bundle);
  const nodes = [...drafts.values()].map((draft) => nodeOfDraft(draft, standing, { run, bundle }));
  const graphs = [{ prefix: '', graph: bundle as BundleGraph, isEnded }, ...nestedGraphs(nodes, bundle)];
  const seen = seenIn(nodes);
  const idle = graphs
    .filter((graph) => graph.isEnded)
    .flatMap((graph) => idleNodes({ ...graph, seen: seen.get(graph.prefix) ?? new Set() }, { run, bundle }));
  return { run, nodes: [...nodes, ...idle], totals: totalsOf(nodes) };
}

interface Of {
  readonly run: RunRecord;
  readonly bundle: Bundle;
}

function nodeOfDraft(draft: Draft, standing: Standing, of: Of): TraceNode {
  const calls = draft.calls.map((call) => ({
    ...callOf(call, of.run.endedAt !== undefined),
    ...madeAgain(call, of.bundle),
    ...answeredBy(draft, call),
  }));
  const stands = standing.of(draft.place);
  const isOpen = stands.state === 'running' || stands.state === 'waiting';
  return {
    ...(draft.asked === undefined
      ? declared(draft.place, of.bundle)
      : { node: draft.place, kind: 'human' as const, target: draft.answer?.target ?? '' }),
    ...stands,
    startedAt: instant(draft.fromMs),
    endedAt: isOpen ? undefined : instant(draft.untilMs),
    calls,
  };
}

function instant(ms: number): string | undefined {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined;
}

interface Graph {
  /** Of the places of its nodes. */
  readonly prefix: string;
  readonly graph: BundleGraph;
}

/** Graphs of nested systems. */
function nestedGraphs(nodes: readonly TraceNode[], bundle: Bundle): readonly (Graph & { readonly isEnded: boolean })[] {
  const lists = new Set(nodes.flatMap(({ node }) => (node.endsWith(']') ? [parentOf(node) ?? ''] : [])));
  return nodes.flatMap(({ node: place, kind, target, state }) => {
    const graph = kind === 'system' ? own(bundle.systems, target) : undefined;
    if (graph === undefined || lists.has(place)) return [];
    return [{ prefix: `${place}>`, graph, isEnded: state !== 'running' && state !== 'waiting' }];
  });
}

/** The names of nodes that something is written of, by the prefix of their graph. */
function seenIn(nodes: readonly TraceNode[]): ReadonlyMap<string, ReadonlySet<string>> {
  const seen = new Map<string, Set<string>>();
  for (const { node } of nodes) {
    const place = node.replace(/\/review$/, '');
    const prefix = place.slice(0, place.lastIndexOf('>') + 1);
    const names = seen.get(prefix) ?? new Set();
    for (const name of outerNodesOf(place.slice(prefix.length))) names.add(name);
    seen.set(prefix, names);
  }
  return seen;
}

/** Nodes of a graph that nothing is written of: skipped, but for those that give a value, which write nothing. */
function idleNodes({ prefix, graph, seen }: Graph & { readonly seen: ReadonlySet<string> }, { run, bundle }: Of) {
  const ran = withValues(graph, seen);
  return Object.keys(graph.nodes)
    .filter((name) => !seen.has(name))
    .map((name): TraceNode => {
      const place = `${prefix}${name}`;
      // A node can fail before its first call, when its input's expressions fail.
      const failed = run.error?.node === place ? 'failed' : 'skipped';
      const state = ran.has(name) ? 'done' : failed;
      return { ...declared(place, bundle), state, startedAt: undefined, endedAt: undefined, calls: [] };
    });
}

/**
 * Nodes that give a value and began by all that is known: something that follows them ran, or they follow without a
 * condition from the beginning or from something that ran.
 */
function withValues(graph: BundleGraph, seen: ReadonlySet<string>): ReadonlySet<string> {
  const ran = new Set(seen);
  const values = Object.entries(graph.nodes).filter(([, node]) => node.kind === 'value');
  for (let round = 0; round < values.length; round += 1) {
    const before = ran.size;
    for (const [name, node] of values) if (!ran.has(name) && hasRun(name, node, { graph, ran })) ran.add(name);
    if (ran.size === before) break;
  }
  return ran;
}

function hasRun(
  name: string,
  node: BundleNode,
  { graph, ran }: { readonly graph: BundleGraph; readonly ran: ReadonlySet<string> },
): boolean {
  if (graph.entries.includes(name)) return true;
  if (node.edges.some(({ to }) => ran.has(to) && own(graph.nodes, to)?.from.length === 1)) return true;
  return node.from.some((source) => {
    const leads = own(graph.nodes, source)?.edges.filter(({ to }) => to === name) ?? [];
    return ran.has(source) && leads.some(({ when, default: isDefault }) => when === undefined && isDefault !== true);
  });
}

function declared(place: string, bundle: Bundle): Pick<TraceNode, 'node' | 'kind' | 'target'> {
  const node = nodeAt(bundle, place);
  const handed = handedTo(place, bundle);
  if (handed !== undefined) return { node: place, kind: 'agent', target: handed };
  return { node: place, kind: node?.kind ?? 'tool', target: targetOf(node) };
}

/** The agent that another one called. */
function handedTo(place: string, bundle: Bundle): string | undefined {
  const last = stepsOf(place).at(-1) ?? '';
  if (!last.includes('^')) return undefined;
  const caller = callerAt(bundle, place);
  return caller.kind === 'agent' ? caller.agent : undefined;
}

function targetOf(node: BundleNode | undefined): string {
  if (node === undefined) return '';
  switch (node.kind) {
    case 'agent':
      return node.agent;
    case 'tool':
      return node.tool;
    case 'system':
      return node.system;
    case 'human':
    case 'value':
      return '';
  }
}

/**
 * What may be repeated is made again by whoever takes the run over: its intent and its result are of two claims. What may
 * not be has its result from a person then.
 */
function madeAgain({ first, intent, result }: Call, bundle: Bundle): Pick<TraceCall, 'madeAgain'> {
  if (intent?.fence === undefined || result?.fence === undefined || intent.fence === result.fence) return {};
  // A second try that was stopped before it was sent was made by nobody.
  if (first.kind !== 'tool' || result.error?.code === 'call.not_made') return {};
  const tool = own(bundle.tools, first.target);
  if (tool === undefined || tool.impl.type === 'human' || tool.impl.type === 'a2a') return {};
  const isRepeatable = tool.idempotent || tool.operations.every((operation) => operation === 'read');
  return isRepeatable && result.outcome !== 'denied' ? { madeAgain: true } : {};
}

/** Of a call that was put to people: the one who answered. */
function answeredBy({ answers }: Draft, { first }: Call): Pick<TraceCall, 'answeredBy'> {
  const by = answers.get(first.path.replace(/~\d+$/, ''))?.target;
  return by === undefined || by === '' ? {} : { answeredBy: by };
}

function callOf({ first, intent, result }: Call, isEnded: boolean): TraceCall {
  const decision = result?.outcome === 'denied' ? result.decision : first.decision;
  const outcome = result?.outcome ?? (isEnded ? 'unknown' : 'running');
  const rows = result === undefined || result === first ? [first] : [first, result];
  const guards = rows.flatMap((row) => row.decision?.guards ?? []);
  return {
    path: first.path,
    kind: first.kind,
    target: first.target,
    decision: decision ?? { kind: 'deny', rule: '', reason: 'gate.error', message: 'The journal holds no decision.' },
    ...(guards.length === 0 ? {} : { guards }),
    outcome,
    error: result?.error === undefined ? undefined : { code: result.error.code, message: result.error.message },
    startedAt: new Date(first.atMs).toISOString(),
    endedAt: result === undefined ? undefined : new Date(result.atMs).toISOString(),
    ...chargeOf(outcome, intent, result),
    ...overrunOf(intent, result),
  };
}

/** A provider may take more than it was told to: budgets are charged for it, and refuse by themselves. */
function overrunOf(intent: Call['intent'], result: Call['result']): Pick<TraceCall, 'held'> | undefined {
  if (intent === undefined || result === undefined) return undefined;
  const [tokens, cost] = [intent.tokensReserved ?? 0, intent.cost ?? 0];
  const took = (result.tokensIn ?? 0) + (result.tokensOut ?? 0);
  return took > tokens || (result.cost ?? 0) > cost ? { held: { tokens, cost } } : undefined;
}

/** What the run's accounts hold of a call: all that was reserved where nobody knows the end, but for a call not made. */
function chargeOf(outcome: TraceCall['outcome'], intent: Call['intent'], result: Call['result']) {
  if (result?.error?.code === 'call.not_made') return { tokensIn: 0, tokensOut: 0, cost: 0 };
  if (outcome === 'unknown') return { tokensIn: intent?.tokensReserved ?? 0, tokensOut: 0, cost: intent?.cost ?? 0 };
  return { tokensIn: result?.tokensIn ?? 0, tokensOut: result?.tokensOut ?? 0, cost: result?.cost ?? 0 };
}

function totalsOf(nodes: readonly TraceNode[]): TraceRecord['totals'] {
  const calls = nodes.flatMap((node) => node.calls);
  const sum = (of: (call: TraceCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return {
    tokensIn: sum((call) => call.tokensIn),
    tokensOut: sum((call) => call.tokensOut),
    cost: sum((call) => call.cost),
    calls: calls.length,
    denied: calls.filter((call) => call.outcome === 'denied').length,
  };
}
