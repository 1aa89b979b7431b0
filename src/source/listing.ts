import { isPawlError } from '../errors.ts';
import { coverOf } from './git-text.ts';
import type { Repository, TreeEntry } from './reader.ts';

/** What a commit holds at an environment's paths, and at the single files beside them that manifests name. */
export interface Listing {
  readonly commit: string;
  readonly entries: ReadonlyMap<string, TreeEntry>;
  /** Paths outside the environment's that were asked for, whether they are there or not. */
  readonly extras: ReadonlySet<string>;
  /** Paths that differ from the listing before; undefined: everything may. */
  readonly changed: ReadonlySet<string> | undefined;
}

/** Lists the paths; after an earlier listing, by comparing the two commits. */
export async function listPaths(
  repository: Repository,
  commit: string,
  from: { readonly paths: readonly string[]; readonly before: Listing | undefined },
): Promise<Listing> {
  const { paths, before } = from;
  if (before !== undefined && repository.kind !== 'working-copy') {
    const after = await advance(repository, commit, { paths, before });
    if (after !== undefined) return after;
  }
  const found = await repository.entries(commit, paths);
  const entries = new Map(found.map((entry) => [entry.path, entry]));
  return { commit, entries, extras: new Set(), changed: undefined };
}

/** Adds single files; each is asked for once in the life of a listing. */
export async function listExtras(
  repository: Repository,
  listing: Listing,
  wanted: ReadonlySet<string>,
): Promise<Listing> {
  const asked = [...wanted].filter((path) => !listing.extras.has(path));
  const idle = [...listing.extras].some((path) => !wanted.has(path));
  if (asked.length === 0 && !idle) return listing;
  const entries = new Map(listing.entries);
  for (const path of listing.extras) if (!wanted.has(path)) entries.delete(path);
  if (asked.length > 0) {
    // A folder of that name would list all that is in it: only the path itself is wanted.
    for (const entry of await repository.entries(listing.commit, asked))
      if (wanted.has(entry.path)) entries.set(entry.path, entry);
  }
  return { ...listing, entries, extras: wanted };
}

async function advance(
  repository: Repository,
  commit: string,
  { paths, before }: { readonly paths: readonly string[]; readonly before: Listing },
): Promise<Listing | undefined> {
  const changes = await repository
    .changes(before.commit, commit, [...paths, ...before.extras])
    .catch((error: unknown) => {
      // After a force-push and a rebuild the commit before is gone; the whole listing does not need it.
      if (isPawlError(error) && error.code === 'git.object_missing') return undefined;
      throw error;
    });
  if (changes === undefined) return undefined;
  const inside = coverOf(paths);
  const wanted = changes.filter(({ path }) => inside(path) || before.extras.has(path));
  const changed = new Set(wanted.map(({ path }) => path));
  if (changed.size === 0) return { ...before, commit, changed };
  const entries = new Map(before.entries);
  for (const { path, entry } of wanted) {
    if (entry === undefined) entries.delete(path);
    else entries.set(path, entry);
  }
  return { commit, entries, extras: before.extras, changed };
}
