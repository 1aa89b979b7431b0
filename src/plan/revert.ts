import type { Address } from '../manifest/resource.ts';
import type { Change, Plan } from './change.ts';

/**
 * What older revisions held at the addresses that change: an entry wherever the content changed, with the revision it
 * holds from and the digest, or undefined where the resource was not there. An entry for every revision does as well.
 * Nobody asks for more than when an address held what it is to hold: of others, undefined does too.
 */
export type OlderRevisions = ReadonlyMap<Address, readonly OlderContent[]>;

export interface OlderContent {
  readonly revision: number;
  readonly digest: string | undefined;
}

export interface RevertInput {
  /** Absent: a revert is not looked for. */
  readonly older?: OlderRevisions;
  readonly liveRevision: number;
  /** The revision that the target was taken from: it comes before any other that is as good. */
  readonly stored?: number;
}

export interface RevertFound {
  readonly revert: Plan['revert'];
  /** The same changes; where there is a revert, with the revision that each of them returns to. */
  readonly changes: readonly Change[];
}

/**
 * The newest older revision that had exactly the target's content in all changed resources, or else the one that had
 * it in the most of them, if that is more than half. Putting live back to what the record says is not a return.
 */
export function recogniseRevert(changes: readonly Change[], input: RevertInput): RevertFound {
  const { older, liveRevision, stored } = input;
  if (older === undefined) return { revert: undefined, changes };
  const moved = changes.filter(isMoved);
  const from = (revision: number) => (change: Change) =>
    contentAt(older.get(change.address), revision) === change.afterDigest;
  let best: Plan['revert'];
  for (const revision of candidates(moved, input)) {
    const returned = moved.filter(from(revision)).length;
    if (returned > (best?.returned ?? 0)) best = { revision, returned, of: moved.length };
    // Newer ones came first, and none can be better.
    if (returned === moved.length) break;
  }
  if (best === undefined || best.returned * 2 <= best.of) return { revert: undefined, changes };
  const first = stored ?? best.revision;
  const revisionOf = (change: Change): number | undefined =>
    from(first)(change) ? first : candidates([change], { older, liveRevision }).find((one) => from(one)(change));
  const returning = changes.map((change) => {
    const returnsTo = isMoved(change) ? revisionOf(change) : undefined;
    return returnsTo === undefined ? change : { ...change, returnsTo };
  });
  return { revert: best, changes: returning };
}

/** What some addresses are to hold, and how many of the newest stretches of each are known in which they held it. */
export interface KnownOf {
  readonly coming: readonly { readonly address: Address; readonly digest: string | undefined }[];
  readonly newest: number;
  readonly liveRevision: number;
}

/**
 * Whether more of the past could change nothing of a plan: no address has more of it; or one revision held all that is
 * to come, and of what is newer than that, everything is known.
 */
export function isSettledBy(older: OlderRevisions, { coming, newest, liveRevision }: KnownOf): boolean {
  const countOf = ({ address, digest }: KnownOf['coming'][number]): number =>
    older.get(address)?.filter((one) => digest === undefined || one.digest === digest).length ?? 0;
  if (coming.every((one) => countOf(one) < newest)) return true;
  const [first] = coming;
  const known = first === undefined ? [] : (older.get(first.address) ?? []);
  if (coming.some(({ digest }) => digest === undefined)) return false;
  return [liveRevision - 1, ...known.map(({ revision }) => revision - 1)].some(
    (revision) =>
      revision >= 1 &&
      revision < liveRevision &&
      coming.every(({ address, digest }) => contentAt(older.get(address), revision) === digest),
  );
}

function isMoved({ class: kind }: Change): boolean {
  return kind !== 'outOfBand' && kind !== 'orphan' && kind !== 'missing';
}

/** Contents stay the same between entries, so the newest revision before each entry stands for all of its kind. */
function candidates(changes: readonly Change[], { older, liveRevision, stored }: RevertInput): readonly number[] {
  const ends = changes.flatMap(({ address }) => (older?.get(address) ?? []).map(({ revision }) => revision - 1));
  const all = [...new Set([liveRevision - 1, ...ends])]
    .filter((revision) => revision >= 1 && revision < liveRevision)
    .sort((a, b) => b - a);
  return stored === undefined ? all : [stored, ...all];
}

function contentAt(entries: readonly OlderContent[] | undefined, revision: number): string | undefined {
  let newest: OlderContent | undefined;
  for (const entry of entries ?? []) {
    if (entry.revision <= revision && entry.revision > (newest?.revision ?? 0)) newest = entry;
  }
  return newest?.digest;
}
