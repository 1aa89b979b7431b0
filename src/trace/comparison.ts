import type { RunRecord, TraceCall, TraceRecord } from '../api/operations.ts';
import { canonicalText } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';
import { isEmbedding } from '../policy/embedding-path.ts';

/** How a run went, and how it goes under something else. */
export interface Comparison {
  readonly differs: boolean;
  readonly state: { readonly before: string; readonly after: string };
  readonly decisions: readonly ChangedDecision[];
  /** Executions of nodes that only one of the two has. */
  readonly places: { readonly appeared: readonly string[]; readonly disappeared: readonly string[] };
  readonly calls: { readonly appeared: readonly string[]; readonly disappeared: readonly string[] };
  readonly output: { readonly differs: boolean; readonly before: unknown; readonly after: unknown };
  readonly totals: { readonly before: TraceRecord['totals']; readonly after: TraceRecord['totals'] };
}

export interface ChangedDecision {
  readonly path: string;
  readonly kind: 'model' | 'tool';
  readonly target: string;
  readonly before: { readonly kind: string; readonly reason?: string };
  readonly after: { readonly kind: string; readonly reason?: string };
}

/** Compares two traces of one run by the paths of their calls, whatever attempts they took. */
export function compareTraces(before: TraceRecord, after: TraceRecord): Comparison {
  const [was, is] = [callsOf(before), callsOf(after)];
  const decisions = [...was].flatMap(([path, call]) => changedDecision(path, call, is.get(path)));
  const places = changes(placesOf(before), placesOf(after));
  const calls = changes(was, is);
  const output = outputs(before.run, after.run);
  const state = { before: stateOf(before.run), after: stateOf(after.run) };
  const moved = [decisions, places.appeared, places.disappeared, calls.appeared, calls.disappeared];
  const differs = output.differs || state.before !== state.after || moved.some((list) => list.length > 0);
  return { differs, state, decisions, places, calls, output, totals: { before: before.totals, after: after.totals } };
}

/** Without embeddings: they are a part of a tool's call, which a replay answers as a whole. */
function callsOf({ nodes }: TraceRecord): ReadonlyMap<string, TraceCall> {
  const calls = nodes.flatMap((node) => node.calls).filter(({ path }) => !isEmbedding(path));
  return new Map(calls.map((call) => [call.path.replace(/~\d+$/, ''), call]));
}

function placesOf({ nodes }: TraceRecord): ReadonlyMap<string, unknown> {
  return new Map(nodes.filter(({ state }) => state !== 'skipped').map(({ node }) => [node, true]));
}

function changedDecision(path: string, was: TraceCall, is: TraceCall | undefined): readonly ChangedDecision[] {
  if (is === undefined) return [];
  const [before, after] = [verdictOf(was), verdictOf(is)];
  if (before.kind === after.kind && before.reason === after.reason) return [];
  return [{ path, kind: is.kind, target: is.target, before, after }];
}

function verdictOf({ decision }: TraceCall): ChangedDecision['before'] {
  return decision.reason === undefined ? { kind: decision.kind } : { kind: decision.kind, reason: decision.reason };
}

function changes(was: ReadonlyMap<string, unknown>, is: ReadonlyMap<string, unknown>) {
  return {
    appeared: [...is.keys()].filter((key) => !was.has(key)).sort(),
    disappeared: [...was.keys()].filter((key) => !is.has(key)).sort(),
  };
}

function outputs({ output: before }: RunRecord, { output: after }: RunRecord): Comparison['output'] {
  return { differs: textOf(before) !== textOf(after), before, after };
}

/** Outputs are JSON, and the order of keys says nothing. */
function textOf(output: unknown): string {
  return output === undefined ? '' : canonicalText(output as Json);
}

function stateOf({ state, error }: RunRecord): string {
  return error === undefined ? state : `${state} (${error.code})`;
}
