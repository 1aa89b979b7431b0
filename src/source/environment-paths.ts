import { exitCodes, TerminalError } from '../errors.ts';
import { nameFault, shownPath } from '../manifest/file-name.ts';
import { treePath } from '../manifest/tree-path.ts';

/** Paths of an environment in the one spelling that trees are asked by: `''` is the root. */
export function environmentPaths(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map(checkedPath))];
}

function checkedPath(path: string): string {
  const parts = path.split('/');
  const fault = parts.includes('..') || path.startsWith('/') ? 'leads out of the repository' : nameFault(path);
  if (fault === undefined && !path.includes('\\')) return treePath(path);
  throw new TerminalError(`The path ${shownPath(path)} ${fault ?? 'holds a backslash'}.`, {
    code: 'source.path_refused',
    help: 'Give a path relative to the root of the repository, without `..`.',
    exit: exitCodes.findings,
  });
}
