import type { Address } from '../manifest/resource.ts';
import type { Change, Plan } from './change.ts';

/**
 * What older revisions held at the addresses that change: an entry wherever the content changed, with the revision it
 * holds from and the digest, or undefined where the resource was not there. An entry for every revision does as well.
 */
export type OlderRevisions = ReadonlyMap<Address, readonly OlderContent[]>;

export interface OlderContent {
  readonly revision: number;
  readonly digest: string | undefined;
}

/**
 * The newest older revision that had exactly the target's content in all changed resources, or else the one that had
 * it in the most of them, if that is more than half. Putting live back to what the record says is not a return.
 */
export function recogniseRevert(
  changes: readonly Change[],
  older: OlderRevisions,
  liveRevision: number,
): Plan['revert'] {
  const moved = changes.filter(({ class: kind }) => kind !== 'outOfBand' && kind !== 'orphan' && kind !== 'missing');
  let best: Plan['revert'];
  for (const revision of candidates(moved, older, liveRevision)) {
    const returned = moved.filter(
      (change) => contentAt(older.get(change.address), revision) === change.afterDigest,
    ).length;
    if (returned > (best?.returned ?? 0)) best = { revision, returned, of: moved.length };
  }
  return best !== undefined && best.returned * 2 > best.of ? best : undefined;
}

/** Contents stay the same between entries, so the newest revision before each entry stands for all of its kind. */
function candidates(changes: readonly Change[], older: OlderRevisions, liveRevision: number): readonly number[] {
  const ends = changes.flatMap(({ address }) => (older.get(address) ?? []).map(({ revision }) => revision - 1));
  return [...new Set([liveRevision - 1, ...ends])]
    .filter((revision) => revision >= 1 && revision < liveRevision)
    .sort((a, b) => b - a);
}

function contentAt(entries: readonly OlderContent[] | undefined, revision: number): string | undefined {
  let newest: OlderContent | undefined;
  for (const entry of entries ?? []) {
    if (entry.revision <= revision && entry.revision > (newest?.revision ?? 0)) newest = entry;
  }
  return newest?.digest;
}
