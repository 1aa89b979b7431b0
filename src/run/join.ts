import type { BundleNode } from '../manifest/bundle.ts';
import type { Activation } from './activation.ts';
import type { Wire } from './wiring.ts';

/** What is known of one wire: it may still fire, or it is decided. */
export type Look = 'open' | 'fired' | 'failed' | 'dead';

export type Verdict =
  | { readonly kind: 'wait' | 'skip' }
  | { readonly kind: 'start'; readonly fired: readonly Wire[]; readonly unreached?: Activation['unreached'] };

/** A node whose wires may have been decided. */
export interface Meeting {
  readonly node: BundleNode;
  readonly into: readonly Wire[];
  readonly look: (wire: Wire) => Look;
  /** Wires that fired, in order; those that fire now are put behind. */
  readonly arrived: Wire[];
  /** The sources that it saw in an earlier execution, where it does not wait for all. */
  readonly known: () => readonly string[] | undefined;
}

/**
 * Whether a node may start. It waits until each wire is decided, where one whose source was skipped, or that did not
 * fire, counts as decided; it starts if at least one fired, and else is skipped. A join of `any` or a quorum starts as
 * soon as enough have fired; where they no longer can, its `onFailure` says what becomes of it.
 */
export function meet(meeting: Meeting): Verdict {
  const needed = neededBy(meeting.node, meeting.into.length);
  return needed === undefined ? meetAll(meeting) : meetSome(meeting, needed);
}

function meetAll({ into, look }: Meeting): Verdict {
  const fired: Wire[] = [];
  for (const wire of into) {
    const seen = look(wire);
    if (seen === 'open') return { kind: 'wait' };
    if (seen === 'fired') fired.push(wire);
  }
  return fired.length > 0 ? { kind: 'start', fired } : { kind: 'skip' };
}

function meetSome({ node, into, look, arrived, known }: Meeting, needed: number): Verdict {
  let isOpen = false;
  for (const wire of into) {
    const seen = look(wire);
    if (seen === 'open') isOpen = true;
    if (seen === 'fired' && !arrived.includes(wire)) arrived.push(wire);
  }
  const before = known();
  if (before !== undefined) {
    const fired = before.flatMap((source) => arrived.find(({ from }) => from === source) ?? []);
    if (fired.length === before.length) return { kind: 'start', fired };
    // What is known may be of a later turn: in this one it is skipped again when no more can arrive.
    if (isOpen) return { kind: 'wait' };
  }
  if (arrived.length >= needed) return { kind: 'start', fired: [...arrived] };
  if (isOpen) return { kind: 'wait' };
  const settlement = node.join?.onFailure ?? 'fail';
  // A branch that was never taken has not failed.
  if (arrived.length === 0 || settlement === 'skip') return { kind: 'skip' };
  const fired = [...arrived];
  return settlement === 'partial'
    ? { kind: 'start', fired }
    : { kind: 'start', fired, unreached: { arrived: fired.length, needed } };
}

/** How many inputs a join needs that does not wait for all; undefined: it waits for all. */
export function neededBy({ join }: BundleNode, inputs: number): number | undefined {
  if (join === undefined || join.mode === 'all') return undefined;
  if (join.mode === 'any') return 1;
  return join.count ?? Math.max(1, Math.ceil((inputs * (join.percent ?? 100)) / 100));
}

/** Whether the node's join goes on without an input that failed. */
export function toleratesFailure(node: BundleNode | undefined): boolean {
  return node?.join !== undefined && node.join.onFailure !== 'fail';
}
