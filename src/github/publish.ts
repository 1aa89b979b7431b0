import { sha256 } from '../manifest/digest.ts';
import { operationsOf, risksShownOf } from '../plan/reviewed.ts';
import { inert } from '../plan/render/inert.ts';
import { clip, listed } from '../plan/render/words.ts';
import {
  forgetPublished,
  plansOfPull,
  type PullPlanRow,
  recordMade,
  recordPublished,
  recordPullPlan,
} from '../store/pull-plan.ts';
import { recordAskers } from '../store/pull-hands.ts';
import { type PullRequestRow, recordPull } from '../store/pull-request.ts';
import { isPawlError, TerminalError } from '../errors.ts';
import type { GitHubContext } from './context.ts';
import { historyLink } from './links.ts';
import { isNotFound } from './not-found.ts';
import { writeCheck } from './plan-check.ts';
import { writeComment, type WrittenComment } from './plan-comment.ts';
import { readPull } from './pull-facts.ts';
import { type Shown, shownOf } from './pull-shown.ts';
import type { PullVerdict } from './pull-verdict.ts';

export type Published =
  | 'written'
  /** What stands there says it already. */
  | 'same'
  /** Somebody pushed, closed or retargeted it meanwhile: nothing of the old one is said. */
  | 'superseded';

/** A pull request, and what its plans of each environment say by now. */
export interface PlannedPull {
  readonly pull: PullRequestRow;
  readonly rows: ReadonlyMap<string, PullPlanRow>;
}

/** Keeps what was planned and tells GitHub: one write of the comment and one of the check, none where nothing changed. */
export async function publish(
  context: GitHubContext,
  { pull, rows }: PlannedPull,
  verdict: PullVerdict,
): Promise<Published> {
  const { db } = context.plane.database;
  const { repository, number } = pull;
  const { environment } = verdict;
  const before = rows.get(environment);
  const shown = shownOf(pull, verdict, context.publicUrl);
  if (before?.published?.split(' ')[0] === shown.digest) {
    await recordPullPlan(db, rowOf(pull, verdict), true);
    return 'same';
  }
  // The last moment to see it; what is pushed from here on brings its own plan after this one.
  const now = await readPull(context.github, number);
  if (now.headSha !== pull.head_sha || now.state !== 'open' || now.baseRef !== pull.base_ref) {
    await recordPull(db, now);
    return 'superseded';
  }
  await recordPullPlan(db, rowOf(pull, verdict), false);
  await recordAskers(db, pull);
  const key = { repository, number, environment };
  const comment = await tellComment(context, { number, before, shown });
  if (comment?.id !== undefined) await recordMade(db, key, { commentId: comment.id });
  const checkId = await writeCheck(context.github, {
    environment,
    headSha: pull.head_sha,
    id: before?.head_sha === pull.head_sha ? (before.check_id ?? undefined) : undefined,
    shown,
    url: comment?.url ?? historyLink(context.publicUrl, environment),
  });
  const published = `${shown.digest} ${sha256(comment?.body ?? '')}`;
  await recordPublished(db, key, { commentId: comment?.id, checkId, published });
  await tellNewRisks(context, { pull, verdict, before });
  return 'written';
}

/** Whether each comment of a pull request's plans stands there as it was written: people may edit and delete them. */
export async function areIntact({ github, plane }: GitHubContext, pull: PullRequestRow): Promise<boolean> {
  const { db } = plane.database;
  const { octokit, repository } = github;
  let intact = true;
  for (const row of (await plansOfPull(db, pull.repository, pull.number)).values()) {
    const body = row.published?.split(' ')[1];
    if (row.comment_id === null || body === undefined) continue;
    try {
      const { data } = await octokit.rest.issues.getComment({ ...repository, comment_id: row.comment_id });
      if (sha256(data.body ?? '') === body) continue;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await forgetPublished(db, row);
    intact = false;
  }
  return intact;
}

function rowOf(pull: PullRequestRow, verdict: PullVerdict): Parameters<typeof recordPullPlan>[1] {
  const { repository, number } = pull;
  const { environment } = verdict;
  const plan = verdict.kind === 'planned' ? verdict.plan : undefined;
  return {
    repository,
    number,
    environment,
    headSha: pull.head_sha,
    baseSha: verdict.base,
    mergeTree: 'mergeTree' in verdict ? verdict.mergeTree : undefined,
    baseRevision: verdict.revision,
    // What a fork's is compared with is not live: nothing is ever applied by its digest.
    planDigest: pull.is_fork ? undefined : plan?.digest,
    operations: plan === undefined ? [] : operationsOf(plan),
    risks: plan === undefined ? [] : risksShownOf(plan),
  };
}

interface Telling {
  readonly number: number;
  readonly before: PullPlanRow | undefined;
  readonly shown: Shown;
}

async function tellComment(
  { github, log }: GitHubContext,
  { number, before, shown }: Telling,
): Promise<(WrittenComment & { readonly body?: string }) | undefined> {
  const id = before?.comment_id ?? undefined;
  const { comment, gone, marker } = shown;
  if (comment === undefined && (id === undefined || shown.conclusion === 'waiting')) {
    return id === undefined ? undefined : { id, url: undefined };
  }
  try {
    const body = comment ?? gone;
    return { ...(await writeComment(github, { number, id, marker, body })), body };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    // A conversation may be locked: the check is what protects the branch, and holds the same.
    log.warn({ number, code: error.code, reason: error.message }, 'a plan could not be written as a comment');
    return undefined;
  }
}

interface NewRisks {
  readonly pull: PullRequestRow;
  readonly verdict: PullVerdict;
  readonly before: PullPlanRow | undefined;
}

/** Whoever approved looked at fewer risks: a comment that is edited in place tells nobody. */
async function tellNewRisks({ github, log }: GitHubContext, { pull, verdict, before }: NewRisks): Promise<void> {
  if (verdict.kind !== 'planned' || before?.published === undefined || before.published === null) return;
  const known = new Set((before.risks as readonly (readonly string[])[]).map((risk) => risk.join(' ')));
  const fresh = verdict.plan.risks.filter(
    ({ gate, class: kind, content }) => gate === 'ack' && !known.has(`${kind} ${content}`),
  );
  if (fresh.length === 0) return;
  const { octokit, repository } = github;
  try {
    const asked = { ...repository, pull_number: pull.number, per_page: 100 };
    const { data } = await octokit.rest.pulls.listReviews(asked);
    const approvers = new Set(
      data.filter(({ state }) => state === 'APPROVED').flatMap(({ user }) => user?.login ?? []),
    );
    if (approvers.size === 0) return;
    const contents = fresh.map(({ content }) => content.slice(0, 12)).sort();
    const marker = `<!-- pawl:new-risk ${encodeURIComponent(verdict.environment).replaceAll('-', '%2D')} ${contents.join(' ').slice(0, 400)} -->`;
    const lines = fresh.slice(0, 10).map(({ id, title }) => `- ${inert(id)} ${inert(clip(title, 300))}`);
    const hidden = fresh.length - lines.length;
    const body = [
      `Since ${listed(
        [...approvers].map((login) => inert(login)),
        5,
      )} approved, this pull request came to bring more to ${inert(verdict.environment)}:`,
      [...lines, ...(hidden > 0 ? [`- and ${hidden} more.`] : [])].join('\n'),
      'The plan is in the comment above.',
      marker,
    ].join('\n\n');
    await writeComment(github, { number: pull.number, id: undefined, marker, body });
  } catch (error) {
    if (!isPawlError(error) || !(error instanceof TerminalError)) throw error;
    log.warn({ number: pull.number, code: error.code, reason: error.message }, 'new risks could not be told');
  }
}
