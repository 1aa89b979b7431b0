import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { AccessChanges } from './access.ts';
import { destinationsOf } from './destination.ts';
import { changedPairs } from './pairs.ts';
import { carriers, carriersOf, type ReachSide } from './reach-side.ts';
import type { Sides } from './sides.ts';
import { usersOf, usesOf } from './uses.ts';

/** A subject, and those of its ways out behind which something may be new or gone. */
export interface ReachCandidate {
  readonly subject: Address;
  /** Its address before, which is another one where the plan moves it. */
  readonly old: Address;
  readonly roots: ReadonlySet<Address>;
}

interface Both {
  readonly before: ReachSide;
  readonly after: ReachSide;
}

/** Whose reach may differ: nobody else is looked at. */
export function* reachCandidates(
  sides: Sides,
  access: Pick<AccessChanges, 'cells'>,
  both: Both,
): Generator<ReachCandidate> {
  const moved = movedCarriers(sides);
  const cells = cellRoots(access, both);
  const whole = wholeSubjects(sides);
  const users = [sides.before, sides.after].flatMap((side) => usersOf(side, moved, subjectKinds));
  const was = new Map(
    Array.from(sides.changes, ([address, { previousAddress }]) => [address, previousAddress ?? address]),
  );
  const isNow = new Map(Array.from(was, ([now, old]) => [old, now] as const));
  const subjects = new Set([...users.map(({ address }) => address), ...cells.keys(), ...whole]);
  for (const subject of new Set([...subjects].map((address) => isNow.get(address) ?? address))) {
    const old = was.get(subject) ?? subject;
    const isWhole = whole.has(subject) || old !== subject;
    const noticed = { moved, called: cells.get(subject) ?? none };
    const roots =
      !isWhole && both.before.holds(subject, both.after)
        ? rootsNoticed(subject, both.after, noticed)
        : rootsBetween({ subject, old, both }, isWhole ? undefined : noticed);
    if (roots.length > 0) yield { subject, old, roots: new Set(roots) };
  }
}

/** Ways out behind which something may differ: for everybody, and for one subject. */
interface Noticed {
  readonly moved: ReadonlySet<Address>;
  readonly called: ReadonlySet<Address>;
}

const none: ReadonlySet<Address> = new Set();

/** Goes through the shorter list: an agent may name hundreds, and a first plan moves all there are. */
function rootsNoticed(subject: Address, side: ReachSide, { moved, called }: Noticed): readonly Address[] {
  if (moved.size + called.size <= noticedMax)
    return [...moved, ...called].filter((root) => side.hasRoot(subject, root));
  return [...side.rootsOf(subject)].filter((root) => moved.has(root) || called.has(root));
}

const noticedMax = 64;

interface Named {
  readonly subject: Address;
  readonly old: Address;
  readonly both: Both;
}

/** Of a subject that changes itself: all of its roots, or those that are noticed and those of one side alone. */
function rootsBetween({ subject, old, both }: Named, noticed: Noticed | undefined): readonly Address[] {
  const [left, right] = [both.before.rootsOf(old), both.after.rootsOf(subject)];
  const all = [...new Set([...left, ...right])];
  if (noticed === undefined) return all;
  const isNoticed = (root: Address): boolean => noticed.moved.has(root) || noticed.called.has(root);
  return all.filter((root) => isNoticed(root) || !left.has(root) || !right.has(root));
}

const subjectKinds: ReadonlySet<Kind> = new Set(['Agent', 'AgentSystem']);

/** Carriers behind which something differs, and all that lead to them, for as many steps as there are kinds of them. */
function movedCarriers(sides: Sides): ReadonlySet<Address> {
  const moved = new Set<Address>();
  for (const kind of carriers) {
    for (const { before, after } of changedPairs(sides, kind)) {
      if (before !== undefined && after !== undefined && isAlike(before, after)) continue;
      for (const one of [before, after]) if (one !== undefined) moved.add(one.address);
    }
  }
  for (let step = 0; step < carriers.size; step += 1) {
    const leading = [sides.before, sides.after].flatMap((side) => usersOf(side, moved, carriers));
    const known = moved.size;
    for (const { address } of leading) moved.add(address);
    if (moved.size === known) break;
  }
  return moved;
}

function isAlike(before: Resource, after: Resource): boolean {
  const [was, is] = [destinationsOf(before), destinationsOf(after)];
  return (
    isSameSet(new Set(was.hosts.keys()), new Set(is.hosts.keys())) &&
    [...was.hosts].every(([host, how]) => is.hosts.get(host) === how) &&
    isSameSet(was.secrets, is.secrets) &&
    isSameSet(carriersOf(before), carriersOf(after))
  );
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

/** Tools and models that subjects may call otherwise than before, but for those that lead nowhere: most of a fleet's. */
function cellRoots(
  { cells }: Pick<AccessChanges, 'cells'>,
  { before, after }: Both,
): ReadonlyMap<Address, ReadonlySet<Address>> {
  const roots = new Map<Address, Set<Address>>();
  const leading = { tool: new Map<string, Address | undefined>(), model: new Map<string, Address | undefined>() };
  for (const { subject, target, name } of cells) {
    if (!leading[target].has(name)) {
      const address = addressAt(target === 'tool' ? 'Tool' : 'ModelEndpoint', name);
      const isLeading = before.leadsUnder(address).size > 0 || after.leadsUnder(address).size > 0;
      leading[target].set(name, isLeading ? address : undefined);
    }
    const root = leading[target].get(name);
    if (root === undefined) continue;
    const known = roots.get(subject);
    if (known === undefined) roots.set(subject, new Set([root]));
    else known.add(root);
  }
  return roots;
}

/** Subjects that name other ways out than before, and those that begin or end to run in some system. */
function wholeSubjects(sides: Sides): ReadonlySet<Address> {
  const whole = new Set<Address>();
  for (const { before, after } of changedPairs(sides, 'Agent')) {
    if (before !== undefined && after !== undefined && isAlike(before, after)) continue;
    for (const one of [before, after]) if (one !== undefined) whole.add(one.address);
  }
  for (const { before, after } of changedPairs(sides, 'AgentSystem')) {
    const [was, is] = [before, after].map((one) => (one === undefined ? new Set<Address>() : callersNamedBy(one)));
    for (const one of was ?? []) if (is?.has(one) !== true || before?.address !== after?.address) whole.add(one);
    for (const one of is ?? []) if (was?.has(one) !== true || before?.address !== after?.address) whole.add(one);
    if (before === undefined || after === undefined || !isSameSet(carriersOf(before), carriersOf(after))) {
      for (const one of [before, after]) if (one !== undefined) whole.add(one.address);
    }
  }
  return whole;
}

function callersNamedBy(system: Resource): ReadonlySet<Address> {
  return new Set(usesOf(system).flatMap(({ kind, address }) => (kind === 'Agent' ? [address] : [])));
}
