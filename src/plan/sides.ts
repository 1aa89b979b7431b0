import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import type { Bodies, Change, Live } from './change.ts';

/** The resources in force by the record of the last apply, and those of the target. */
export interface Sides {
  readonly before: ReadonlyMap<Address, Resource>;
  readonly after: ReadonlyMap<Address, Resource>;
  /** Addresses whose content differs between the two; sorted. */
  readonly changed: readonly Address[];
  /** The plan's changes, by address: for places, fields and reasons. */
  readonly changes: ReadonlyMap<Address, Change>;
}

/**
 * What bundles in force were compiled from is the record, not the row: a row edited by hand changes nothing that
 * workers obey until somebody applies. So a difference between record and target is what applying makes possible.
 */
export function sidesOf(
  { resources }: Snapshot,
  live: Live,
  { changes, bodies }: { readonly changes: readonly Change[]; readonly bodies: Bodies },
): Sides {
  const before = new Map(resources);
  const changed: Address[] = [];
  for (const change of changes) {
    const { address } = change;
    const applied = live.heads.get(address)?.applied;
    const target = resources.get(address);
    if (applied === target?.digest) continue;
    changed.push(address);
    const manifest = applied === undefined ? undefined : bodies.get(applied);
    if (applied === undefined || manifest === undefined) before.delete(address);
    else {
      const { kind, namespace, name } = change;
      const head = live.heads.get(address);
      const place = { file: head?.file ?? change.place.file, line: head?.line ?? change.place.line, column: 1 };
      before.set(address, { address, kind, namespace, name, manifest, digest: applied, place });
    }
  }
  return {
    before,
    after: resources,
    changed: changed.sort(),
    changes: new Map(changes.map((change) => [change.address, change])),
  };
}
