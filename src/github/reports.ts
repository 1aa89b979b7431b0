import { acknowledgementsOf } from '../controller/acknowledgements.ts';
import { planCommit } from '../controller/planning.ts';
import { digest } from '../manifest/digest.ts';
import { type Decision, decisionsOf } from '../plan/render/decisions.ts';
import { code, inert } from '../plan/render/inert.ts';
import { clip } from '../plan/render/words.ts';
import { type ConditionRecord, readConditions } from '../store/condition.ts';
import { readEnvironment } from '../store/environment.ts';
import {
  type AppliedSince,
  mergedPulls,
  type MergedPull,
  revisionsSince,
  settledSubject,
  workersSince,
} from '../store/pull-report.ts';
import { readNote, recordNote } from '../store/pull-note.ts';
import { settingsOn } from './command-plans.ts';
import type { GitHubRound, Turn } from './context.ts';
import { type DeploymentSaid, revisionText, tellDeployment, tellMoved } from './deployments.ts';
import { historyLine } from './links.ts';
import { writeComment } from './plan-comment.ts';
import { tellOnPlan } from './plan-state.ts';
import { fullName } from './repository-name.ts';

/** Tells merged pull requests what became of them. */
export const reportsTurn: Turn = { name: 'reports', take: reportsTick };

const pullsMax = 50;

/** Until a merged pull request is live, says what it waits for, edited in place; then, once, that it is live. */
export async function reportsTick(round: GitHubRound, signal: AbortSignal): Promise<void> {
  const { db } = round.plane.database;
  for (const pull of await mergedPulls(db, fullName(round.github.repository), pullsMax)) {
    if (signal.aborted) return;
    const applied = await appliedAs(round, pull);
    const conditions = (await readConditions(db, [pull.environment])).get(pull.environment) ?? [];
    if (applied === undefined) await tellWaiting(round, pull, conditions);
    else await tellApplied(round, { pull, applied, conditions });
  }
  await tellMoved(round);
}

interface AppliedAs extends AppliedSince {
  /** The rollback that took it back, while what it made live is what is live. */
  readonly takenBackBy: number | undefined;
  /** Another one is live since. */
  readonly isOver: boolean;
}

/** The first revision whose commit holds the merge. */
async function appliedAs({ plane }: GitHubRound, pull: MergedPull): Promise<AppliedAs | undefined> {
  const { repository, database } = plane;
  const revisions = await revisionsSince(database.db, pull.environment, pull.mergedAt);
  for (const one of revisions) {
    if (one.rollbackTo !== null) continue;
    if (one.commit !== pull.commit && !(await holds(repository, pull.commit, one.commit))) continue;
    const last = revisions.at(-1) ?? one;
    const isBack = last.rollbackTo !== null && last.rollbackTo < one.revision;
    return { ...one, takenBackBy: isBack ? last.revision : undefined, isOver: last.revision > one.revision };
  }
  return undefined;
}

async function holds(repository: GitHubRound['plane']['repository'], commit: string, later: string): Promise<boolean> {
  // A commit that was not fetched yet is in nothing that is live.
  return await repository.isAncestor(commit, later).catch(() => false);
}

interface Applied {
  readonly pull: MergedPull;
  readonly applied: AppliedAs;
  readonly conditions: readonly ConditionRecord[];
}

/** The plan's comment is kept true until there is nothing to add; people are notified once. */
async function tellApplied(round: GitHubRound, { pull, applied, conditions }: Applied): Promise<void> {
  const { db } = round.plane.database;
  const { environment, number, commit } = pull;
  const { revision, isOver, takenBackBy } = applied;
  const at = applied.at.toISOString().replace(/\.\d+Z$/, 'Z');
  const { live, heard } = await workersSince(db, environment, applied.at);
  const health = conditions.find(({ type }) => type === 'Healthy');
  const isUnhealthy = !isOver && health?.status === 'False';
  const parts = [
    `**Applied as revision ${revision} at ${at}.**`,
    ...(takenBackBy === undefined ? [] : [`Revision ${takenBackBy} took it back.`]),
    ...(isOver ? [] : [live === 0 ? 'No worker is running.' : `Workers on it: ${heard} of ${live}.`]),
    ...(isUnhealthy ? [`Not healthy: ${inert(clip(health.message, 300))}`] : []),
  ];
  if (isUnhealthy) {
    const description = `${health.reason}: ${health.message}`;
    await tellDeployment(round, { environment, commit, state: 'failure', description });
  } else if (!isOver) {
    await tellDeployment(round, { environment, commit, state: 'success', description: revisionText(revision) });
  } else if (takenBackBy !== undefined) {
    const description = `${revisionText(takenBackBy)} took it back.`;
    await tellDeployment(round, { environment, commit, state: 'inactive', description });
  }
  await tellOnPlan(round, { number, environment, text: parts.join(' ') });
  await tellEnd(round, pull, `${code(environment)} is at this change: applied as revision ${revision} at ${at}.`);
  // Workers come and go: what is said last is said when all of them are on it, or when it is known how it does.
  const isDecided = health !== undefined && health.reason !== 'Observing';
  if (!isOver && heard < live && !isDecided) return;
  const key = { repository: fullName(round.github.repository), number, subject: settledSubject(environment) };
  const last = (await readEnvironment(db, environment))?.revision ?? revision;
  await recordNote(db, key, { commentId: undefined, content: String(last) });
}

/** One new comment for everybody who follows the pull request; what said that it waits says so no longer. */
async function tellEnd(round: GitHubRound, pull: MergedPull, text: string): Promise<void> {
  const { db } = round.plane.database;
  const key = { repository: fullName(round.github.repository), number: pull.number };
  const waits = await readNote(db, { ...key, subject: `waits ${pull.environment}` });
  if (waits.commentId !== undefined) {
    await say(round, { pull, subject: 'waits', text: `It waits no longer: ${text}`, about: 'none' });
  }
  const told = await readNote(db, { ...key, subject: `applied ${pull.environment}` });
  if (told.commentId === undefined) await say(round, { pull, subject: 'applied', text, about: digest(text) });
}

/** The first stage that the commit did not pass, in the words of its condition. */
async function tellWaiting(
  round: GitHubRound,
  pull: MergedPull,
  conditions: readonly ConditionRecord[],
): Promise<void> {
  const { plane } = round;
  const { environment, number, commit } = pull;
  const held = conditions.find(
    ({ type, status, reason }) => stages.has(type) && status === 'False' && reason !== 'Blocked',
  );
  const isOfThis =
    held?.commit !== undefined && (held.commit === commit || (await holds(plane.repository, commit, held.commit)));
  if (!isOfThis) {
    return tellDeployment(round, { environment, commit, ...(await unheldOf(round, pull)) });
  }
  const asked = asks.has(held.reason) ? await askedOf(round, pull) : undefined;
  // Which pull requests brought it is being asked.
  if (asked?.decisions.some(({ id }) => id === 'review.unanswered') === true) return;
  const state = held.type === 'Gated' || passing.has(held.reason) ? 'queued' : 'failure';
  await tellDeployment(round, { environment, commit, state, description: `${held.reason}: ${held.message}` });
  const head = held.reason === 'NotAsReviewed' ? '**This is not what was reviewed.** ' : '';
  const why = `(${inert(held.reason)}): ${inert(clip(held.message, 1_000))}`;
  const verb = state === 'failure' ? 'is not applied' : 'waits';
  const text = `${head}${code(environment)} ${verb} ${why}${asked === undefined ? '' : `\n\n${askingText(asked)}`}`;
  await tellOnPlan(round, { number, environment, text: `**${state === 'failure' ? 'Not applied' : 'Waits'}** ${why}` });
  // What is acknowledged below is held against this plan.
  await say(round, { pull, subject: 'waits', text, about: `${asked?.digest ?? 'none'} ${digest(text)}` });
}

/** A commit that changes nothing of what is live makes no revision: it may have been reverted before it was applied. */
async function unheldOf(
  { plane }: GitHubRound,
  { environment, commit }: MergedPull,
): Promise<Pick<DeploymentSaid, 'state' | 'description'>> {
  const live = (await readEnvironment(plane.database.db, environment))?.commit_id ?? undefined;
  const isPast = live !== undefined && (await holds(plane.repository, commit, live));
  if (isPast) return { state: 'inactive', description: 'Nothing of it was left to apply.' };
  return { state: 'in_progress', description: 'It is being planned.' };
}

interface Asked {
  readonly digest: string;
  readonly decisions: readonly Decision[];
}

/** What the branch's own plan waits for, with what differs from what reviewers were shown. */
async function askedOf({ plane }: GitHubRound, { branch, environment }: MergedPull): Promise<Asked | undefined> {
  const settings = (await settingsOn(plane, branch)).find(({ name }) => name === environment);
  if (settings === undefined) return undefined;
  const plan = await planCommit(plane, { settings, commit: await plane.repository.resolve(branch) });
  const beside = { acknowledgements: await acknowledgementsOf(plane.database, plan) };
  const decisions = decisionsOf({ ...plan, beside }).filter(({ state }) => state !== 'acknowledged');
  return { digest: plan.digest, decisions };
}

const decisionsMax = 20;

function askingText({ decisions }: Asked): string {
  const lines = decisions.slice(0, decisionsMax).map(({ id, title, who, details }) => {
    const shown = details.slice(0, detailsMax).map((detail) => `\n  - ${inert(clip(detail, 200))}`);
    return `- ${code(id)} ${inert(clip(title, 300))} (${inert(who)})${shown.join('')}`;
  });
  const hidden = decisions.length - lines.length;
  const more = hidden > 0 ? [`- and ${hidden} more.`] : [];
  return `${[...lines, ...more].join('\n')}\n\nWhoever may, and had no hand in it, answers below with \`/pawl ack\` and the ids.`;
}

const detailsMax = 5;

const stages = new Set(['SourceReady', 'Planned', 'Gated', 'Applied']);
const passing = new Set(['ManualApply', 'Suspended', 'OutsideWindow']);
const asks = new Set(['NotAsReviewed', 'Unacknowledged']);

interface Saying {
  readonly pull: MergedPull;
  readonly subject: 'applied' | 'waits';
  readonly text: string;
  readonly about: string;
}

async function say({ github, plane, publicUrl }: GitHubRound, { pull, subject, text, about }: Saying): Promise<void> {
  const { db } = plane.database;
  const { number, environment } = pull;
  const key = { repository: fullName(github.repository), number, subject: `${subject} ${environment}` };
  const note = await readNote(db, key);
  if (note.content === about) return;
  const marker = `<!-- pawl:${subject} ${encodeURIComponent(environment).replaceAll('-', '%2D')} -->`;
  const body = [text, historyLine(publicUrl, environment), marker].filter((part) => part !== '').join('\n\n');
  const { id } = await writeComment(github, { number, id: note.commentId, marker, body: `${body}\n` });
  await recordNote(db, key, { commentId: id, content: about });
}
