import { referencesOf } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { shown } from './risk-access.ts';
import { causeAt, digestAt, type FoundRisk } from './risk-found.ts';
import type { Sides } from './sides.ts';

/** What runs are started of: their records stay, and nothing that was sent or due afterwards becomes one. */
const started: ReadonlySet<Kind> = new Set(['AgentSystem', 'Task']);
/** What starts or measures them, and keeps when it last did. */
const starters: ReadonlySet<Kind> = new Set(['AgentSystem', 'Task', 'TaskSchedule', 'TaskWebhook', 'Eval']);

/**
 * R10: a memory that is deleted, with what it holds; and a system or a task that is deleted together with what depends
 * on it. What nothing depended on is only tidied away, and what goes on with something else loses nothing.
 */
export function lossRisks(sides: Sides): readonly FoundRisk[] {
  const deleted = sides.changed.flatMap((address) => {
    const resource = sides.before.get(address);
    // A move has its history: the old name is gone, and what it holds is not.
    const isMoved = sides.changes.get(address)?.previousAddress === address;
    return resource === undefined || sides.after.has(address) || isMoved ? [] : [resource];
  });
  if (!deleted.some(({ kind }) => kind === 'Memory' || started.has(kind))) return [];
  const users = usersIn(sides);
  return [
    ...deleted.filter(({ kind }) => kind === 'Memory').map((memory) => memoryRisk(sides, memory, users)),
    ...deletedTogether(deleted, users).map((one) => togetherRisk(sides, one)),
  ];
}

type Users = ReadonlyMap<Address, readonly Address[]>;

/** Who used what, of all that changes: whatever uses what is deleted says otherwise in the same plan. */
function usersIn(sides: Sides): Users {
  const users = new Map<Address, Address[]>();
  for (const user of sides.changed) {
    const resource = sides.before.get(user);
    if (resource === undefined) continue;
    const used = referencesOf(resource, resource.manifest).filter(({ restricts }) => !restricts);
    for (const address of new Set(used.map((one) => one.address))) {
      const known = users.get(address);
      if (known === undefined) users.set(address, [user]);
      else known.push(user);
    }
  }
  return users;
}

function memoryRisk(sides: Sides, { address, digest }: Resource, users: Users): FoundRisk {
  const own = users.get(address) ?? [];
  const used = own.length === 0 ? '' : `, which ${shown(own)} used`;
  return {
    class: 'R10',
    subject: address,
    title: `${address} is deleted with what it holds${used}. Its contents are kept for 30 days, in case it returns.`,
    items: [
      { detail: `deletes what it holds${used}`, key: [address, digest] },
      ...own.map((user) => ({ detail: `used by ${user}`, key: [address, 'used by', user] })),
    ],
    causes: [causeAt(sides, address)],
    owned: [address],
  };
}

interface Together {
  readonly address: Address;
  /** Deleted too, because they depend on it or on one of them. */
  readonly dependants: readonly Address[];
}

/** Each with all that goes with it; what goes with another is told there. */
function deletedTogether(deleted: readonly Resource[], users: Users): readonly Together[] {
  const going = new Set(deleted.filter(({ kind }) => starters.has(kind)).map(({ address }) => address));
  const all = deleted
    .filter(({ kind }) => started.has(kind))
    .map(({ address }) => ({ address, dependants: dependantsOf(address, users, going) }))
    .filter(({ dependants }) => dependants.length > 0)
    .sort((a, b) => b.dependants.length - a.dependants.length || compareText(a.address, b.address));
  const told = new Set<Address>();
  return all.filter(({ address, dependants }) => {
    if (told.has(address)) return false;
    for (const dependant of dependants) told.add(dependant);
    return true;
  });
}

function dependantsOf(address: Address, users: Users, going: ReadonlySet<Address>): readonly Address[] {
  const found = new Set([address]);
  for (const one of found) for (const user of users.get(one) ?? []) if (going.has(user)) found.add(user);
  found.delete(address);
  return [...found].sort(compareText);
}

function togetherRisk(sides: Sides, { address, dependants }: Together): FoundRisk {
  return {
    class: 'R10',
    subject: address,
    title: `${address} is deleted with what depends on it: ${shown(dependants)}.`,
    items: [
      { detail: `deletes ${address}`, key: [address, digestAt(sides.before, address)] },
      ...dependants.map((one) => ({
        detail: `and with it ${one}`,
        key: [address, 'with', one, digestAt(sides.before, one)],
      })),
    ],
    causes: [address, ...dependants].map((one) => causeAt(sides, one)),
    owned: [address, ...dependants],
  };
}
