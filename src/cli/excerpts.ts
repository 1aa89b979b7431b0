import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { ExcerptSource } from './problems.ts';

/** No file that is larger is read as a manifest. */
const bytesMax = 1024 * 1024;

/** Lines of the working copy for excerpts; nothing where a file is not there or lies outside. */
export function excerpts(root: string): ExcerptSource {
  const texts = new Map<string, string | undefined>();
  return (file) => {
    if (!texts.has(file)) texts.set(file, readInside(root, file));
    return texts.get(file);
  };
}

/**
 * A link is not followed, nor is a folder that is one: a manifest from a stranger could name any file of the machine,
 * and the excerpt would show it.
 */
function readInside(root: string, file: string): string | undefined {
  const path = join(root, file);
  try {
    const within = relative(realpathSync(root), realpathSync(path));
    if (within !== relative(root, path) || within.startsWith('..') || isAbsolute(within)) return undefined;
    const found = lstatSync(path);
    return found.isFile() && found.size <= bytesMax ? readFileSync(path, 'utf8') : undefined;
  } catch {
    // The problem may stand in a commit whose file the working copy no longer has: it is shown without an excerpt.
    return undefined;
  }
}
