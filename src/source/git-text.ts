import type { Author, TreeEntry } from './reader.ts';

/** True for paths at or below one of `paths`; `''` is the root. */
export function coverOf(paths: readonly string[]): (path: string) => boolean {
  if (paths.includes('')) return () => true;
  const exact = new Set(paths);
  const depths = [...new Set(paths.map((path) => path.split('/').length))];
  return (path) => {
    const parts = path.split('/');
    return depths.some((depth) => depth <= parts.length && exact.has(parts.slice(0, depth).join('/')));
  };
}

/** True for folders above one of `paths`. */
export function leadOf(paths: readonly string[]): (folder: string) => boolean {
  const above = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (above.has(folder)) break;
      above.add(folder);
    }
  }
  return (folder) => above.has(folder);
}

export function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '160000') return 'submodule';
  return mode === '120000' ? 'symlink' : 'file';
}

export function subjectOf(message: string): string {
  const line = message.trimStart().split('\n', 1)[0] ?? '';
  return line.replace(/\p{C}/gu, ' ').trim().slice(0, 200);
}

/** A merge of more sides than these is no history that people wrote. */
const sidesMax = 16;

/** What a commit says of who wrote it, and the commits that it merged. */
export interface Written {
  readonly authors: readonly Author[];
  readonly merged: readonly string[];
}

/** The authors of a commit, and of the last commits of the sides that it merged. */
export async function authorsOf(commit: string, read: (id: string) => Promise<Written>): Promise<readonly Author[]> {
  const { authors, merged } = await read(commit);
  const sides: (readonly Author[])[] = [];
  for (const side of merged.slice(0, sidesMax)) sides.push((await read(side)).authors);
  return [...authors, ...sides.flat()];
}

/** The same of a commit's own text. */
export function writtenIn(text: string): Written {
  const end = text.indexOf('\n\n');
  const [head, message] = end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 2)];
  const author = /^author (.*?) ?<([^<>\n]*)>/m.exec(head);
  const parents = parentsIn(text);
  const own = author === null ? [] : [{ name: author[1] ?? '', email: author[2] ?? '' }];
  return { authors: [...own, ...coAuthorsIn(message)], merged: parents.slice(1) };
}

/** The parents that a commit's own text names, in their order. */
export function parentsIn(text: string): readonly string[] {
  const end = text.indexOf('\n\n');
  // Of the lines at its head alone: a header's continued lines start with a blank, and a message may say anything.
  const head = end === -1 ? text : text.slice(0, end);
  return Array.from(head.matchAll(/^parent ([0-9a-f]{40})$/gm), ([, id = '']) => id);
}

export function coAuthorsIn(message: string): readonly Author[] {
  const found = message.slice(0, 100_000).matchAll(/^co-authored-by: ([^<>\n]*)<([^<>\n]*)>/gim);
  return Array.from(found, ([, name = '', email = '']) => ({ name: name.trim(), email: email.trim() }));
}
