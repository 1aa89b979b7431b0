import { withCleanDirectory } from './clean-directory.ts';
import { type GitCommand, runGit } from './git-process.ts';
import { missing } from './object-errors.ts';
import { readFailure } from './read-failure.ts';
import type { Surroundings, TreeMerge } from './reader.ts';
import { isObjectId } from './ref.ts';

export interface MergePlace {
  readonly objects: string;
  readonly surroundings: Surroundings;
  readonly place: string;
  readonly timeoutMs: number;
}

const outputBytesMax = 8 * 1024 * 1024;
const pathsMax = 100;
/** The exit code of a git whose `merge-tree` knows no `--write-tree`. */
const usageExit = 129;

/**
 * Merges two commits as `git merge` would, without a work tree. It adds objects and moves nothing; the repository's
 * merge drivers and attributes are out of reach, so that a merge starts no program.
 */
export function mergeTree(place: MergePlace, base: string, head: string): Promise<TreeMerge> {
  return withCleanDirectory((gitDirectory) => {
    const { objects, surroundings } = place;
    return mergeIn(place, { gitDirectory, objects, surroundings }, [base, head]);
  });
}

async function mergeIn(
  { place, timeoutMs }: MergePlace,
  command: GitCommand,
  sides: readonly [string, string],
): Promise<TreeMerge> {
  const limits = { timeoutMs, outputBytesMax };
  const flags = ['--write-tree', '--no-messages', '--name-only', '-z'];
  const merged = await runGit(command, ['merge-tree', ...flags, ...sides], limits);
  const [tree = '', ...paths] = merged.stdout.toString('utf8').split('\0');
  if (merged.exit === 1) return { kind: 'conflict', paths: [...new Set(paths)].filter(Boolean).slice(0, pathsMax) };
  if (merged.exit === usageExit) return { kind: 'unavailable', why: 'the program git is older than 2.38' };
  if (/unrelated histories/i.test(merged.stderr)) {
    return { kind: 'unavailable', why: 'the two commits have no history in common' };
  }
  if (merged.exit !== 0 || !isObjectId(tree)) throw readFailure(merged.stderr, place);
  const parents = sides.flatMap((side) => ['-p', side]);
  const message = `Merge ${sides[1]} into ${sides[0]}`;
  const written = await runGit(command, ['commit-tree', tree, ...parents, '-m', message], limits);
  const commit = written.stdout.toString('utf8').trim();
  if (written.exit !== 0) throw readFailure(written.stderr, place);
  if (!isObjectId(commit)) throw missing('the merge result', place);
  return { kind: 'merged', commit, tree };
}
