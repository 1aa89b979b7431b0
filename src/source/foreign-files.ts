import type { SourceFile } from '../manifest/document.ts';
import { fileTooLarge } from '../manifest/limits.ts';
import { shownPath } from '../manifest/file-name.ts';
import type { Problem } from '../manifest/problem.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { TreeEntry } from './reader.ts';
import { WorkingCopy } from './working-copy.ts';

/** Bounds of what is read of another system's files. */
export interface ForeignFileLimits {
  readonly fileBytesMax: number;
  readonly totalBytesMax: number;
  readonly filesMax: number;
}

export const foreignFileLimits: ForeignFileLimits = {
  fileBytesMax: 8 * 1024 * 1024,
  totalBytesMax: 128 * 1024 * 1024,
  filesMax: 20_000,
};

export interface ForeignFiles {
  readonly files: readonly SourceFile[];
  /** Of files that are not read: links, repositories within, files that are too large. */
  readonly problems: readonly Problem[];
}

/** The YAML and JSON files at or below a path of a folder, in the order of their paths; no link is followed. */
export async function readForeignFiles(
  { root, path }: { readonly root: string; readonly path: string },
  limits: ForeignFileLimits = foreignFileLimits,
): Promise<ForeignFiles> {
  const copy = new WorkingCopy({ root, fileBytesMax: limits.fileBytesMax, isLeftOut });
  try {
    const entries = (await copy.entries('HEAD', [path])).sort((a, b) => (a.path < b.path ? -1 : 1));
    const judged = entries.map((entry) => ({ entry, problem: problemOf(entry, limits) }));
    const problems = judged.flatMap(({ problem }) => problem ?? []);
    const readable = judged.flatMap(({ entry, problem }) => (problem === undefined ? entry : []));
    assertBounded(readable, limits);
    const blobs = await copy.read([...new Set(readable.map(({ id }) => id))], limits.fileBytesMax);
    const files = readable.map((entry) => ({ path: entry.path, bytes: blobs.get(entry.id) ?? new Uint8Array() }));
    return { files, problems };
  } finally {
    await copy.close();
  }
}

/**
 * What below a folder is not looked at: files of other forms, however many, and folders in which tools and packages keep
 * YAML of their own. A file that was named itself is looked at whatever its name is.
 */
function isLeftOut(path: string, isFolder: boolean): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('.') || name === 'node_modules') return true;
  return !isFolder && !/\.(?:ya?ml|json)$/u.test(name);
}

function problemOf({ path, kind, size }: TreeEntry, { fileBytesMax }: ForeignFileLimits): Problem | undefined {
  if (kind === 'file') return size > fileBytesMax ? fileTooLarge(path, size, fileBytesMax) : undefined;
  const [what, help] =
    kind === 'symlink'
      ? ['It is a link, and no link is followed.', 'Import what it leads to by its own path.']
      : ['It is a repository of its own.', 'Import its folder by itself.'];
  return { code: 'import.link', severity: 'error', message: what, file: shownPath(path), line: 1, column: 1, help };
}

function assertBounded(entries: readonly TreeEntry[], { filesMax, totalBytesMax }: ForeignFileLimits): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (entries.length <= filesMax && total <= totalBytesMax) return;
  throw new TerminalError(
    `There are ${entries.length} files of ${total} bytes; at most ${filesMax} of ${totalBytesMax} are read at once.`,
    { code: 'import.too_much', help: 'Import the folders one at a time.', exit: exitCodes.usage },
  );
}
