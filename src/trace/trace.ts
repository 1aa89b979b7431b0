import type { RunRecord, TraceCall, TraceNode, TraceRecord } from '../api/operations.ts';
import type { Bundle, BundleNode } from '../manifest/bundle.ts';
import { isJsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { CallKind, RecordedRow } from '../run/executor.ts';
import { nodeAt, outerNodesOf } from '../run/place.ts';

/** What the journal says of a run, by node and call; nodes that never ran come last, once the run has ended. */
export function trace(run: RunRecord, rows: readonly RecordedRow[], bundle: Bundle): TraceRecord {
  const isEnded = run.endedAt !== undefined;
  const byNode = new Map<string, Call[]>();
  for (const call of callsOf(rows)) {
    const calls = byNode.get(call.first.node);
    if (calls === undefined) byNode.set(call.first.node, [call]);
    else calls.push(call);
  }
  const ran = Array.from(byNode, ([name, calls]) => nodeOf(name, calls, { run, bundle }));
  const said = rows.flatMap(answered);
  const seen = new Set([...byNode.keys(), ...rows.map(({ node }) => node)].flatMap(outerNodesOf));
  const idle = Object.keys(bundle.nodes).filter((name) => !seen.has(name));
  const skipped = isEnded ? idle.map((name) => skippedNode(name, { run, bundle })) : [];
  return { run, nodes: [...[...ran, ...said].sort(byStart), ...skipped], totals: totalsOf(ran) };
}

/** What people answered: a form at its node's place, a decision beside the node that it is on. */
function answered({ path, node, kind, target, outcome, atMs }: RecordedRow): TraceNode[] {
  if (kind !== 'human') return [];
  const at = new Date(atMs).toISOString();
  const name = path.endsWith('/review') ? path : node;
  const state = outcome === 'done' ? 'done' : 'failed';
  return [{ node: name, kind: 'human', target, state, startedAt: at, endedAt: at, calls: [] }];
}

function byStart(a: TraceNode, b: TraceNode): number {
  return compareText(a.startedAt ?? '', b.startedAt ?? '');
}

interface Call {
  readonly first: RecordedRow & { readonly kind: CallKind };
  readonly intent: RecordedRow | undefined;
  readonly result: RecordedRow | undefined;
}

function callsOf(rows: readonly RecordedRow[]): readonly Call[] {
  const calls = new Map<string, Call>();
  for (const row of rows) {
    const { kind } = row;
    if (kind !== 'model' && kind !== 'tool') continue;
    const known = calls.get(row.path) ?? { first: { ...row, kind }, intent: undefined, result: undefined };
    calls.set(row.path, row.phase === 'intent' ? { ...known, intent: row } : { ...known, result: row });
  }
  return [...calls.values()];
}

interface Of {
  readonly run: RunRecord;
  readonly bundle: Bundle;
}

function nodeOf(name: string, calls: readonly Call[], of: Of): TraceNode {
  const traced = calls.map((call) => callOf(call, of.run.endedAt !== undefined));
  const state = stateOf(name, calls, of);
  const ends = traced.flatMap(({ endedAt }) => (endedAt === undefined ? [] : [endedAt])).sort();
  return {
    ...declared(name, of.bundle),
    state,
    startedAt: traced.map(({ startedAt }) => startedAt).sort()[0],
    endedAt: state === 'running' ? undefined : ends.at(-1),
    calls: traced,
  };
}

function skippedNode(name: string, { run, bundle }: Of): TraceNode {
  // A node can fail before its first call, when its input's expressions fail.
  const state = run.error?.node === name ? 'failed' : 'skipped';
  return { ...declared(name, bundle), state, startedAt: undefined, endedAt: undefined, calls: [] };
}

function declared(name: string, bundle: Bundle): Pick<TraceNode, 'node' | 'kind' | 'target'> {
  const node = nodeAt(bundle, name);
  return { node: name, kind: node?.kind ?? 'tool', target: targetOf(node) };
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

function stateOf(name: string, calls: readonly Call[], { run, bundle }: Of): TraceNode['state'] {
  if (run.state === 'Succeeded') return 'done';
  if (run.error?.node === name) return 'failed';
  if (calls.some(({ result }) => result === undefined)) return run.endedAt === undefined ? 'running' : 'failed';
  const last = calls.at(-1)?.result;
  if (last?.outcome === 'done' && (nodeAt(bundle, name)?.kind === 'tool' || isLastAnswer(last))) return 'done';
  return run.endedAt === undefined ? 'running' : 'failed';
}

/** A model's answer that asks for no tool ends its agent. */
function isLastAnswer(row: RecordedRow): boolean {
  if (row.kind !== 'model' || row.body === undefined) return false;
  const answer: unknown = JSON.parse(row.body);
  return isJsonObject(answer) && Array.isArray(answer.toolCalls) && answer.toolCalls.length === 0;
}

function callOf({ first, intent, result }: Call, isEnded: boolean): TraceCall {
  const decision = result?.outcome === 'denied' ? result.decision : first.decision;
  const outcome = result?.outcome ?? (isEnded ? 'unknown' : 'running');
  return {
    path: first.path,
    kind: first.kind,
    target: first.target,
    decision: decision ?? { kind: 'deny', rule: '', reason: 'gate.error', message: 'The journal holds no decision.' },
    outcome,
    error: result?.error === undefined ? undefined : { code: result.error.code, message: result.error.message },
    startedAt: new Date(first.atMs).toISOString(),
    endedAt: result === undefined ? undefined : new Date(result.atMs).toISOString(),
    ...chargeOf(outcome, intent, result),
  };
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
