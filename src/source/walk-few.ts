import type { CatFile } from './cat-file.ts';
import { refuseOutOfOrder } from './tree-order.ts';
import { treeLines } from './tree-object.ts';
import { type TreeLine, TreeWalk } from './tree-walk.ts';

const treeBytesMax = 2 * 1024 * 1024;

class TooMuchToWalk extends Error {}

/**
 * Walks trees by a git that runs already, where that is to enter at most so many folders, on one side or on both.
 * Undefined: many folders are git's own to walk, and what is wrong with a tree is git's to say.
 */
export async function walkFew<T>(
  contents: CatFile,
  foldersMax: number,
  work: (walk: TreeWalk) => Promise<T>,
): Promise<T | undefined> {
  let left = 2 * foldersMax;
  const readTree = async (id: string, prefix: string): Promise<readonly TreeLine[]> => {
    left -= 1;
    const [found] = left < 0 ? [] : await contents.ask([id], treeBytesMax);
    const lines = found?.kind === 'object' && found.type === 'tree' && found.bytes && treeLines(found.bytes);
    if (!lines) throw new TooMuchToWalk();
    refuseOutOfOrder(lines, prefix);
    return lines;
  };
  // Told before any of them is read: hundreds of folders in one are seen at once.
  const noticeAhead = (folders: number): void => {
    if (folders > foldersMax) throw new TooMuchToWalk();
  };
  try {
    return await work(new TreeWalk(readTree, noticeAhead));
  } catch (reason) {
    if (reason instanceof TooMuchToWalk) return undefined;
    throw reason;
  }
}
