import { isPawlError } from '../errors.ts';
import type { Repository, TreeMerge } from './reader.ts';

export interface MergeSides {
  /** The commit that is merged into. */
  readonly base: string;
  readonly head: string;
  /** The number of the pull request, whose merge the forge may have made. */
  readonly pull?: number;
}

/**
 * What merging the head into the base gives. It is identified by its tree: squash, rebase and merge commits of the same
 * content all match. The commit is one to give to `snapshot()`; no branch holds it.
 */
export async function mergeResult(repository: Repository, sides: MergeSides): Promise<TreeMerge> {
  const own = await repository.merge(sides.base, sides.head);
  if (own.kind !== 'unavailable' || sides.pull === undefined) return own;
  return (await mergeOfForge(repository, sides, sides.pull)) ?? own;
}

/** The forge's merge is taken only of exactly the two commits in question: it is made again some time after a push. */
async function mergeOfForge(
  repository: Repository,
  { base, head }: MergeSides,
  pull: number,
): Promise<TreeMerge | undefined> {
  await repository.fetchOnly({ pulls: [pull] });
  const commit = await existing(repository, `refs/pull/${pull}/merge`);
  if (commit === undefined) {
    return {
      kind: 'unavailable',
      why: `the forge has no merge of pull request ${pull}: it has a conflict or is closed`,
    };
  }
  const [first, second, ...others] = await repository.parents(commit);
  if (first !== base || second !== head || others.length > 0) {
    return { kind: 'unavailable', why: `the forge's merge of pull request ${pull} is of other commits` };
  }
  return { kind: 'merged', commit, tree: await repository.tree(commit) };
}

async function existing(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    return await repository.resolve(ref);
  } catch (error) {
    if (isPawlError(error) && error.code === 'git.ref_not_found') return undefined;
    throw error;
  }
}
