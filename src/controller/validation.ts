import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { settingsPath } from '../manifest/file-name.ts';
import { compareProblems } from '../manifest/problem.ts';
import type { Problem } from '../manifest/problem.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Repository } from '../source/repository.ts';
import { settingsAt, snapshot, SnapshotCache } from '../source/snapshot.ts';

export interface Validation {
  readonly environments: readonly { readonly name: string; readonly resources: number }[];
  readonly problems: readonly Problem[];
}

/** Everything that is wrong in the files of a working copy, environment by environment; no database is asked. */
export async function validateFiles(files: Repository, only: string | undefined): Promise<Validation> {
  const commit = await files.resolve('HEAD');
  const { settings, problems } = await settingsAt(files, commit);
  if (settings === undefined) return { environments: [], problems };
  const chosen = choose(settings.environments, only);
  const found = new Map(problems.map((problem) => [keyOf(problem), problem]));
  const unused = new Map<string, number>();
  const environments: { name: string; resources: number }[] = [];
  // What environments share is read and checked once.
  const cache = new SnapshotCache();
  for (const environment of chosen) {
    const taken = await snapshot(files, { commit, environment }, { cache }).catch(asProblem);
    if ('code' in taken) {
      found.set(keyOf(taken), taken);
      continue;
    }
    environments.push({ name: environment.name, resources: taken.resources.size });
    // A file that two environments share is wrong once.
    for (const problem of taken.problems) {
      const key = keyOf(problem);
      if (problem.code === 'lock.unused') unused.set(key, (unused.get(key) ?? 0) + 1);
      found.set(key, problem);
    }
  }
  // The lock file is one for all environments: what another one of them uses is not unused.
  for (const [key, count] of unused) if (count < settings.environments.length) found.delete(key);
  return { environments, problems: [...found.values()].sort(compareProblems) };
}

/** An environment whose paths are missing or empty is a mistake in pawl.yaml, and the others are looked at all the same. */
function asProblem(error: unknown): Problem {
  if (!isPawlError(error) || error.exit !== exitCodes.findings) throw error;
  const { code, message, help } = error;
  const place = { file: settingsPath, line: 1, column: 1 };
  return { code, severity: 'error', message, ...place, ...(help === undefined ? {} : { help }) };
}

function choose(declared: readonly EnvironmentSettings[], only: string | undefined): readonly EnvironmentSettings[] {
  if (only === undefined) return declared;
  const chosen = declared.filter((environment) => environment.name === only);
  if (chosen.length > 0) return chosen;
  const names = declared.map((environment) => environment.name).join(', ');
  throw new TerminalError(`pawl.yaml declares no environment "${only}"; it has ${names || 'none'}.`, {
    code: 'environment.unknown',
    help: 'Check the name against pawl.yaml.',
    exit: 64,
  });
}

function keyOf(problem: Problem): string {
  return [problem.file, problem.line, problem.column, problem.code, problem.message].join('\u0000');
}
