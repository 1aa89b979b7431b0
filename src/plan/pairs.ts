import type { Address, Kind, Place, Resource } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';
import type { Sides } from './sides.ts';

/** What one resource was and will be; one of the two is undefined where it is created or deleted. */
export interface Pair {
  /** Of the target; of a deleted resource, where it was. */
  readonly address: Address;
  readonly place: Place;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** The changed resources of one kind, by address; a move is one pair under its new address. */
export function changedPairs(sides: Sides, kind: Kind): readonly Pair[] {
  const moved = namesGivenUp(sides.changes);
  const pairs: Pair[] = [];
  for (const address of sides.changed) {
    if (!address.startsWith(`${kind}/`)) continue;
    const previous = sides.changes.get(address)?.previousAddress;
    if (previous === address) continue;
    const after = sides.after.get(address);
    // What had this name before a move goes on under another one: whoever takes the name begins anew.
    const before = previous === undefined && moved.has(address) ? undefined : sides.before.get(previous ?? address);
    const place = (after ?? before)?.place;
    if (place !== undefined) pairs.push({ address, place, before, after });
  }
  return pairs;
}

const namesGivenUp = kept(
  (changes: Sides['changes']): ReadonlySet<Address> =>
    new Set(Array.from(changes.values(), ({ previousAddress }) => previousAddress ?? '')),
);
