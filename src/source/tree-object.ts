import type { TreeLine } from './tree-walk.ts';

/** The lines of a tree object as git keeps it: `mode SP name NUL id`, the id in its 20 bytes. */
export function treeLines(bytes: Buffer): readonly TreeLine[] | undefined {
  const lines: TreeLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = space < 0 ? -1 : bytes.indexOf(0, space);
    if (end < 0 || end + idBytes >= bytes.length) return undefined;
    lines.push({
      mode: bytes.toString('latin1', at, space),
      path: bytes.toString('utf8', space + 1, end),
      oid: bytes.toString('hex', end + 1, end + 1 + idBytes),
    });
    at = end + 1 + idBytes;
  }
  return lines;
}

const idBytes = 20;
