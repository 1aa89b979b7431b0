import type { Excluded } from '../plan/excluded.ts';

import type { GitHubContext } from './context.ts';
import type { GitHub } from './github.ts';
import { isNotFound } from './not-found.ts';
import { isRefused } from './refused.ts';
import { fullName, type RepositoryName } from './repository-name.ts';

export interface Hands {
  readonly author: string | undefined;
  /** Undefined: GitHub does not tell who pushed. */
  readonly pushers: readonly string[] | undefined;
  readonly mergedBy: string | undefined;
}

/** GitHub has none where the fork was deleted, whatever its description says. */
interface Head {
  readonly ref: string;
  readonly repo: { readonly name: string; readonly owner: { readonly login: string } } | null;
}

const pagesMax = 10;

/** Branches are also moved by merging into them, and made with commits on them. */
const moves = new Set(['push', 'force_push', 'branch_creation', 'pr_merge', 'merge_queue_merge']);

/**
 * Who opened a pull request, who moved its branch, who merged it: accounts that GitHub has authenticated, asked now.
 * The names in commits are text that anybody writes, so they are not looked at.
 */
export async function handsOf({ octokit, repository }: GitHub, number: number): Promise<Hands> {
  const { data: pull } = await octokit.rest.pulls.get({ ...repository, pull_number: number });
  const head = pull.head as Head;
  const author = pull.user?.login;
  const mergedBy = pull.merged_by?.login;
  if (head.repo === null) return { author, mergedBy, pushers: undefined };
  const from: RepositoryName = { owner: head.repo.owner.login, repo: head.repo.name };
  const pushers = new Set<string>();
  let pages = 0;
  try {
    const asked = { ...from, ref: `refs/heads/${head.ref}`, per_page: 100 };
    for await (const { data } of octokit.paginate.iterator(octokit.rest.repos.listActivities, asked)) {
      for (const { actor, activity_type: kind } of data) {
        // Whose account is gone acknowledges nothing any more.
        if (moves.has(kind) && actor !== null) pushers.add(actor.login);
      }
      pages += 1;
      if (pages === pagesMax) return { author, mergedBy, pushers: undefined };
    }
  } catch (error) {
    if (isNotFound(error) || isRefused(error)) return { author, mergedBy, pushers: undefined };
    throw error;
  }
  return { author, mergedBy, pushers: [...pushers].sort() };
}

/**
 * Who moved a branch of the repository itself to what holds a commit: accounts that GitHub has authenticated. None where
 * GitHub does not tell.
 */
export async function pushersOf(
  { github, plane }: Pick<GitHubContext, 'github' | 'plane'>,
  { branch, commit }: { readonly branch: string; readonly commit: string },
): Promise<readonly string[]> {
  const { octokit, repository } = github;
  const pushers = new Set<string>();
  const holds = (other: string): Promise<boolean> => plane.repository.isAncestor(commit, other);
  try {
    const asked = { ...repository, ref: `refs/heads/${branch}`, per_page: 100 };
    const { data } = await octokit.rest.repos.listActivities(asked);
    for (const { before, after, actor, activity_type: kind } of data) {
      if (!moves.has(kind)) continue;
      // The newest come first: one that leads elsewhere was before the commit came.
      if (!(await holds(after).catch(() => false))) break;
      // What was there before may be gone since, and then it is not known to have held the commit.
      if (!(await holds(before).catch(() => false)) && actor !== null) pushers.add(actor.login);
    }
  } catch (error) {
    if (!isNotFound(error) && !isRefused(error)) throw error;
  }
  return [...pushers].sort();
}

/** Whom GitHub has just named. */
export function excludedBy({ repository }: GitHub, number: number, hands: Hands): readonly Excluded[] {
  const name = `${fullName(repository)}#${number}`;
  const { author, pushers = [], mergedBy } = hands;
  return [
    ...(author === undefined ? [] : [{ login: author, why: `opened ${name}` }]),
    ...pushers.map((login) => ({ login, why: `pushed to ${name}` })),
    ...(mergedBy === undefined ? [] : [{ login: mergedBy, why: `merged ${name}` }]),
  ];
}
