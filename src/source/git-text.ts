import type { TreeEntry } from './reader.ts';

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

export function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '160000') return 'submodule';
  return mode === '120000' ? 'symlink' : 'file';
}

export function subjectOf(message: string): string {
  const line = message.trimStart().split('\n', 1)[0] ?? '';
  return line.replace(/\p{C}/gu, ' ').trim().slice(0, 200);
}
