import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { ExcerptSource } from './problems.ts';

/** Lines of the working copy for excerpts; nothing where a file is not there or lies outside. */
export function excerpts(root: string): ExcerptSource {
  const texts = new Map<string, string | undefined>();
  return (file) => {
    if (!texts.has(file)) texts.set(file, readInside(root, file));
    return texts.get(file);
  };
}

function readInside(root: string, file: string): string | undefined {
  if (normalize(file).startsWith('..')) return undefined;
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    // The problem may stand in a commit whose file the working copy no longer has: it is shown without an excerpt.
    return undefined;
  }
}
