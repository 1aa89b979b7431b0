import { posix } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import { isManifestPath } from '../manifest/file-name.ts';
import { layerOf } from '../manifest/overlay.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { environmentPaths } from '../source/environment-paths.ts';

/** Where the files of one environment stand in another. */
export interface PathMap {
  /** Undefined: the other environment has that very file. */
  readonly targetOf: (file: string) => string | undefined;
  /** Whether a file stands in one of the other environment's paths. */
  readonly isTarget: (file: string) => boolean;
  /** The same branch: what both name is one file. */
  readonly isSameBranch: boolean;
}

type Named = Pick<EnvironmentSettings, 'name' | 'branch' | 'paths'>;

/**
 * A path of both is one on one branch, and on two branches stands for itself. Of the others the first stands for the
 * first, the second for the second; what one has more of goes to the other's last.
 */
export function pathMap(from: Named, to: Named): PathMap {
  const isSameBranch = from.branch === to.branch;
  const [sources, targets] = [environmentPaths(from.paths), environmentPaths(to.paths)];
  const [own, others] = [
    sources.filter((path) => !targets.includes(path)),
    targets.filter((p) => !sources.includes(p)),
  ];
  if (own.length > 0 && others.length === 0) throw noPaths(from, to);
  const targetPath = (path: string): string => others[own.indexOf(path)] ?? others.at(-1) ?? path;
  return {
    isSameBranch,
    isTarget: (file) => layerOf(file, targets) >= 0,
    targetOf: (file) => {
      const path = sources[layerOf(file, sources)];
      // Read in from elsewhere: of no path of its own.
      if (path === undefined) return isSameBranch ? undefined : file;
      if (targets.includes(path)) return isSameBranch ? undefined : file;
      return moved(file, path, targetPath(path));
    },
  };
}

function moved(file: string, path: string, target: string): string {
  if (isManifestPath(target)) return target;
  const rest = isManifestPath(path) ? posix.basename(file) : file.slice(path === '' ? 0 : path.length + 1);
  return target === '' ? rest : `${target}/${rest}`;
}

function noPaths(from: Named, to: Named): TerminalError {
  return new TerminalError(`${to.name} has no path of its own that files of ${from.name} could be written to.`, {
    code: 'promotion.no_paths',
    help: `Add a folder to the paths of ${to.name} in pawl.yaml.`,
    exit: exitCodes.findings,
  });
}
