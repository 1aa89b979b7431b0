import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import { keysBetween } from '../manifest/succession.ts';
import type { Bodies, Change, Live } from './change.ts';

/** The resources in force by the record of the last apply, and those of the target. */
export interface Sides {
  readonly before: ReadonlyMap<Address, Resource>;
  readonly after: ReadonlyMap<Address, Resource>;
  /** Addresses whose content differs between the two; sorted. */
  readonly changed: readonly Address[];
  /** The plan's changes, by address: for places, fields and reasons. A move is under both of its names. */
  readonly changes: ReadonlyMap<Address, Change>;
}

/**
 * What bundles in force were compiled from is the record, not the row: a row edited by hand changes nothing that
 * workers obey until somebody applies. So a difference between record and target is what applying makes possible.
 */
export function sidesOf({ resources }: Snapshot, live: Live, { changes, bodies, previous }: SidesOptions): Sides {
  const recorded = new Map<Address, Resource | undefined>();
  const changed: Address[] = [];
  for (const change of changes) {
    const { address } = change;
    const old = change.previousAddress ?? address;
    const head = live.heads.get(old);
    const applied = head?.applied;
    if (old === address && applied === resources.get(address)?.digest) continue;
    changed.push(...new Set([address, old]));
    const manifest = applied === undefined ? undefined : bodies.get(applied);
    if (old !== address || manifest === undefined) recorded.set(address, undefined);
    if (applied === undefined || manifest === undefined) continue;
    const { kind } = change;
    const [, namespace = change.namespace, name = change.name] = old.split('/');
    const place = { file: head?.file ?? change.place.file, line: head?.line ?? change.place.line, column: 1 };
    const resource = { address: old, kind, namespace, name, manifest, digest: applied, place };
    recorded.set(old, sameIn(previous, resource) ?? resource);
  }
  return {
    before: previous !== undefined && isWith(previous, resources, recorded) ? previous : laidOver(resources, recorded),
    after: resources,
    changed: changed.sort(),
    changes: byAddress(changes),
  };
}

/** What stands in place of some resources; undefined: nothing. */
type Recorded = ReadonlyMap<Address, Resource | undefined>;

function laidOver(resources: Snapshot['resources'], recorded: Recorded): ReadonlyMap<Address, Resource> {
  const before = new Map(resources);
  for (const [address, resource] of recorded) {
    if (resource === undefined) before.delete(address);
    else before.set(address, resource);
  }
  return before;
}

/**
 * Whether an earlier snapshot is what laying the record over the target would give, the very same resources: mostly it
 * is what was applied last, and what was worked out of all of it need not be worked out once more.
 */
function isWith(previous: Snapshot['resources'], resources: Snapshot['resources'], recorded: Recorded): boolean {
  let size = resources.size;
  for (const [address, resource] of recorded) {
    if (previous.get(address) !== resource) return false;
    size += Number(resource !== undefined) - Number(resources.has(address));
  }
  if (previous.size !== size) return false;
  for (const address of keysBetween(previous, resources) ?? resources.keys()) {
    if (previous.get(address) !== resources.get(address) && !recorded.has(address)) return false;
  }
  return true;
}

export interface SidesOptions {
  readonly changes: readonly Change[];
  readonly bodies: Bodies;
  /** Of a snapshot before this one: what was worked out of its resources is known of equal ones of the record. */
  readonly previous?: ReadonlyMap<Address, Resource> | undefined;
}

function sameIn(previous: SidesOptions['previous'], { address, digest, place }: Resource): Resource | undefined {
  const known = previous?.get(address);
  const isSame =
    known?.digest === digest &&
    known.place.file === place.file &&
    known.place.line === place.line &&
    known.place.column === place.column;
  return isSame ? known : undefined;
}

/** A move is found under both of its names. */
function byAddress(changes: readonly Change[]): ReadonlyMap<Address, Change> {
  const found = new Map<Address, Change>();
  for (const change of changes) if (change.previousAddress !== undefined) found.set(change.previousAddress, change);
  for (const change of changes) found.set(change.address, change);
  return found;
}
