import type { SignatureVerdict, SigningKeys } from './signature.ts';

/** Who a commit says made it. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** What a commit holds at one path. */
export interface TreeEntry {
  /** From the repository's root, with `/`; bytes that are not UTF-8 appear as U+FFFD and the name is then refused. */
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'submodule';
  /** Git's object id. */
  readonly id: string;
  /** Bytes; 0 for what is never read. */
  readonly size: number;
}

/** One path that differs between two commits; without an entry it is gone. */
export interface TreeChange {
  readonly path: string;
  readonly entry: TreeEntry | undefined;
}

/** What is fetched beside branches and tags, by name: a forge has thousands of pull requests. */
export interface Wanted {
  /** Numbers of pull requests: `refs/pull/N/head`, and `refs/pull/N/merge` where the forge has made one. */
  readonly pulls?: readonly number[];
  /** Commit ids, as of a fork or of a head that was pushed over. */
  readonly commits?: readonly string[];
}

/** Two commits merged as a tree. */
export type TreeMerge =
  | { readonly kind: 'merged'; readonly commit: string; readonly tree: string }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | { readonly kind: 'unavailable'; readonly why: string };

/** A repository, for reading only. Nothing here checks out, merges, executes or includes. */
export interface Repository {
  readonly kind: 'git-cli' | 'isomorphic' | 'working-copy';
  /** Where it is, for messages: never with a credential. */
  readonly place: string;
  /** The commit id that a branch, tag or commit (with `~N`, `^N`) stands for. Throws `git.ref_not_found`. */
  resolve(ref: string): Promise<string>;
  /** The tree id of a commit. */
  tree(commit: string): Promise<string>;
  /** Every entry at or below the paths (`''` is the root), in no promised order. A missing path adds nothing. */
  entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]>;
  /** What differs at or below the paths from one commit to another. */
  changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]>;
  /** Blobs by id. Throws when one is missing, unreadable or above `bytesMax`: never a partial answer. */
  read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>>;
  /** Ids of the commit's parents, in their order. */
  parents(commit: string): Promise<readonly string[]>;
  /** First line of the commit's message. */
  subject(commit: string): Promise<string>;
  /**
   * Who a commit says wrote it, with co-authors; of a merge also who wrote the last commit of each side that it brought
   * in. Names are what their writers claim, unless commits are signed.
   */
  authors(commit: string): Promise<readonly Author[]>;
  /** True when `descendant` contains `ancestor` in its history, or is it. Goes by topology; times mean nothing. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** Brings a mirror up to date; does nothing where the repository is local. */
  fetch(signal?: AbortSignal): Promise<void>;
  /** Brings a mirror what is asked for and nothing else; what the remote does not have is not there afterwards. */
  fetchOnly(wanted: Wanted, signal?: AbortSignal): Promise<void>;
  /**
   * What merging the head into the base gives, where the reader can tell: as a commit that is the same on every machine
   * and that no branch holds. No driver, filter or attribute of the repository takes part.
   */
  merge(base: string, head: string): Promise<TreeMerge>;
  /** Judges the signatures of commits in their order, up to the first that does not count. */
  verify(commits: readonly string[], keys: SigningKeys): Promise<readonly SignatureVerdict[]>;
  close(): Promise<void>;
}

/** Bounds of one listing and one blob: a repository cannot make its reader hold more. */
export const entriesMax = 250_000;

/** What the process was started with and a child of it may know; nothing else of the environment reaches git. */
export interface Surroundings {
  readonly path?: string;
  readonly home?: string;
  readonly sshAuthSock?: string;
}
