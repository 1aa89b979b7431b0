import { isPawlError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import { forgetIssue, type OwedIssue, postponeIssue, readOwedIssues, recordIssue } from '../store/alert-issue.ts';
import { readReceivers } from '../store/receiver.ts';
import { pauseMs } from '../controller/outbox.ts';
import type { GitHubContext, Turn } from './context.ts';
import { issueBody, issueMarker, issueTitle } from './issue-text.ts';
import { fullName } from './repository-name.ts';

/** Keeps one issue for each alert that a receiver of this repository hears of: made once, edited, closed, opened again. */
export const issuesTurn: Turn = { name: 'issues of alerts', take: issuesTick };

const issuesMax = 500;

export async function issuesTick(context: GitHubContext, signal?: AbortSignal): Promise<void> {
  const { db } = context.plane.database;
  for (const issue of await readOwedIssues(db, fullName(context.github.repository), issuesMax)) {
    if (signal?.aborted === true) return;
    try {
      await bringUpToDate(context, issue);
    } catch (error) {
      // GitHub asked to be left alone: that is for the whole loop.
      if (isPawlError(error) && error.code === 'github.rate_limited') throw error;
      const said = isPawlError(error) ? `${error.message} (${error.code})` : 'The issue could not be written.';
      await postponeIssue(db, issue, { error: said, retryInMs: pauseMs(issue.attempts + 1, Math.random) });
      context.log.warn(
        { environment: issue.environment, alert: issue.key, reason: said },
        'issue could not be written',
      );
    }
  }
}

/** Level-triggered: what stands there is compared with what should, and nothing is written that stands there. */
async function bringUpToDate(context: GitHubContext, issue: OwedIssue): Promise<void> {
  const { db } = context.plane.database;
  const [receiver] = await readReceivers(db, issue.environment, [issue.receiver]);
  const settings = receiver?.spec.githubIssue;
  if (settings === undefined) return forgetIssue(db, issue);
  const title = issueTitle(issue);
  const body = issueBody(issue, context.publicUrl);
  const state = issue.state === 'firing' ? 'open' : 'closed';
  const published = `${state} ${digest([title, body])}`;
  if (issue.number !== null && issue.published === published) return;
  const known = issue.number ?? (await findIssue(context, issueMarker(issue)));
  const { octokit, repository } = context.github;
  const written = known === undefined ? undefined : await edit(context, known, { title, body, state });
  const number =
    written ?? (await octokit.rest.issues.create({ ...repository, title, body, labels: settings.labels })).data.number;
  await recordIssue(db, issue, { number, published });
}

interface Written {
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
}

/** Undefined: somebody deleted it, and another one is made. */
async function edit({ github }: GitHubContext, number: number, written: Written): Promise<number | undefined> {
  const { octokit, repository } = github;
  const reason = written.state === 'closed' ? { state_reason: 'completed' as const } : {};
  try {
    await octokit.rest.issues.update({ ...repository, issue_number: number, ...written, ...reason });
    return number;
  } catch (error) {
    if (isPawlError(error) && error.code === 'github.not_found') return undefined;
    throw error;
  }
}

const pagesMax = 5;
const pageSize = 100;

/** Made, and its number lost in a crash: among pawl's own issues alone, for anybody may write a marker. */
async function findIssue({ github }: GitHubContext, marker: string): Promise<number | undefined> {
  const { octokit, repository } = github;
  const { login } = await github.self();
  for (let page = 1; page <= pagesMax; page += 1) {
    const { data } = await octokit.rest.issues.listForRepo({
      ...repository,
      creator: login,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: pageSize,
      page,
    });
    const found = data.find(({ body, user }) => user?.login === login && body?.startsWith(marker) === true);
    if (found !== undefined) return found.number;
    if (data.length < pageSize) return undefined;
  }
  return undefined;
}
