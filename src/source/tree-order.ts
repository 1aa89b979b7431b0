import { misplaced } from './object-errors.ts';
import { type TreeLine, folderId, isUnclear } from './tree-walk.ts';

/**
 * Git writes a tree by the bytes of its names, folders as if they ended in "/", and compares two trees by that order
 * alone: of a tree in another one it tells less than differs, or more.
 */
export function refuseOutOfOrder(lines: readonly TreeLine[], prefix: string): void {
  let before: string | undefined;
  for (const line of lines) {
    const key = folderId(line) === undefined ? line.path : `${line.path}/`;
    if (before !== undefined && isBefore(key, before)) throw misplaced(prefix + line.path);
    before = key;
  }
}

/** Whether a name comes before another one, by the bytes of their UTF-8. What is not UTF-8 is refused elsewhere. */
export function isBefore(name: string, other: string): boolean {
  let at = 0;
  while (at < name.length && name.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  if (at === name.length) return name.length < other.length;
  if (at === other.length) return false;
  return rankAt(name, at) < rankAt(other, at) && !isUnclear(name) && !isUnclear(other);
}

/** Halves of the characters above U+FFFF come last in UTF-8, and are numbered before U+E000. */
function rankAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
