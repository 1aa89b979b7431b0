import { CatFile, type Found } from './cat-file.ts';
import { type Finished, type GitCommand, runGit } from './git-process.ts';
import { authorsOf, coverOf, kindOf, leadOf, parentsIn, subjectOf, writtenIn } from './git-text.ts';
import { mergeTree } from './merge-tree.ts';
import {
  cutHistory,
  misplaced,
  missing,
  nameTwice,
  objectTooLarge,
  otherFormat,
  treeTooLarge,
} from './object-errors.ts';
import { readFailure } from './read-failure.ts';
import {
  type Author,
  entriesMax,
  type Repository,
  type Surroundings,
  type TreeChange,
  type TreeEntry,
  type TreeMerge,
} from './reader.ts';
import { assertObjectId, candidatesOf, isObjectId, parseRef, refNotFound } from './ref.ts';
import { changesIn, type RawChange, refuseUnsoundFolders } from './raw-changes.ts';
import { recordsOf } from './records.ts';
import type { SignatureVerdict, SigningKeys } from './signature.ts';
import { isBefore } from './tree-order.ts';
import { isTwice, type TreeNode } from './tree-walk.ts';
import { walkFew } from './walk-few.ts';
import { verifyCommits } from './verify-commits.ts';

export interface GitCliOptions {
  /** Directory of `HEAD`; of a worktree, its own. */
  readonly gitDirectory: string;
  /** Holds the objects; of a worktree, they are elsewhere. */
  readonly objects: string;
  readonly place: string;
  readonly surroundings: Surroundings;
  readonly timeoutMs: number;
  /** Where HEAD is kept; a mirror has the remote's under another name. */
  readonly head?: string;
}

/** Above this many paths the listing is limited here instead of by git, whose command line is bounded. */
const pathArgumentsMax = 200;
/** A listing of `entriesMax` entries with long names fits. */
const listingBytesMax = 512 * 1024 * 1024;
const commitBytesMax = 1024 * 1024;
/** Of what is compared here instead of by git: the folders above a few dozen files, of thousands of names each. */
const treesMax = 128;
/** Of a listing here instead of by git: a file at the root, as pawl.yaml is, and not a folder of folders. */
const foldersMax = 4;

/** Reads a Git directory through the `git` program, by object id. */
export class GitCli implements Repository {
  readonly kind = 'git-cli';
  readonly place: string;
  readonly #command: GitCommand;
  readonly #objects: string;
  readonly #timeoutMs: number;
  readonly #head: string;
  readonly #contents: CatFile;
  readonly #headers: CatFile;

  constructor(options: GitCliOptions) {
    this.place = options.place;
    this.#command = { gitDirectory: options.gitDirectory, surroundings: options.surroundings };
    this.#objects = options.objects;
    this.#timeoutMs = options.timeoutMs;
    this.#head = options.head ?? 'HEAD';
    this.#contents = new CatFile(this.#command, '--batch', options.timeoutMs);
    this.#headers = new CatFile(this.#command, '--batch-check', options.timeoutMs);
  }

  async resolve(ref: string): Promise<string> {
    const { base, parents } = parseRef(ref);
    const steps = parents.map((number) => `^${number}`).join('');
    const names = candidatesOf(base, this.#head);
    // A short name wins over an abbreviated id, as in git; a full id never names a branch.
    const tries = isObjectId(base) ? [base] : /^[0-9a-f]{7,39}$/.test(base) ? [...names, base] : names;
    const found = await this.#headers.ask(
      tries.map((name) => `${name}${steps}^{commit}`),
      0,
    );
    const commit = found.find((one) => one.kind === 'object');
    if (commit === undefined) throw refNotFound(ref, this.place);
    if (!isObjectId(commit.id)) throw otherFormat(this.place);
    return commit.id;
  }

  async tree(commit: string): Promise<string> {
    assertObjectId(commit);
    const [found] = await this.#headers.ask([`${commit}^{tree}`], 0);
    if (found?.kind !== 'object') throw missing(`the tree of commit ${commit}`, this.place);
    return found.id;
  }

  async entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    assertObjectId(commit);
    if (paths.length === 0) return [];
    const few = await this.#fewEntries(commit, paths);
    if (few !== undefined) return few;
    // With the folders: a tree that holds one twice would be read as the sum of both.
    const args = ['ls-tree', '-r', '-t', '-z', '-l', '--full-tree', commit, '--', ...argumentsOf(paths)];
    const { stdout } = await this.#read(args, 2 * entriesMax);
    const inside = coverOf(paths);
    const entries: TreeEntry[] = [];
    const seen = new Set<string>();
    let before = '';
    for (const line of recordsOf(stdout)) {
      const path = line.slice(line.indexOf('\t') + 1);
      if (isTwice(seen, path)) throw nameTwice(path);
      seen.add(path);
      const isFolder = line.startsWith('040000 ');
      const key = isFolder ? `${path}/` : path;
      if (isBefore(key, before)) throw misplaced(path);
      before = key;
      if (isFolder) continue;
      const entry = this.#entryOf(line);
      if (inside(path)) entries.push(entry);
      if (entries.length > entriesMax) throw treeTooLarge(this.place);
    }
    return entries;
  }

  async changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]> {
    assertObjectId(from);
    assertObjectId(to);
    if (paths.length === 0) return [];
    const raw = (await this.#fewChanges(from, to, paths)) ?? (await this.#anyChanges(from, to, paths));
    const nodes = raw.flatMap(({ path, kind, id }) => (kind === undefined ? [] : [{ path, kind, id }]));
    const entries = new Map((await this.#withSizes(nodes)).map((entry) => [entry.path, entry]));
    return raw.map(({ path }) => ({ path, entry: entries.get(path) }));
  }

  async #withSizes(nodes: readonly TreeNode[]): Promise<TreeEntry[]> {
    const files = nodes.filter(({ kind }) => kind === 'file').map(({ id }) => id);
    const found = await this.#headers.ask(files, 0);
    const sizes = new Map(files.map((id, index) => [id, this.#sizeOf(id, found[index])]));
    return nodes.map((node) => ({ ...node, size: node.kind === 'file' ? (sizes.get(node.id) ?? 0) : 0 }));
  }

  async read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>> {
    for (const id of ids) assertObjectId(id);
    const unique = [...new Set(ids)];
    const found = await this.#contents.ask(unique, bytesMax);
    const blobs = new Map<string, Uint8Array>();
    for (const [index, id] of unique.entries()) {
      const one = found[index];
      if (one?.kind !== 'object' || one.type !== 'blob') throw missing(`object ${id}`, this.place);
      if (one.bytes === undefined) throw objectTooLarge(id, one.size, bytesMax);
      blobs.set(id, one.bytes);
    }
    return blobs;
  }

  async authors(commit: string): Promise<readonly Author[]> {
    return authorsOf(commit, async (id) => writtenIn(await this.#commitText(id)));
  }

  async #commitText(commit: string): Promise<string> {
    assertObjectId(commit);
    const [found] = await this.#contents.ask([commit], commitBytesMax);
    if (found?.kind !== 'object' || found.type !== 'commit') throw missing(`commit ${commit}`, this.place);
    if (found.bytes === undefined) throw objectTooLarge(commit, found.size, commitBytesMax);
    return found.bytes.toString('utf8');
  }

  async parents(commit: string): Promise<readonly string[]> {
    return parentsIn(await this.#commitText(commit));
  }

  async subject(commit: string): Promise<string> {
    const text = await this.#commitText(commit);
    const start = text.indexOf('\n\n');
    return start === -1 ? '' : subjectOf(text.slice(start + 2));
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    assertObjectId(ancestor);
    assertObjectId(descendant);
    const [older, newer] = await this.#headers.ask([ancestor, descendant], 0);
    if (newer?.kind !== 'object') throw missing(`commit ${descendant}`, this.place);
    // All ancestors of a commit are in a complete repository, so one that is not there is none of them.
    if (older?.kind === 'object') {
      const finished = await this.#run(['merge-base', '--is-ancestor', ancestor, descendant]);
      if (finished.exit === 0) return true;
      if (finished.exit !== 1) throw readFailure(finished.stderr, this.place);
    }
    const shallow = await this.#read(['rev-parse', '--is-shallow-repository']);
    if (shallow.stdout.toString('utf8').trim() === 'true') throw cutHistory(this.place);
    return false;
  }

  verify(commits: readonly string[], keys: SigningKeys): Promise<readonly SignatureVerdict[]> {
    const source = { objects: this.#objects, surroundings: this.#command.surroundings, timeoutMs: this.#timeoutMs };
    return verifyCommits({ ...source, textOf: (commit) => this.#commitText(commit) }, commits, keys);
  }

  async merge(base: string, head: string): Promise<TreeMerge> {
    assertObjectId(base);
    assertObjectId(head);
    const { surroundings } = this.#command;
    const place = { objects: this.#objects, surroundings, place: this.place, timeoutMs: this.#timeoutMs };
    return mergeTree(place, base, head);
  }

  async fetch(): Promise<void> {
    // A local repository is as new as it is; a mirror fetches for its reader.
  }

  async fetchOnly(): Promise<void> {
    // The same.
  }

  async close(): Promise<void> {
    await Promise.all([this.#contents.close(), this.#headers.close()]);
  }

  /** By the trees that differ: starting a process costs more than reading the few that one commit changes. */
  async #fewChanges(from: string, to: string, paths: readonly string[]): Promise<readonly RawChange[] | undefined> {
    // Each of them is two trees.
    const found = await walkFew(this.#contents, treesMax / 2, async (walk) =>
      walk.differences(await this.tree(from), await this.tree(to), paths),
    );
    return found?.map(({ path, node }) => ({ path, kind: node?.kind, id: node?.id ?? '' }));
  }

  /** By the trees above the paths, where these are few files. */
  async #fewEntries(commit: string, paths: readonly string[]): Promise<TreeEntry[] | undefined> {
    if (paths.includes('') || paths.length > foldersMax) return undefined;
    const found = await walkFew(this.#contents, foldersMax, async (walk) => walk.list(await this.tree(commit), paths));
    return found && (await this.#withSizes(found));
  }

  async #anyChanges(from: string, to: string, paths: readonly string[]): Promise<readonly RawChange[]> {
    const flags = ['-r', '-t', '-z', '--raw', '--no-renames', '--no-ext-diff', '--no-textconv'];
    const all = ['diff-tree', ...flags, '--ignore-submodules=none', from, to, '--', ...argumentsOf(paths)];
    const [inside, leads] = [coverOf(paths), leadOf(paths)];
    const { stdout } = await this.#read(all);
    const { files, folders } = changesIn(stdout, (folder) => inside(folder) || leads(folder));
    const objects = { contents: this.#contents, headers: this.#headers, place: this.place };
    await refuseUnsoundFolders(objects, new Map([[await this.tree(to), ''], ...folders]));
    return files.filter((change) => inside(change.path));
  }

  async #read(args: readonly string[], recordsMax?: number): Promise<Finished> {
    const finished = await this.#run(args, recordsMax);
    if (finished.exit !== 0) throw readFailure(finished.stderr, this.place);
    return finished;
  }

  #run(args: readonly string[], recordsMax?: number): Promise<Finished> {
    const limits = { timeoutMs: this.#timeoutMs, outputBytesMax: listingBytesMax };
    return runGit(this.#command, args, recordsMax === undefined ? limits : { ...limits, recordsMax });
  }

  #entryOf(line: string): TreeEntry {
    const tab = line.indexOf('\t');
    const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/);
    const kind = kindOf(mode);
    const path = line.slice(tab + 1);
    if (kind !== 'file') return { path, kind, id, size: 0 };
    if (!/^\d+$/.test(size)) throw missing(`object ${id}`, this.place);
    return { path, kind, id, size: Number(size) };
  }

  #sizeOf(id: string, found: Found | undefined): number {
    if (found?.kind !== 'object') throw missing(`object ${id}`, this.place);
    return found.size;
  }
}

function argumentsOf(paths: readonly string[]): readonly string[] {
  return paths.includes('') || paths.length > pathArgumentsMax ? [] : paths;
}
