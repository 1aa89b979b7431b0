import type { RestEndpointMethodTypes } from '@octokit/rest';
import type { PullFacts } from '../store/pull-request.ts';
import type { GitHub } from './github.ts';
import { fullName } from './repository-name.ts';

/** What GitHub answers of one pull request. */
export type PullAnswer = RestEndpointMethodTypes['pulls']['get']['response']['data'];
type ListedPull = RestEndpointMethodTypes['pulls']['list']['response']['data'][number];

/** A pull request as GitHub shows it now. */
export async function readPull({ octokit, repository }: GitHub, number: number): Promise<PullFacts> {
  const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: number });
  return pullFactsOf(fullName(repository), data);
}

/** What is kept of it. */
export function pullFactsOf(repository: string, pull: PullAnswer): PullFacts {
  return { ...factsOf(repository, pull), mergedBy: pull.merged_by?.login };
}

const pagesMax = 20;

/** All that are open. */
export async function listOpenPulls({ octokit, repository }: GitHub): Promise<readonly PullFacts[]> {
  const asked = { ...repository, state: 'open' as const, sort: 'created' as const, per_page: 100 };
  const found: PullFacts[] = [];
  let pages = 0;
  for await (const { data } of octokit.paginate.iterator(octokit.rest.pulls.list, asked)) {
    for (const pull of data) found.push(factsOf(fullName(repository), pull));
    pages += 1;
    if (pages === pagesMax) break;
  }
  return found;
}

/** What GitHub shows in place of accounts that were deleted. */
const ghost = 'ghost';

function factsOf(repository: string, pull: PullAnswer | ListedPull): PullFacts {
  const { number, base, head, merged_at: mergedAt, user } = pull;
  const isMerged = mergedAt !== null;
  return {
    repository,
    number,
    state: pull.state === 'open' ? 'open' : isMerged ? 'merged' : 'closed',
    isDraft: pull.draft ?? false,
    // A head whose repository is gone was a fork's: a branch of this one is here.
    isFork: head.repo?.id !== base.repo.id,
    baseRef: base.ref,
    baseSha: base.sha,
    headRef: head.ref,
    headSha: head.sha,
    author: user?.login ?? ghost,
    mergedBy: undefined,
    mergedAt: isMerged ? new Date(mergedAt) : undefined,
    // Before the merge it is the commit of a trial.
    mergeCommit: isMerged ? (pull.merge_commit_sha ?? undefined) : undefined,
  };
}
