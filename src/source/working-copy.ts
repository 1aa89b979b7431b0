import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { RetryableError, TerminalError } from '../errors.ts';
import { isManifestPath, isScriptPath } from '../manifest/file-name.ts';
import { namedFileBytesMax } from '../manifest/limits.ts';
import { blobId } from './blob-id.ts';
import { missing, objectTooLarge, treeTooLarge } from './object-errors.ts';
import { type Author, entriesMax, type Repository, type TreeChange, type TreeEntry, type TreeMerge } from './reader.ts';
import { refNotFound } from './ref.ts';
import type { SignatureVerdict } from './signature.ts';

/** What a snapshot of uncommitted files has in place of a commit id. */
export const workingCopyCommit = 'working-copy';

export interface WorkingCopyOptions {
  /** Root of the files. */
  readonly root: string;
  /** Larger files are listed and not read: what no snapshot reads needs no id. */
  readonly fileBytesMax?: number;
  /** What is neither listed nor read, by its path; a folder with all below it. Absent: everything is listed. */
  readonly isLeftOut?: (path: string, isFolder: boolean) => boolean;
}

interface Known {
  readonly stamp: string;
  readonly id: string;
}

const defaultFileBytesMax = 256 * 1024;
const depthMax = 128;
const settledMs = 2000;
/** Between two turns for whatever else this process does. */
const filesATurn = 128;
/** What was read for its id is kept until it is asked for, up to this: nearly every file would be read twice. */
const keptBytesMax = 8 * 1024 * 1024;
const skipped = new Set(['.git', '.pawl']);
/** The id of a file that was too large to read; no object has it. */
export const unreadId = '0'.repeat(40);

/**
 * Uncommitted files in the shape of a commit: no link is followed, and ids are Git's, so that caches are shared. Files
 * are read synchronously, a few at a time: five trips to the thread pool for 500 bytes cost ten times the reading.
 */
export class WorkingCopy implements Repository {
  readonly kind = 'working-copy';
  readonly place: string;
  readonly #fileBytesMax: number;
  readonly #isLeftOut: (path: string, isFolder: boolean) => boolean;
  /** Ids by path, valid while size and times stay as they were. */
  readonly #known = new Map<string, Known>();
  readonly #pathOf = new Map<string, string>();
  readonly #kept = new Map<string, Buffer>();
  #keptBytes = 0;
  #touched = 0;

  constructor(options: WorkingCopyOptions) {
    this.place = options.root;
    this.#fileBytesMax = options.fileBytesMax ?? defaultFileBytesMax;
    this.#isLeftOut = options.isLeftOut ?? (() => false);
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
      const bytes = this.#kept.get(id) ?? this.#readAgain(id, bytesMax);
      await this.#breathe();
      if (bytes.length > bytesMax) throw objectTooLarge(id, bytes.length, bytesMax);
      blobs.set(id, bytes);
    }
    for (const id of ids) this.#forget(id);
    return blobs;
  }

  async subject(): Promise<string> {
    return '';
  }

  /** Nobody has written them yet, as far as Git knows. */
  async authors(): Promise<readonly Author[]> {
    return [];
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return ancestor === descendant;
  }

  async parents(): Promise<readonly string[]> {
    return [];
  }

  async fetch(): Promise<void> {
    // The files are what they are.
  }

  async fetchOnly(): Promise<void> {
    // The same.
  }

  async merge(): Promise<TreeMerge> {
    return { kind: 'unavailable', why: 'uncommitted files are no commit' };
  }

  async verify(): Promise<readonly SignatureVerdict[]> {
    return [{ kind: 'refused', fault: 'unsigned' }];
  }

  async close(): Promise<void> {
    this.#known.clear();
    this.#pathOf.clear();
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  /** Looks at every part on the way, so that a linked folder is a link and not what it leads to. */
  async #start(path: string): Promise<Stats | undefined> {
    if (path === '') return lstatSync(this.place);
    const parts = path.split('/');
    for (let count = 1; count < parts.length; count += 1) {
      const found = this.#lstat(parts.slice(0, count).join('/'));
      if (found?.isDirectory() !== true) return undefined;
    }
    return this.#lstat(path);
  }

  async #add(path: string, found: Stats, entries: Map<string, TreeEntry>): Promise<void> {
    await this.#breathe();
    if (entries.size >= entriesMax) throw treeTooLarge(this.place);
    if (found.isSymbolicLink()) {
      const id = blobId(Buffer.from(readlinkSync(join(this.place, path))));
      entries.set(path, { path, kind: 'symlink', id, size: 0 });
    } else if (found.isDirectory()) {
      await this.#addFolder(path, entries);
    } else if (found.isFile()) {
      entries.set(path, { path, kind: 'file', ...this.#idOf(path, found) });
    }
    // Sockets, pipes and devices are nothing that Git would hold either.
  }

  async #addFolder(folder: string, entries: Map<string, TreeEntry>): Promise<void> {
    if (folder.split('/').length > depthMax) throw treeTooLarge(this.place);
    const names = orUnreadable(folder, () => readdirSync(join(this.place, folder)));
    if (folder !== '' && names.includes('.git')) {
      entries.set(folder, { path: folder, kind: 'submodule', id: unreadId, size: 0 });
      return;
    }
    for (const name of names) {
      if (skipped.has(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const found = this.#lstat(path);
      if (found === undefined) continue;
      if (this.#isLeftOut(path, found.isDirectory())) await this.#breathe();
      else await this.#add(path, found, entries);
    }
  }

  #idOf(path: string, found: Stats): { id: string; size: number } {
    // A module may be larger than a manifest.
    const bytesMax = Math.max(this.#fileBytesMax, namedFileBytesMax(path));
    if (found.size > bytesMax) return { id: unreadId, size: found.size };
    const known = this.#known.get(path);
    if (known?.stamp === stampOf(found)) return { id: known.id, size: found.size };
    const { bytes, stamp } = this.#bytes(path, bytesMax);
    if (bytes === undefined) throw changed(path);
    const id = blobId(bytes);
    // A file written in this moment may be written again without a new time: only settled ones are remembered.
    if (Date.now() - found.ctimeMs > settledMs) this.#known.set(path, { stamp, id });
    this.#pathOf.set(id, path);
    this.#keep(id, bytes);
    return { id, size: bytes.length };
  }

  #keep(id: string, bytes: Buffer): void {
    if (this.#kept.has(id) || this.#keptBytes + bytes.length > keptBytesMax) return;
    this.#kept.set(id, bytes);
    this.#keptBytes += bytes.length;
  }

  #forget(id: string): void {
    this.#keptBytes -= this.#kept.get(id)?.length ?? 0;
    this.#kept.delete(id);
  }

  #readAgain(id: string, bytesMax: number): Buffer {
    const path = this.#pathOf.get(id);
    if (path === undefined) throw missing(`object ${id}`, this.place);
    const { bytes } = this.#bytes(path, Math.max(bytesMax, this.#fileBytesMax));
    if (bytes === undefined || blobId(bytes) !== id) throw changed(path);
    return bytes;
  }

  /** Opens without following a link, and reads no more than the size that the open file had. */
  #bytes(path: string, bytesMax: number): { bytes: Buffer | undefined; stamp: string } {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = orUnreadable(path, () => openSync(join(this.place, path), flags));
    try {
      const found = fstatSync(file);
      if (!found.isFile() || found.size > bytesMax) return { bytes: undefined, stamp: '' };
      const bytes = Buffer.alloc(found.size);
      const bytesRead = readSync(file, bytes, 0, found.size, 0);
      return { bytes: bytesRead === found.size ? bytes : undefined, stamp: stampOf(found) };
    } finally {
      closeSync(file);
    }
  }

  #lstat(path: string): Stats | undefined {
    try {
      return lstatSync(join(this.place, path));
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
        return undefined;
      throw unreadable(path, cause);
    }
  }

  async #breathe(): Promise<void> {
    this.#touched += 1;
    if (this.#touched % filesATurn === 0) await setImmediate();
  }
}

function orUnreadable<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw unreadable(path, cause);
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
    if (file.id === unreadId ? file.size !== entry.size : file.id !== entry.id) return true;
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
