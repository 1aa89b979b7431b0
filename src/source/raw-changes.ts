import type { CatFile } from './cat-file.ts';
import { kindOf } from './git-text.ts';
import { corrupt, nameTwice } from './object-errors.ts';
import type { TreeEntry } from './reader.ts';
import { recordsOf } from './records.ts';
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

/** `:oldMode newMode oldId newId status NUL path NUL`, again and again; with `-t` of folders too. */
export function changesIn(output: Buffer): RawChanges {
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
    if (mode === folderMode && !folders.has(id)) folders.set(id, `${record}/`);
    if (older === folderMode || mode === folderMode) continue;
    files.push({ path: record, kind: mode === '000000' ? undefined : kindOf(mode), id });
  }
  return { files, folders };
}

const treeBytesMax = 64 * 1024 * 1024;

/**
 * Git compares two trees entry by entry and says nothing of a name that stands twice in one: where both are the same as
 * before, or one is, it tells of one or of none.
 */
export async function refuseNamesTwice(
  contents: CatFile,
  folders: ReadonlyMap<string, string>,
  place: string,
): Promise<void> {
  const ids = [...folders.keys()];
  const found = await contents.ask(ids, treeBytesMax);
  for (const [index, id] of ids.entries()) {
    const one = found[index];
    const lines = one?.kind === 'object' && one.type === 'tree' && one.bytes && treeLines(one.bytes);
    if (!lines) throw corrupt(`the folder ${folders.get(id) ?? ''}`, place);
    const seen = new Set<string>();
    for (const { path } of lines) {
      if (isTwice(seen, path)) throw nameTwice((folders.get(id) ?? '') + path);
      seen.add(path);
    }
  }
}
