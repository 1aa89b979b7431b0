import type { CatFile, Found } from './cat-file.ts';
import { kindOf } from './git-text.ts';
import { corrupt, folderTooLarge, nameTwice } from './object-errors.ts';
import type { TreeEntry } from './reader.ts';
import { recordsOf } from './records.ts';
import { refuseOutOfOrder } from './tree-order.ts';
import { treeLines } from './tree-object.ts';
import { isTwice } from './tree-walk.ts';

/** A file that differs; no kind: it is gone. */
export interface RawChange {
  readonly path: string;
  readonly kind: TreeEntry['kind'] | undefined;
  readonly id: string;
}

export interface RawChanges {
  readonly files: readonly RawChange[];
  /** Folders that the newer commit has otherwise, by their objects; of equal ones the first. */
  readonly folders: ReadonlyMap<string, string>;
}

const folderMode = '040000';

/**
 * `:oldMode newMode oldId newId status NUL path NUL`, again and again; with `-t` of folders too, of which those are told
 * that `isRead` knows.
 */
export function changesIn(output: Buffer, isRead: (folder: string) => boolean): RawChanges {
  const files: RawChange[] = [];
  const folders = new Map<string, string>();
  let header: string | undefined;
  for (const record of recordsOf(output)) {
    if (header === undefined) {
      header = record;
      continue;
    }
    const [older = '', mode = '', , id = ''] = header.slice(1).split(' ');
    header = undefined;
    if (mode === folderMode && !folders.has(id) && isRead(record)) folders.set(id, `${record}/`);
    if (older === folderMode || mode === folderMode) continue;
    files.push({ path: record, kind: mode === '000000' ? undefined : kindOf(mode), id });
  }
  return { files, folders };
}

/** Of one folder, and of those that are held at once. */
const limitsDefault = { treeBytesMax: 64 * 1024 * 1024, togetherBytesMax: 4 * 1024 * 1024 };

interface Objects {
  readonly contents: CatFile;
  readonly headers: CatFile;
  readonly place: string;
}

/**
 * Git compares two trees entry by entry, in the order of names, and says nothing of a name that stands twice in one or
 * in the wrong place: it tells of one difference, or of none.
 */
export async function refuseUnsoundFolders(
  objects: Objects,
  folders: ReadonlyMap<string, string>,
  limits = limitsDefault,
): Promise<void> {
  const ids = [...folders.keys()];
  const sizes = await objects.headers.ask(ids, 0);
  let together: string[] = [];
  let bytes = 0;
  for (const [index, id] of ids.entries()) {
    const size = sizeOf(sizes[index], folders.get(id) ?? '', { ...limits, place: objects.place });
    if (together.length > 0 && bytes + size > limits.togetherBytesMax) {
      await refuseUnsound(objects, together, folders);
      [together, bytes] = [[], 0];
    }
    together.push(id);
    bytes += size;
  }
  await refuseUnsound(objects, together, folders);
}

function sizeOf(
  found: Found | undefined,
  folder: string,
  { treeBytesMax, place }: { readonly treeBytesMax: number; readonly place: string },
): number {
  if (found?.kind !== 'object' || found.type !== 'tree') throw corrupt(`the folder ${folder}`, place);
  if (found.size > treeBytesMax) throw folderTooLarge(folder, { bytes: found.size, bytesMax: treeBytesMax });
  return found.size;
}

async function refuseUnsound(
  { contents, place }: Objects,
  ids: readonly string[],
  folders: ReadonlyMap<string, string>,
): Promise<void> {
  const found = await contents.ask(ids, Number.MAX_SAFE_INTEGER);
  for (const [index, id] of ids.entries()) {
    const [one, prefix] = [found[index], folders.get(id) ?? ''];
    const lines = one?.kind === 'object' && one.bytes && treeLines(one.bytes);
    if (!lines) throw corrupt(`the folder ${prefix}`, place);
    const seen = new Set<string>();
    for (const { path } of lines) {
      if (isTwice(seen, path)) throw nameTwice(prefix + path);
      seen.add(path);
    }
    refuseOutOfOrder(lines, prefix);
  }
}
