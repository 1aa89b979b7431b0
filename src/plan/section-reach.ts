import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { addressAt } from '../policy/typed.ts';
import type { AccessChanges } from './access.ts';
import { worldsOf } from './authority-world.ts';
import { capped } from './capped.ts';
import { coversHost } from '../manifest/egress-host.ts';
import { changedPairs } from './pairs.ts';
import { reachCandidates } from './reach-candidates.ts';
import { ReachSide } from './reach-side.ts';
import type { ReachChange } from './section.ts';
import type { Sides } from './sides.ts';

const namesMax = 50;

/** A change with all of what it passes through and whom it is for. */
export type Reach = Required<Omit<ReachChange, 'moreThrough' | 'moreSubjects' | 'moreSystems'>>;

/** Every change there is. What is shown of them is bounded, what somebody agrees to is not. */
export interface ReachChanges {
  readonly egress: readonly Reach[];
  readonly secrets: readonly Reach[];
}

/**
 * Hosts that calls lead to and keys of secrets that they read, newly or no longer, by name. A subject reaches what its
 * rules let it call through, so that a tool nobody may call reaches nothing, and one that is newly granted does.
 */
export function reachChanges(sides: Sides, access: Pick<AccessChanges, 'cells'>): ReachChanges {
  const worlds = worldsOf(sides);
  const [before, after] = [new ReachSide(worlds.before), new ReachSide(worlds.after)];
  const found: FoundByName = { added: new Map(), removed: new Map() };
  for (const { subject, old, roots } of reachCandidates(sides, access, { before, after })) {
    const [left, right] = [viewOf(before, old), viewOf(after, subject)];
    const names = new Set(
      Array.from(roots, (root) => [...before.leadsUnder(root).keys(), ...after.leadsUnder(root).keys()]).flat(),
    );
    for (const name of names) {
      const [was, is] = [waysTo(left, name), waysTo(right, name)];
      if (was === undefined && is !== undefined && !isCovered(left, name, is))
        note(found, { name, fate: 'added', subject, way: is });
      if (was !== undefined && is === undefined && !isCovered(right, name, was))
        note(found, { name, fate: 'removed', subject, way: was });
    }
  }
  for (const change of aloneChanges(sides, { before, after })) note(found, change);
  const changes = [...found.added.values(), ...found.removed.values()]
    .map(reachOf)
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.fate, b.fate));
  const isSecret = ({ name }: Reach): boolean => name.startsWith('Secret/');
  return { egress: changes.filter((one) => !isSecret(one)), secrets: changes.filter(isSecret) };
}

interface View {
  readonly side: ReachSide;
  readonly subject: Address;
}

function viewOf(side: ReachSide, subject: Address): View {
  return { side, subject };
}

interface Way {
  readonly through: ReadonlySet<Address>;
  readonly systems: ReadonlySet<string>;
  readonly isCalled: boolean;
}

/** All ways of a subject to a name that its rules leave open. */
function waysTo({ side, subject }: View, name: string): Way | undefined {
  const [through, systems] = [new Set<Address>(), new Set<string>()];
  let isCalled = false;
  for (const root of side.rootsTo(subject, name)) {
    const leads = side.leadsUnder(root).get(name) ?? [];
    for (const system of side.systemsWith(subject, root)) {
      systems.add(system);
      for (const lead of leads) {
        through.add(lead.through);
        isCalled ||= lead.isCalled;
      }
    }
  }
  return systems.size === 0 ? undefined : { through, systems, isCalled };
}

/**
 * A host that may merely be connected to is nothing new where a pattern of the other side stands for it. One that a
 * URL has is: below `*.amazonaws.com` are other people's hosts.
 */
function isCovered(view: View, name: string, { isCalled }: Way): boolean {
  if (isCalled) return false;
  return view.side.patterns().some((pattern) => coversHost(pattern, name) && waysTo(view, pattern) !== undefined);
}

interface Change {
  readonly name: string;
  readonly fate: ReachChange['fate'];
  /** Undefined: no agent calls it. */
  readonly subject: Address | undefined;
  readonly way: Pick<Way, 'through' | 'systems'>;
}

type FoundByName = Readonly<Record<ReachChange['fate'], Map<string, Found>>>;

interface Found {
  readonly name: string;
  readonly fate: ReachChange['fate'];
  readonly through: Set<Address>;
  readonly subjects: Set<Address>;
  /** As `namespace/name`. */
  readonly systems: Set<string>;
}

function note(found: FoundByName, { name, fate, subject, way }: Change): void {
  const known = found[fate];
  let entry = known.get(name);
  if (entry === undefined) {
    known.set(name, (entry = { name, fate, through: new Set(), subjects: new Set(), systems: new Set() }));
  }
  for (const one of way.through) entry.through.add(one);
  for (const system of way.systems) entry.systems.add(system);
  if (subject !== undefined) entry.subjects.add(subject);
}

/** What pawl itself sends to and reads, for no agent: receivers of alerts, and webhooks that it verifies. */
const alone: readonly Resource['kind'][] = ['AlertReceiver', 'TaskWebhook'];

function* aloneChanges(
  sides: Sides,
  { before, after }: { readonly before: ReachSide; readonly after: ReachSide },
): Generator<Change> {
  for (const pair of alone.flatMap((kind) => changedPairs(sides, kind))) {
    const [was, is] = [pair.before, pair.after];
    const left = was === undefined ? [] : [...before.leadsUnder(was.address).keys()];
    const right = is === undefined ? [] : [...after.leadsUnder(is.address).keys()];
    const way = { through: new Set([pair.address]), systems: new Set<string>() };
    for (const name of right) if (!left.includes(name)) yield { name, fate: 'added', subject: undefined, way };
    for (const name of left) if (!right.includes(name)) yield { name, fate: 'removed', subject: undefined, way };
  }
}

function reachOf({ name, fate, ...sets }: Found): Reach {
  const [through, subjects, systems] = [sets.through, sets.subjects, sets.systems].map((set) =>
    [...set].sort(compareText),
  );
  return {
    name,
    fate,
    through: through ?? [],
    subjects: subjects ?? [],
    systems: (systems ?? []).map((path) => addressAt('AgentSystem', path)),
  };
}

/** As much of it as is read. */
export function shownReach({ name, fate, ...lists }: Reach): ReachChange {
  const [through, subjects, systems] = [lists.through, lists.subjects, lists.systems].map((list) =>
    capped(list, namesMax),
  );
  return {
    name,
    fate,
    through: through?.shown ?? [],
    ...(through !== undefined && through.more > 0 ? { moreThrough: through.more } : {}),
    subjects: subjects?.shown ?? [],
    ...(subjects !== undefined && subjects.more > 0 ? { moreSubjects: subjects.more } : {}),
    systems: systems?.shown ?? [],
    ...(systems !== undefined && systems.more > 0 ? { moreSystems: systems.more } : {}),
  };
}
