import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the Git repository that the folder lies in; undefined where it is the root, or lies in none. */
export function repositoryAbove(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return undefined;
  for (let above = dirname(folder); ; above = dirname(above)) {
    if (existsSync(join(above, '.git'))) return above;
    if (dirname(above) === above) return undefined;
  }
}
