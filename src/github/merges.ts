import { channels } from '../bus/bus.ts';
import { isPawlError } from '../errors.ts';
import { recordBrought, wantedCommits, type WantedCommit } from '../store/pull-commit.ts';
import { recordPushers } from '../store/pull-hands.ts';
import { lastMerges } from '../store/pull-merge.ts';
import { recordPull } from '../store/pull-request.ts';
import type { GitHubRound, Turn } from './context.ts';
import type { GitHub } from './github.ts';
import { handsOf, pushersOf } from './hands.ts';
import { isNotFound } from './not-found.ts';
import { readPull } from './pull-facts.ts';
import { fullName } from './repository-name.ts';

/** Says which pull request brought each commit that somebody wants to know of. */
export const mergesTurn: Turn = { name: 'merges', take: mergesTick };

export interface MergesTiming {
  /** Before that, GitHub may not have seen what Git already has. */
  readonly settleMs: number;
  /** What is not answered for long is asked less and less often, starting with this. */
  readonly againMs: number;
}

const ordinaryTiming: MergesTiming = { settleMs: 5_000, againMs: 1_000 };

const commitsMax = 100;

/**
 * Answers what is asked with a row, so that no webhook is needed: squashed, rebased, merged, queued or pushed by hand,
 * GitHub knows the pull requests of a commit. It may know later than Git, so that "none" is said at the second look.
 */
export async function mergesTick(
  { github, plane }: GitHubRound,
  signal: AbortSignal,
  timing: MergesTiming = ordinaryTiming,
): Promise<void> {
  const { database } = plane;
  const wanted = await wantedCommits(database.db, fullName(github.repository), commitsMax);
  const due = wanted.filter((one) => isDue(github, one, timing));
  let answered = 0;
  const unclear: WantedCommit[] = [];
  for (const one of due) {
    if (signal.aborted) return;
    const found = await pullThatBrought(github, one);
    if (found === undefined) unclear.push(one);
    else if (found !== 'unknown') answered += await answer({ github, plane }, one, found);
  }
  // Not before all that GitHub knows is kept: the merge of the last commit of a rebase tells of those before it.
  for (const one of unclear) {
    if (signal.aborted) return;
    if (one.waitedMs < timing.settleMs) continue;
    answered += await answer({ github, plane }, one, await rebasedBy({ github, plane }, one));
  }
  // Losing it is harmless: controllers also look by themselves.
  if (answered > 0) await database.notify(channels.hint, '').catch(() => undefined);
}

const everyMsMax = 300_000;

const askedAt = new WeakMap<GitHub, Map<string, number>>();

function isDue(github: GitHub, { branch, commit, waitedMs }: WantedCommit, { againMs }: MergesTiming): boolean {
  const times = askedAt.get(github) ?? new Map<string, number>();
  askedAt.set(github, times);
  if (times.size > commitsMax * 10) times.clear();
  const key = `${branch} ${commit}`;
  const [now, last] = [performance.now(), times.get(key)];
  if (last !== undefined && now - last < Math.min(everyMsMax, Math.max(againMs, waitedMs / 10))) return false;
  times.set(key, now);
  return true;
}

type Answering = Pick<GitHubRound, 'github' | 'plane'>;

/** Gives how many it has answered. */
async function answer({ github, plane }: Answering, wanted: WantedCommit, number: number | undefined): Promise<1> {
  const { db } = plane.database;
  const repository = fullName(github.repository);
  const { branch, commit } = wanted;
  if (number === undefined) {
    const pushers = await pushersOf({ github, plane }, wanted);
    await recordBrought(db, { repository, branch, commit }, { pushers });
    return 1;
  }
  await recordPull(db, await readPull(github, number));
  const { pushers } = await handsOf(github, number);
  // Before the answer: whoever reads it judges acknowledgements by these.
  await recordPushers(db, { repository, number }, pushers ?? []);
  await recordBrought(db, { repository, branch, commit }, { number });
  return 1;
}

/**
 * The pull request whose merge put a commit on its branch: of those that hold the commit, one that was merged, into
 * this branch of this repository. A merge that ends in exactly this commit goes before one that only went through it.
 */
async function pullThatBrought(
  { octokit, repository }: GitHub,
  { branch, commit }: WantedCommit,
): Promise<number | 'unknown' | undefined> {
  try {
    const asked = { ...repository, commit_sha: commit, per_page: 100 };
    const { data } = await octokit.rest.repos.listPullRequestsAssociatedWithCommit(asked);
    const merged = data
      .filter(
        ({ merged_at: at, base }) => typeof at === 'string' && base.ref === branch && isHere(base.repo, repository),
      )
      .toSorted((one, other) => String(one.merged_at).localeCompare(String(other.merged_at)));
    return (merged.find(({ merge_commit_sha: sha }) => sha === commit) ?? merged[0])?.number;
  } catch (error) {
    // GitHub does not know the commit yet, or never will: that is not the word that nobody reviewed it.
    if (isNotFound(error) || isUnknownCommit(error)) return 'unknown';
    throw error;
  }
}

/**
 * A rebase brings several commits, and GitHub knows the last of them best: those before it are as many as the pull
 * request has. Of a squash they are not its own; it is then held against more than it brought, never against less.
 */
async function rebasedBy({ github, plane }: Answering, { branch, commit }: WantedCommit): Promise<number | undefined> {
  const { octokit, repository } = github;
  for (const merge of await lastMerges(plane.database.db, { repository: fullName(repository), branch })) {
    const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: merge.number });
    let at: string | undefined = merge.commit;
    for (let step = 1; step < Math.min(data.commits, rebasedMax) && at !== undefined; step += 1) {
      const parents: readonly string[] = await plane.repository.parents(at);
      at = parents.length === 1 ? parents[0] : undefined;
      if (at === commit) return merge.number;
    }
  }
  return undefined;
}

/** GitHub rebases no more at once. */
const rebasedMax = 100;

function isHere(repo: { readonly full_name: string }, repository: GitHub['repository']): boolean {
  return repo.full_name.toLowerCase() === fullName(repository).toLowerCase();
}

/** Of a commit that it does not have GitHub says that the question is wrong. */
function isUnknownCommit(error: unknown): boolean {
  return isPawlError(error) && error.code === 'github.invalid';
}
