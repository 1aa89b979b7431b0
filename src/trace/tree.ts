import type { TraceCall, TraceNode } from '../api/operations.ts';
import { parentOf } from './parent.ts';

/** A place with what is inside of it, in the order in which it is read. */
export interface Branch {
  readonly node: TraceNode;
  /** The place as it reads below the one that it is inside of. */
  readonly name: string;
  /** What the marks of the place mean. */
  readonly mark: string;
  readonly inside: readonly Leaf[];
  readonly items: number;
  readonly tokens: number;
  readonly cost: number;
}

export type Leaf =
  | { readonly kind: 'branch'; readonly branch: Branch }
  | { readonly kind: 'call'; readonly call: TraceCall }
  /** Many that stand alike, in few words. */
  | { readonly kind: 'fold'; readonly text: string; readonly state: string };

/** The places of a run as a tree. Of many items, turns or calls that stand alike only the ends are shown. */
export function treeOf(nodes: readonly TraceNode[]): readonly Leaf[] {
  const inside = new Map<string | undefined, TraceNode[]>();
  const known = new Set(nodes.map(({ node }) => node));
  for (const node of nodes) {
    const around = parentOf(node.node);
    const at = around !== undefined && known.has(around) ? around : undefined;
    const beside = inside.get(at);
    if (beside === undefined) inside.set(at, [node]);
    else beside.push(node);
  }
  return folded(branchesAt(undefined, inside));
}

type Inside = ReadonlyMap<string | undefined, readonly TraceNode[]>;

function branchesAt(place: string | undefined, inside: Inside): readonly Branch[] {
  const nodes = inside.get(place) ?? [];
  const isList = nodes.some(({ node }) => itemOf(node) !== undefined);
  const sorted = isList ? nodes.toSorted((a, b) => (itemOf(a.node) ?? 0) - (itemOf(b.node) ?? 0)) : nodes;
  return sorted.map((node) => branchOf(node, place ?? '', inside));
}

function branchOf(node: TraceNode, around: string, inside: Inside): Branch {
  const branches = branchesAt(node.node, inside);
  const sum = (of: (call: TraceCall) => number) => node.calls.reduce((total, call) => total + of(call), 0);
  const name = node.node.slice(around.length).replace(/^(?:[>:/]|\^\d+\.\d+\.)/, '');
  return {
    node,
    name,
    mark: markOf(node.node.slice(around.length)),
    inside: insideOf(node, branches),
    items: new Set(branches.map(({ node: { node: place } }) => itemOf(place)).filter((item) => item !== undefined))
      .size,
    tokens: sum((call) => call.tokensIn + call.tokensOut) + branches.reduce((total, { tokens }) => total + tokens, 0),
    cost: sum((call) => call.cost) + branches.reduce((total, { cost }) => total + cost, 0),
  };
}

/** Which entry of a list a place is, or is a further turn of. */
function itemOf(place: string): number | undefined {
  const [, item] = /\[(\d+)\][^>:^[/]*$/.exec(place) ?? [];
  return item === undefined ? undefined : Number(item);
}

/** Calls, each before what the agent that it named did, then everybody else. */
function insideOf({ calls, node: place }: TraceNode, branches: readonly Branch[]): readonly Leaf[] {
  const handed = new Map<string, Branch[]>();
  const others: Branch[] = [];
  for (const branch of branches) {
    const [, call] = /^\^(\d+\.\d+)\./.exec(branch.node.node.slice(place.length)) ?? [];
    const isKnown = calls.some(({ path }) => path === `${place}/${call ?? ''}`);
    if (call === undefined || !isKnown) others.push(branch);
    else handed.set(call, [...(handed.get(call) ?? []), branch]);
  }
  const shown = foldedCalls(calls).flatMap((leaf): Leaf[] => {
    if (leaf.kind !== 'call') return [leaf];
    const by = handed.get(leaf.call.path.slice(place.length + 1)) ?? [];
    return [leaf, ...by.map((branch) => ({ kind: 'branch', branch }) as const)];
  });
  return [...shown, ...folded(others)];
}

/** `#2` and its like in words. */
function markOf(place: string): string {
  const words: string[] = [];
  if (place.startsWith(':')) words.push('delegate');
  const [, call] = /^\^(\d+\.\d+)\./.exec(place) ?? [];
  if (call !== undefined) words.push(`called in ${call}`);
  for (const [, mark = '', number = ''] of place.matchAll(/(#|@r|@d|@|!)(\d+)/g)) {
    if (mark === '#') words.push(`cycle ${number}`);
    else if (mark === '@r') words.push(`after review ${Number(number) - 1}`);
    else if (mark === '@d') words.push('with reports');
    else words.push(`${mark === '@' ? 'turn' : 'attempt'} ${number}`);
  }
  return words.join(', ');
}

const shownFirst = 3;
const shownLast = 1;
const foldedMin = 5;

function folded(branches: readonly Branch[]): readonly Leaf[] {
  const alike = (branch: Branch) => (isMany(branch) ? stateText(branch.node) : undefined);
  return stretches(branches, alike).flatMap((stretch): Leaf[] => {
    const leaves = stretch.map((branch) => ({ kind: 'branch', branch }) as const);
    const hidden = stretch.slice(shownFirst, -shownLast);
    const [first] = hidden;
    if (first === undefined || hidden.length < foldedMin) return leaves;
    const text = `… ${hidden.length} more ${whatOf(hidden)}, all ${stateText(first.node)}`;
    return [
      ...leaves.slice(0, shownFirst),
      { kind: 'fold', text, state: first.node.state },
      ...leaves.slice(-shownLast),
    ];
  });
}

/** What people said is never left out. */
function isMany({ node, name }: Branch): boolean {
  return node.kind !== 'human' && /[[#@!]/.test(name);
}

function whatOf(branches: readonly Branch[]): string {
  const all = (mark: RegExp) => branches.every(({ name }) => mark.test(name));
  if (all(/^\[\d+\]$/)) return 'items';
  if (all(/@\d/)) return 'turns';
  if (all(/!\d/)) return 'attempts';
  return 'steps';
}

const callsShownFirst = 8;
const callsShownLast = 4;

function foldedCalls(calls: readonly TraceCall[]): readonly Leaf[] {
  return stretches(calls, ({ outcome }) => (outcome === 'done' ? outcome : undefined)).flatMap((stretch): Leaf[] => {
    const leaves = stretch.map((call) => ({ kind: 'call', call }) as const);
    const hidden = stretch.length - callsShownFirst - callsShownLast;
    if (hidden < callsShownFirst) return leaves;
    const fold = { kind: 'fold', text: `… ${hidden} more calls, all done`, state: 'done' } as const;
    return [...leaves.slice(0, callsShownFirst), fold, ...leaves.slice(-callsShownLast)];
  });
}

/** Neighbours that are alike; those that are like nothing stand alone. */
function stretches<T>(list: readonly T[], alike: (one: T) => string | undefined): readonly (readonly T[])[] {
  const found: T[][] = [];
  let last: string | undefined;
  for (const one of list) {
    const key = alike(one);
    const open = found.at(-1);
    if (key !== undefined && key === last && open !== undefined) open.push(one);
    else found.push([one]);
    last = key;
  }
  return found;
}

/** How a place stands, in words. */
export function stateText({ state, then, said, target }: TraceNode): string {
  if (said !== undefined) return `${said === 'changes' ? 'changes wanted' : said} by ${target}`;
  if (then === 'retried') return 'failed, tried again';
  return then === 'continued' ? 'failed, went on' : state;
}
