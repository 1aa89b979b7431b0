import { blobId } from './blob-id.ts';
import type { Author, Repository, TreeChange, TreeEntry, TreeMerge } from './reader.ts';
import type { SignatureVerdict, SigningKeys } from './signature.ts';

/** Files that are to be: text by path, or undefined where the file is to go. */
export type EditedFiles = ReadonlyMap<string, string | undefined>;

/** A working copy as it would be with some of its files edited: for looking at what comes of an edit before it is made. */
export class EditedCopy implements Repository {
  readonly kind = 'working-copy';
  readonly place: string;
  readonly #files: Repository;
  readonly #edited = new Map<string, Uint8Array | undefined>();
  readonly #byId = new Map<string, Uint8Array>();

  constructor(files: Repository, edited: EditedFiles) {
    this.place = files.place;
    this.#files = files;
    for (const [path, text] of edited) {
      const bytes = text === undefined ? undefined : new TextEncoder().encode(text);
      this.#edited.set(path, bytes);
      if (bytes !== undefined) this.#byId.set(blobId(bytes), bytes);
    }
  }

  async entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    const found = await this.#files.entries(commit, paths);
    const kept = found.filter(({ path }) => !this.#edited.has(path));
    for (const [path, bytes] of this.#edited) {
      const isAsked = paths.some((asked) => asked === '' || path === asked || path.startsWith(`${asked}/`));
      if (bytes !== undefined && isAsked) kept.push({ path, kind: 'file', id: blobId(bytes), size: bytes.length });
    }
    return kept;
  }

  async read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>> {
    const others = ids.filter((id) => !this.#byId.has(id));
    const blobs = others.length === 0 ? new Map<string, Uint8Array>() : await this.#files.read(others, bytesMax);
    for (const id of ids) {
      const bytes = this.#byId.get(id);
      if (bytes !== undefined) blobs.set(id, bytes);
    }
    return blobs;
  }

  resolve(ref: string): Promise<string> {
    return this.#files.resolve(ref);
  }

  tree(commit: string): Promise<string> {
    return this.#files.tree(commit);
  }

  changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]> {
    return this.#files.changes(from, to, paths);
  }

  subject(commit: string): Promise<string> {
    return this.#files.subject(commit);
  }

  authors(commit: string): Promise<readonly Author[]> {
    return this.#files.authors(commit);
  }

  isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.#files.isAncestor(ancestor, descendant);
  }

  parents(commit: string): Promise<readonly string[]> {
    return this.#files.parents(commit);
  }

  merge(base: string, head: string): Promise<TreeMerge> {
    return this.#files.merge(base, head);
  }

  verify(commits: readonly string[], keys: SigningKeys): Promise<readonly SignatureVerdict[]> {
    return this.#files.verify(commits, keys);
  }

  async fetch(): Promise<void> {
    // The files are what they are.
  }

  async fetchOnly(): Promise<void> {
    // The same.
  }

  async close(): Promise<void> {
    this.#byId.clear();
  }
}
