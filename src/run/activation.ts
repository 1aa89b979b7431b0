import type { Json } from '../manifest/json.ts';
import type { RunError } from './executor.ts';

/** One execution of one node. */
export interface Activation {
  readonly node: string;
  /** How often the node was started with this one, from 1. */
  readonly turn: number;
  /** What led here: in the order of names, or of arrival where the join does not wait for all. */
  readonly sources: readonly Source[];
  /** What was settled before it, as far as it waited for it. */
  readonly saw: readonly Activation[];
  /** Of a further turn: what the turns before it left. */
  readonly earlier: Left | undefined;
  /** A join that does not wait for all: what it saw must be remembered. */
  readonly races: boolean;
  /** The quorum cannot be met any more. */
  readonly unreached: { readonly arrived: number; readonly needed: number } | undefined;
  end?: End;
}

export interface Source {
  readonly node: string;
  /** Its output, or what made it fail. */
  readonly end: End;
}

/** Outputs by node, with the turn that they are of. */
export type Left = ReadonlyMap<string, { readonly turn: number; readonly output: Json }>;

export type End =
  | { readonly kind: 'done'; readonly output: Json; readonly fired: readonly number[] }
  /** It failed, and the graph goes on: by edges, to the node that its failure leads to, or in joins that can do without. */
  | { readonly kind: 'failed'; readonly error: RunError; readonly fired: readonly (number | 'goto')[] }
  | { readonly kind: 'skipped' };

/** Outputs of what an activation saw, however far back; of several turns the last. */
export function historyOf(activation: Activation): Left {
  const found = new Map<string, { readonly turn: number; readonly output: Json }>();
  const keep = (name: string, left: { readonly turn: number; readonly output: Json }): void => {
    if ((found.get(name)?.turn ?? 0) < left.turn) found.set(name, left);
  };
  const open = [activation];
  const visited = new Set(open);
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const [name, left] of one.earlier ?? []) keep(name, left);
    for (const seen of one.saw) {
      if (visited.has(seen)) continue;
      visited.add(seen);
      if (seen.end?.kind === 'done') keep(seen.node, { turn: seen.turn, output: seen.end.output });
      open.push(seen);
    }
  }
  return found;
}

/** An end that leads on by fewer edges. */
export function without<One extends Exclude<End, { readonly kind: 'skipped' }>>(
  end: One,
  over: ReadonlySet<number | 'goto'>,
): One {
  return { ...end, fired: (end.fired as readonly (number | 'goto')[]).filter((edge) => !over.has(edge)) };
}
