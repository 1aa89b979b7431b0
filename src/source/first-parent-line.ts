import type { Repository } from './reader.ts';

/** A branch that went further between two looks than this is no history that anybody reads. */
const commitsMax = 10_000;

export interface Line {
  /** The commit before the first; undefined: the line has only its last commit. */
  readonly after: string | undefined;
  readonly to: string;
  readonly max?: number;
}

/**
 * The commits that a branch itself went through, oldest first: by first parents from `to` back to the first commit
 * that `after` already contains. Undefined when the line is longer than `max`.
 */
export async function firstParentLine(repository: Repository, line: Line): Promise<readonly string[] | undefined> {
  const { after, to, max = commitsMax } = line;
  if (after === undefined) return [to];
  const commits: string[] = [];
  for (let commit: string | undefined = to; commit !== undefined && commits.length <= max; ) {
    if (commit === after) return commits.reverse();
    commits.push(commit);
    [commit] = await repository.parents(commit);
  }
  // A side branch that merged this one and was then pushed as it: `after` is not among its first parents.
  const fresh = await freshOf(repository, commits, after);
  return fresh > max ? undefined : commits.slice(0, fresh).reverse();
}

/** How many of the line, newest first, are not yet in `after`: once one is, all before it are. */
async function freshOf(repository: Repository, commits: readonly string[], after: string): Promise<number> {
  let [low, high] = [0, commits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await repository.isAncestor(commits[middle] ?? '', after)) high = middle;
    else low = middle + 1;
  }
  return low;
}
