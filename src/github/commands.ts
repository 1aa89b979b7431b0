import { readEachEnvironment } from '../controller/environments.ts';
import { liveOf } from '../controller/planning.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import type { Rules } from '../manifest/rules.ts';
import { code, inert } from '../plan/render/inert.ts';
import { moveCursor, readCursor } from '../store/forge-cursor.ts';
import { type HandledCommand, handledComments, recordCommand } from '../store/pull-command.ts';
import { answerCommand } from './command-answer.ts';
import { type Command, parseCommand } from './command.ts';
import { publishReplies } from './command-replies.ts';
import type { GitHubRound, Turn } from './context.ts';
import { standingOn } from './identity.ts';
import { isOwn } from './plan-comment.ts';
import { fullName } from './repository-name.ts';

/** Does what people ask for in comments on pull requests. */
export const commandsTurn: Turn = { name: 'commands', take: commandsTick };

/** A comment as it is listed. */
interface Comment {
  readonly id: number;
  readonly number: number;
  readonly body: string;
  readonly createdAt: string;
  readonly isEdited: boolean;
  readonly byApp: boolean;
  readonly user: { readonly login: string; readonly type: string } | null;
}

const list = 'comments';
const pagesMax = 20;
/** Lists of GitHub may be behind by some seconds, and clocks differ. */
const overlapMs = 300_000;
/** At the first look: a command from before pawl was there is nobody's wish any more. */
const firstMs = 3_600_000;

/** Reads comments that are new since the last look: a webhook says only when. */
export async function commandsTick(round: GitHubRound, signal: AbortSignal): Promise<void> {
  const { plane, github, hints, isSweep } = round;
  if (!isSweep && hints.every(({ event }) => event !== 'issue_comment')) return;
  const { db } = plane.database;
  const repository = fullName(github.repository);
  const readTo = await readCursor(db, repository, list);
  const since = new Date(readTo === undefined ? Date.now() - firstMs : readTo.getTime() - overlapMs);
  const { comments, last } = await listComments(round, since);
  const handled = await handledComments(
    db,
    repository,
    comments.map(({ id }) => id),
  );
  let failure: Error | undefined;
  for (const comment of comments) {
    if (signal.aborted) return;
    const command = handled.has(comment.id) ? undefined : parseCommand(comment.body);
    if (command === undefined) continue;
    try {
      await handle(round, comment, command);
    } catch (error) {
      // GitHub asks for quiet, or is away: the next one would only hear the same.
      if (error instanceof RetryableError && error.code.startsWith('github.')) throw error;
      failure ??= error instanceof Error ? error : new Error(String(error));
    }
  }
  // One that could not be done is found again; those after it do not wait for it.
  if (failure === undefined && last !== undefined) await moveCursor(db, { repository, list }, last);
  await publishReplies(round);
  if (failure !== undefined) throw failure;
}

async function listComments(
  { github }: GitHubRound,
  since: Date,
): Promise<{ readonly comments: readonly Comment[]; readonly last: Date | undefined }> {
  const { octokit, repository, self } = github;
  const me = await self();
  const asked = {
    ...repository,
    since: since.toISOString(),
    sort: 'updated',
    direction: 'asc',
    per_page: 100,
  } as const;
  const comments: Comment[] = [];
  let last: Date | undefined;
  let pages = 0;
  for await (const { data } of octokit.paginate.iterator(octokit.rest.issues.listCommentsForRepo, asked)) {
    for (const one of data) {
      last = new Date(one.updated_at);
      if (isOwn(one, me)) continue;
      comments.push({
        id: one.id,
        number: Number(one.issue_url.split('/').at(-1)),
        body: one.body ?? '',
        createdAt: one.created_at,
        isEdited: one.updated_at !== one.created_at,
        byApp: (one.performed_via_github_app ?? null) !== null,
        user: one.user,
      });
    }
    pages += 1;
    if (pages === pagesMax) break;
  }
  return { comments, last };
}

/** Once: what it came to is kept before anybody is told. */
async function handle(round: GitHubRound, comment: Comment, command: Command): Promise<void> {
  const { github, plane, log } = round;
  const { outcome, answer, reaction } = await outcomeOf(round, comment, command);
  const { id: commentId, number, user } = comment;
  const author = user?.login ?? 'ghost';
  const repository = fullName(github.repository);
  await recordCommand(plane.database.db, { repository, commentId, number, author, outcome, answer });
  log.info({ repository, number, author, command: command.kind, outcome }, 'command on a pull request');
  await react(round, commentId, reaction);
}

interface Came {
  readonly outcome: HandledCommand['outcome'];
  readonly answer: string | undefined;
  readonly reaction: '+1' | '-1' | 'confused' | 'rocket';
}

/** Whoever has no say is answered with a reaction alone, so that nobody can make pawl write. */
async function outcomeOf(round: GitHubRound, comment: Comment, command: Command): Promise<Came> {
  // Others than its author can edit a comment, so that what it says now is nobody's word.
  if (comment.isEdited || comment.byApp) return { outcome: 'ignored', answer: undefined, reaction: 'confused' };
  const standing = await standingOn(round.github, comment.user, () => rulesOf(round));
  if (standing.kind === 'nobody') return { outcome: 'ignored', answer: undefined, reaction: '-1' };
  try {
    const by = { number: comment.number, writtenAt: new Date(comment.createdAt), ...standing };
    const answer = await answerCommand(round, command, by);
    return { outcome: 'done', answer, reaction: command.kind === 'plan' ? 'rocket' : '+1' };
  } catch (error) {
    if (!isPawlError(error) || error instanceof RetryableError) throw error;
    const { message, help } = error;
    const answer = `${inert(message)}${help === undefined ? '' : ` ${inert(help)}`}`;
    return { outcome: 'refused', answer: `${answer} ${code(error.code)}`, reaction: 'confused' };
  }
}

/** Of the base side, as they judge now. */
async function rulesOf({ plane }: GitHubRound): Promise<readonly Rules[]> {
  const rules: Rules[] = [];
  for (const reading of await readEachEnvironment(plane.repository)) {
    if (!('settings' in reading)) continue;
    const live = await liveOf(plane, reading.name);
    const judging = live.rules ?? reading.settings.rules;
    if (judging !== undefined) rules.push(judging);
  }
  return rules;
}

async function react({ github, log }: GitHubRound, comment: number, content: Came['reaction']): Promise<void> {
  const { octokit, repository } = github;
  try {
    await octokit.rest.reactions.createForIssueComment({ ...repository, comment_id: comment, content });
  } catch (error) {
    if (!isPawlError(error) || error instanceof RetryableError) throw error;
    // It was deleted, or the conversation is locked: what was done is done.
    log.debug({ code: error.code }, 'no reaction');
  }
}
