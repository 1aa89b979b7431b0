import type { BundleNode } from '../manifest/bundle.ts';
import type { Scope as Expressions } from '../manifest/expression.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Activation, Source } from './activation.ts';
import { type Failed, failureSeen, recordFailure } from './fact.ts';
import { Halted, Suspended } from './halt.ts';
import type { RunJournal } from './journal.ts';
import { runNode } from './node.ts';
import type { Around } from './node-start.ts';
import type { Scope } from './scope.ts';
import type { NodeOutputs } from './view.ts';

/**
 * What a node without an `input` is given: the graph's input at an entry, the one output that led here, or all of them
 * by name. A failure that led here is given as what it was.
 */
export function givenBy({ sources }: Activation, input: Json): Json {
  const [first] = sources;
  if (first === undefined) return input;
  if (sources.length === 1) return handedOn(first);
  return Object.fromEntries(sources.map((source) => [source.node, handedOn(source)]));
}

function handedOn({ node, end }: Source): Json {
  if (end.kind === 'done') return end.output;
  if (end.kind === 'skipped' || !end.fired.includes('goto')) return null;
  return { error: { code: end.error.code, message: end.error.message, node } };
}

/** What a failing graph is left with, and where its `onFailure` node stands. */
export interface Failing {
  readonly node: BundleNode;
  readonly system: string;
  readonly place: string;
  readonly around: Around;
  readonly view: (nodes: NodeOutputs) => Expressions;
}

/** Why a graph failed, where an earlier execution went on to the `onFailure` node at this place. */
export function causeSeen(journal: RunJournal, place: string): Failed | undefined {
  return failureSeen(journal, place, 'cause');
}

/** Which branches were done when the graph failed depends on time: it is written down before the node is given it. */
export function recordCause(journal: RunJournal, place: string, failed: Failed): Failed {
  recordFailure(journal, { place, fact: 'cause' }, failed);
  return failed;
}

/** Runs the node of `onFailure`. What becomes of it changes nothing: the graph fails with what failed first. */
export async function runOnFailure({ view, ...at }: Failing, failed: Failed, scope: Scope): Promise<void> {
  const { code, message, node } = failed.error;
  // Written by this file.
  const outputs = failed.body as JsonObject;
  const nodes = Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, { output }]));
  const given = { error: { code, message, ...(node === undefined ? {} : { node }) }, outputs };
  try {
    await runNode({ ...at, given, own: {}, view: (own) => ({ ...view(nodes), ...own }) }, scope);
  } catch (cause) {
    if (cause instanceof Halted || cause instanceof Suspended || scope.signal.aborted) throw cause;
    scope.report(cause);
  }
}
