import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RetryableError, TerminalError } from '../errors.ts';
import { isManifestPath, isScriptPath } from '../manifest/file-name.ts';
import { blobId } from './blob-id.ts';
import { missing, objectTooLarge, treeTooLarge } from './object-errors.ts';
import { entriesMax, type Repository, type TreeChange, type TreeEntry } from './reader.ts';
import { refNotFound } from './ref.ts';

/** What a snapshot of uncommitted files has in place of a commit id. */
export const workingCopyCommit = 'working-copy';

export interface WorkingCopyOptions {
  /** Root of the files. */
  readonly root: string;
  /** Larger files are listed and not read: what no snapshot reads needs no id. */
  readonly fileBytesMax?: number;
}

interface Known {
  readonly stamp: string;
  readonly id: string;
}

const defaultFileBytesMax = 256 * 1024;
const depthMax = 128;
const settledMs = 2000;
const skipped = new Set(['.git', '.pawl']);
/** The id of a file that was too large to read; no object has it. */
export const unreadId = '0'.repeat(40);

/** Uncommitted files in the shape of a commit: no link is followed, and ids are Git's, so that caches are shared. */
export class WorkingCopy implements Repository {
  readonly kind = 'working-copy';
  readonly place: string;
  readonly #fileBytesMax: number;
  /** Ids by path, valid while size and times stay as they were. */
  readonly #known = new Map<string, Known>();
  readonly #pathOf = new Map<string, string>();

  constructor(options: WorkingCopyOptions) {
    this.place = options.root;
    this.#fileBytesMax = options.fileBytesMax ?? defaultFileBytesMax;
  }

  async resolve(ref: string): Promise<string> {
    if (ref !== workingCopyCommit && ref !== 'HEAD') throw refNotFound(ref, this.place);
    return workingCopyCommit;
  }

  async tree(): Promise<string> {
    return workingCopyCommit;
  }

  async entries(_commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    const entries = new Map<string, TreeEntry>();
    for (const path of paths) {
      const found = await this.#start(path);
      if (found !== undefined) await this.#add(path, found, entries);
    }
    return [...entries.values()];
  }

  /** Files have no history: nothing is compared, and nothing asks for it. */
  async changes(): Promise<TreeChange[]> {
    throw new TerminalError('Uncommitted files have no history to compare.', { code: 'git.ref_refused' });
  }

  async read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>> {
    const blobs = new Map<string, Uint8Array>();
    for (const id of ids) {
      const path = this.#pathOf.get(id);
      if (path === undefined) throw missing(`object ${id}`, this.place);
      const { bytes } = await this.#bytes(path, Math.max(bytesMax, this.#fileBytesMax));
      if (bytes === undefined || blobId(bytes) !== id) throw changed(path);
      if (bytes.length > bytesMax) throw objectTooLarge(id, bytes.length, bytesMax);
      blobs.set(id, bytes);
    }
    return blobs;
  }

  async subject(): Promise<string> {
    return '';
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return ancestor === descendant;
  }

  async fetch(): Promise<void> {
    // The files are what they are.
  }

  async close(): Promise<void> {
    this.#known.clear();
    this.#pathOf.clear();
  }

  /** Looks at every part on the way, so that a linked folder is a link and not what it leads to. */
  async #start(path: string): Promise<Stats | undefined> {
    if (path === '') return lstat(this.place);
    const parts = path.split('/');
    for (let count = 1; count < parts.length; count += 1) {
      const found = await this.#lstat(parts.slice(0, count).join('/'));
      if (found?.isDirectory() !== true) return undefined;
    }
    return this.#lstat(path);
  }

  async #add(path: string, found: Stats, entries: Map<string, TreeEntry>): Promise<void> {
    if (entries.size >= entriesMax) throw treeTooLarge(this.place);
    if (found.isSymbolicLink()) {
      const id = blobId(Buffer.from(await readlink(join(this.place, path))));
      entries.set(path, { path, kind: 'symlink', id, size: 0 });
    } else if (found.isDirectory()) {
      await this.#addFolder(path, entries);
    } else if (found.isFile()) {
      entries.set(path, { path, kind: 'file', ...(await this.#idOf(path, found)) });
    }
    // Sockets, pipes and devices are nothing that Git would hold either.
  }

  async #addFolder(folder: string, entries: Map<string, TreeEntry>): Promise<void> {
    if (folder.split('/').length > depthMax) throw treeTooLarge(this.place);
    const names = await readdir(join(this.place, folder)).catch((cause: unknown) => {
      throw unreadable(folder, cause);
    });
    if (folder !== '' && names.includes('.git')) {
      entries.set(folder, { path: folder, kind: 'submodule', id: unreadId, size: 0 });
      return;
    }
    for (const name of names) {
      if (skipped.has(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const found = await this.#lstat(path);
      if (found !== undefined) await this.#add(path, found, entries);
    }
  }

  async #idOf(path: string, found: Stats): Promise<{ id: string; size: number }> {
    if (found.size > this.#fileBytesMax) return { id: unreadId, size: found.size };
    const known = this.#known.get(path);
    if (known?.stamp === stampOf(found)) return { id: known.id, size: found.size };
    const { bytes, stamp } = await this.#bytes(path, this.#fileBytesMax);
    if (bytes === undefined) throw changed(path);
    const id = blobId(bytes);
    // A file written in this moment may be written again without a new time: only settled ones are remembered.
    if (Date.now() - found.ctimeMs > settledMs) this.#known.set(path, { stamp, id });
    this.#pathOf.set(id, path);
    return { id, size: bytes.length };
  }

  /** Opens without following a link, and reads no more than the size that the open file had. */
  async #bytes(path: string, bytesMax: number): Promise<{ bytes: Buffer | undefined; stamp: string }> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(this.place, path), flags).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > bytesMax) return { bytes: undefined, stamp: '' };
      const bytes = Buffer.alloc(found.size);
      const { bytesRead } = await file.read(bytes, 0, found.size, 0);
      return { bytes: bytesRead === found.size ? bytes : undefined, stamp: stampOf(found) };
    } finally {
      await file.close();
    }
  }

  #lstat(path: string): Promise<Stats | undefined> {
    return lstat(join(this.place, path)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw unreadable(path, cause);
    });
  }
}

/**
 * True when the files differ from the commit in anything that a snapshot could read: by comparing ids, because
 * `git status` runs what the repository configures. A new file counts when it would be a manifest or a script.
 */
export async function isDirty(
  workingCopy: WorkingCopy,
  committed: { readonly repository: Repository; readonly commit: string },
  paths: readonly string[],
): Promise<boolean> {
  const now = new Map((await workingCopy.entries(workingCopyCommit, paths)).map((entry) => [entry.path, entry]));
  for (const entry of await committed.repository.entries(committed.commit, paths)) {
    const file = now.get(entry.path);
    now.delete(entry.path);
    if (file === undefined || file.kind !== entry.kind) return true;
    const same = file.id === unreadId ? file.size === entry.size : file.id === entry.id;
    if (!same) return true;
  }
  return [...now.keys()].some((path) => isManifestPath(path) || isScriptPath(path));
}

function stampOf(found: Stats): string {
  return `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino}`;
}

function changed(path: string): RetryableError {
  return new RetryableError(`${JSON.stringify(path)} changed while it was read.`, {
    code: 'source.working_copy_changed',
    help: 'Run the command again.',
  });
}

function unreadable(path: string, cause: unknown): TerminalError {
  return new TerminalError(`${JSON.stringify(path)} cannot be read.`, {
    code: 'source.file_unreadable',
    help: 'Correct the permissions of the file.',
    cause,
  });
}
