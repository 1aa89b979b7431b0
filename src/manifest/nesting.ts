import { compareText } from './problem.ts';
import type { Address } from './resource.ts';

/** What each resource contains or hands work to. */
export type Links = ReadonlyMap<Address, readonly Address[]>;

export interface Heights {
  /** How many links the longest chain below has; only of what leads into no circle. */
  readonly heights: ReadonlyMap<Address, number>;
  /** Links among what is in a circle or leads into one. */
  readonly rest: Links;
}

/** Takes away what has nothing below it, again and again. Chains may be as long as an environment: nothing recurs. */
export function heightsOf(links: Links): Heights {
  const heights = new Map<Address, number>();
  const open = new Map<Address, number>();
  const above = new Map<Address, Address[]>();
  for (const [from, targets] of links) {
    const distinct = new Set(targets);
    open.set(from, distinct.size);
    for (const to of distinct) {
      const holders = above.get(to);
      if (holders === undefined) above.set(to, [from]);
      else holders.push(from);
    }
  }
  const done = [...above.keys()].filter((address) => !links.has(address));
  for (const leaf of done) heights.set(leaf, 0);
  for (const address of done) {
    for (const holder of above.get(address) ?? []) {
      heights.set(holder, Math.max(heights.get(holder) ?? 0, (heights.get(address) ?? 0) + 1));
      const left = (open.get(holder) ?? 0) - 1;
      open.set(holder, left);
      // The list grows while it is gone through: it is the queue.
      if (left === 0) done.push(holder);
    }
  }
  const rest = new Map<Address, readonly Address[]>();
  for (const [from, targets] of links) {
    if ((open.get(from) ?? 0) <= 0) continue;
    heights.delete(from);
    rest.set(
      from,
      targets.filter((to) => (open.get(to) ?? 0) > 0),
    );
  }
  return { heights, rest };
}

/** A shortest circle through each resource that is in one and in none found before; in address order. */
export function findCycles(rest: Links): readonly (readonly Address[])[] {
  const cycles: (readonly Address[])[] = [];
  const told = new Set<Address>();
  let walks = 0;
  for (const start of [...rest.keys()].sort(compareText)) {
    if (cycles.length >= cyclesMax || walks >= walksMax) break;
    if (told.has(start)) continue;
    walks += 1;
    const cycle = shortestCycle(start, rest);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const address of cycle) told.add(address);
  }
  return cycles;
}

/** The longest chain below a resource, by its ends: all of it where that is no more than `shown`. */
export interface Chain {
  /** From the resource itself down. */
  readonly first: readonly Address[];
  /** Where it ends, when that is further down. */
  readonly last?: Address;
}

/** Finds the longest chains, each in a few steps, however long they are. */
export function chainsBelow({ links, heights }: ChainLinks, shown: number): (start: Address) => Chain {
  const next = new Map<Address, Address>();
  const ends = new Map<Address, Address>();
  for (const [address, height] of [...heights].sort(([, one], [, other]) => one - other)) {
    const below = links.get(address)?.find((to) => heights.get(to) === height - 1);
    if (below !== undefined) next.set(address, below);
    ends.set(address, below === undefined ? address : (ends.get(below) ?? below));
  }
  return (start) => {
    const first = [start];
    for (let at = next.get(start); at !== undefined && first.length < shown; at = next.get(at)) first.push(at);
    const last = ends.get(start);
    return last === undefined || last === first.at(-1) ? { first } : { first, last };
  };
}

interface ChainLinks {
  readonly links: Links;
  readonly heights: ReadonlyMap<Address, number>;
}

/** More circles than this are no help to anybody, and looking for each costs a walk. */
const cyclesMax = 100;
const walksMax = 1_000;

function shortestCycle(start: Address, links: Links): readonly Address[] | undefined {
  const from = new Map<Address, Address>();
  const queue = [start];
  for (const address of queue) {
    for (const to of links.get(address) ?? []) {
      if (to === start) return pathTo(address, from, start);
      if (from.has(to)) continue;
      from.set(to, address);
      queue.push(to);
    }
  }
  return undefined;
}

function pathTo(end: Address, from: ReadonlyMap<Address, Address>, start: Address): readonly Address[] {
  const path = [end];
  for (let at = end; at !== start; ) {
    at = from.get(at) ?? start;
    path.push(at);
  }
  return path.reverse();
}
