import fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { isPawlError } from '../errors.ts';
import { blobId } from './blob-id.ts';
import { authorsOf, coAuthorsIn, subjectOf } from './git-text.ts';
import { corrupt, cutHistory, missing, otherFormat, refusedPath, treeTooLarge } from './object-errors.ts';
import { ObjectSizes } from './object-sizes.ts';
import type { ObjectType } from './pack-entry.ts';
import { type Author, entriesMax, type Repository, type TreeChange, type TreeEntry, type TreeMerge } from './reader.ts';
import { assertObjectId, candidatesOf, isObjectId, parseRef, refNotFound } from './ref.ts';
import type { SignatureVerdict } from './signature.ts';
import { TreeWalk, type TreeNode } from './tree-walk.ts';

export interface IsomorphicOptions {
  /** Holds objects and branches. */
  readonly gitDirectory: string;
  /** Holds HEAD, where that is elsewhere: a linked worktree's own directory. */
  readonly headDirectory?: string;
  readonly place: string;
  /** Where HEAD is kept; a mirror has the remote's under another name. */
  readonly head?: string;
}

const historyMax = 1_000_000;
const tagsMax = 10;
const packCacheCommitsMax = 64;

/** Reads a Git directory where no `git` program is: the same answers, more slowly. */
export class Isomorphic implements Repository {
  readonly kind = 'isomorphic';
  readonly place: string;
  readonly #gitdir: string;
  readonly #headDirectory: string;
  readonly #head: string;
  readonly #sizes: ObjectSizes;
  /** isomorphic-git's own cache of pack indexes, dropped now and then because it never shrinks. */
  #cache: object = {};
  #listings = 0;
  #formatChecked = false;

  constructor(options: IsomorphicOptions) {
    this.place = options.place;
    this.#gitdir = options.gitDirectory;
    this.#sizes = new ObjectSizes(options.gitDirectory);
    this.#headDirectory = options.headDirectory ?? options.gitDirectory;
    this.#head = options.head ?? 'HEAD';
  }

  async resolve(ref: string): Promise<string> {
    const { base, parents } = parseRef(ref);
    let commit = await this.#commitOf(base, ref);
    for (const number of parents) {
      const parent = (await this.#commit(commit)).parent[number - 1];
      if (parent === undefined) throw refNotFound(ref, this.place);
      commit = parent;
    }
    return commit;
  }

  async tree(commit: string): Promise<string> {
    assertObjectId(commit);
    return (await this.#commit(commit)).tree;
  }

  async entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    if (paths.length === 0) return [];
    this.#listings += 1;
    if (this.#listings % packCacheCommitsMax === 0) this.#cache = {};
    const nodes = await this.#walk().list(await this.tree(commit), paths);
    if (nodes.length > entriesMax) throw treeTooLarge(this.place);
    const entries: TreeEntry[] = [];
    for (const node of nodes) entries.push(await this.#entryOf(node));
    return entries;
  }

  async changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]> {
    if (paths.length === 0) return [];
    const nodes = await this.#walk().differences(await this.tree(from), await this.tree(to), paths);
    const changes: TreeChange[] = [];
    for (const { path, node } of nodes) {
      changes.push({ path, entry: node === undefined ? undefined : await this.#entryOf(node) });
    }
    return changes;
  }

  async read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>> {
    const blobs = new Map<string, Uint8Array>();
    for (const id of ids) {
      assertObjectId(id);
      blobs.set(id, await this.#blob(id, bytesMax));
    }
    return blobs;
  }

  async parents(commit: string): Promise<readonly string[]> {
    assertObjectId(commit);
    return (await this.#commit(commit)).parent;
  }

  async subject(commit: string): Promise<string> {
    assertObjectId(commit);
    return subjectOf((await this.#commit(commit)).message);
  }

  authors(commit: string): Promise<readonly Author[]> {
    return authorsOf(commit, async (id) => {
      assertObjectId(id);
      const { author, message, parent } = await this.#commit(id);
      const { name, email } = author;
      return { authors: [{ name, email }, ...coAuthorsIn(message)], merged: parent.slice(1) };
    });
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    assertObjectId(ancestor);
    const seen = new Set<string>([descendant]);
    const cut = await this.#shallowCommits();
    let reachedCut = false;
    // Breadth first over parents: commit times, which anyone may set, play no part.
    for (const id of seen) {
      if (id === ancestor) return true;
      if (cut.has(id)) {
        reachedCut = true;
        continue;
      }
      for (const parent of (await this.#commit(id)).parent) seen.add(parent);
      if (seen.size > historyMax) throw cutHistory(this.place);
    }
    if (reachedCut) throw cutHistory(this.place);
    return false;
  }

  async fetch(): Promise<void> {
    // A local repository is as new as it is; a mirror fetches for its reader.
  }

  async fetchOnly(): Promise<void> {
    // The same.
  }

  async merge(): Promise<TreeMerge> {
    return { kind: 'unavailable', why: 'merging needs the program git, 2.38 or newer' };
  }

  async verify(): Promise<readonly SignatureVerdict[]> {
    return [{ kind: 'refused', fault: 'verifier-missing', detail: 'git (apt install git)' }];
  }

  async close(): Promise<void> {
    this.#cache = {};
  }

  async #commitOf(base: string, ref: string): Promise<string> {
    if (isObjectId(base)) return this.#peel(base, ref);
    for (const name of candidatesOf(base, this.#head)) {
      const id = await this.#refId(name);
      if (id !== undefined) return this.#peel(id, ref);
    }
    if (!/^[0-9a-f]{7,39}$/.test(base)) throw refNotFound(ref, this.place);
    const id = await git.expandOid({ fs, gitdir: this.#gitdir, oid: base, cache: this.#cache }).catch(() => undefined);
    if (id === undefined) throw refNotFound(ref, this.place);
    return this.#peel(id, ref);
  }

  async #refId(name: string): Promise<string | undefined> {
    const target = name === 'HEAD' ? await this.#ownHead() : name;
    if (target === undefined || isObjectId(target)) return target;
    await this.#assertFormat();
    return git.resolveRef({ fs, gitdir: this.#gitdir, ref: target }).catch((error: unknown) => {
      if (error instanceof git.Errors.NotFoundError) return undefined;
      throw this.#failure(error, `the reference ${name}`);
    });
  }

  async #assertFormat(): Promise<void> {
    if (this.#formatChecked) return;
    const format = await git.getConfig({ fs, gitdir: this.#gitdir, path: 'extensions.objectformat' });
    if (format !== undefined && format !== 'sha1') throw otherFormat(this.place);
    this.#formatChecked = true;
  }

  /** A worktree's HEAD is in a directory that isomorphic-git does not look into. */
  async #ownHead(): Promise<string | undefined> {
    const text = await readFile(join(this.#headDirectory, 'HEAD'), 'utf8').catch(() => '');
    return /^(?:ref: )?(\S+)\s*$/.exec(text)?.[1];
  }

  /** Follows annotated tags to the commit, each looked at before it is unpacked. */
  async #peel(id: string, ref: string): Promise<string> {
    let at = id;
    try {
      for (let depth = 0; depth < tagsMax && (await this.#sizes.assertHeld(at)) === 'tag'; depth += 1) {
        at = (await git.readTag({ fs, gitdir: this.#gitdir, oid: at, cache: this.#cache })).tag.object;
      }
      return (await this.#readCommit(at)).oid;
    } catch (error) {
      if (error instanceof git.Errors.NotFoundError) throw refNotFound(ref, this.place);
      if (error instanceof git.Errors.ObjectTypeError) throw refNotFound(ref, this.place);
      throw this.#failure(error, `commit ${id}`);
    }
  }

  async #commit(id: string): Promise<git.CommitObject> {
    try {
      return (await this.#readCommit(id)).commit;
    } catch (error) {
      throw this.#failure(error, `commit ${id}`);
    }
  }

  async #readCommit(id: string): Promise<git.ReadCommitResult> {
    await this.#assertHeld(id, 'commit');
    return git.readCommit({ fs, gitdir: this.#gitdir, oid: id, cache: this.#cache });
  }

  /** The library follows a tag to what it names, unpacking as it goes: only what is asked for is read. */
  async #assertHeld(id: string, wanted: ObjectType, bytesMax?: number): Promise<void> {
    const type = await this.#sizes.assertHeld(id, bytesMax);
    if (type === undefined || type === wanted) return;
    throw new git.Errors.ObjectTypeError(id, type, wanted);
  }

  #walk(): TreeWalk {
    return new TreeWalk(async (id) => {
      try {
        await this.#assertHeld(id, 'tree');
        return (await git.readTree({ fs, gitdir: this.#gitdir, oid: id, cache: this.#cache })).tree;
      } catch (error) {
        throw this.#failure(error, `tree ${id}`);
      }
    });
  }

  async #entryOf({ path, kind, id }: TreeNode): Promise<TreeEntry> {
    if (kind !== 'file') return { path, kind, id, size: 0 };
    try {
      const size = await this.#sizes.sizeOf(id);
      if (size === undefined) throw missing(`object ${id}`, this.place);
      return { path, kind, id, size: size.size };
    } catch (error) {
      throw this.#failure(error, `object ${id}`);
    }
  }

  async #blob(id: string, bytesMax: number): Promise<Uint8Array> {
    try {
      await this.#assertHeld(id, 'blob', bytesMax);
      const { blob } = await git.readBlob({ fs, gitdir: this.#gitdir, oid: id, cache: this.#cache });
      // Objects in packs are not checked against their id by the library.
      if (blobId(blob) !== id) throw corrupt(`object ${id}`, this.place);
      return blob;
    } catch (error) {
      throw this.#failure(error, `object ${id}`);
    }
  }

  async #shallowCommits(): Promise<ReadonlySet<string>> {
    const text = await readFile(join(this.#gitdir, 'shallow'), 'utf8').catch(() => '');
    return new Set(text.split('\n').filter(isObjectId));
  }

  #failure(error: unknown, what: string): Error {
    if (isPawlError(error)) return error;
    if (error instanceof git.Errors.NotFoundError) return missing(what, this.place, error);
    if (error instanceof git.Errors.UnsafeFilepathError) return refusedPath(what, this.place);
    return corrupt(what, this.place, error);
  }
}
