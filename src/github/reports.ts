import { planCommit } from '../controller/planning.ts';
import { digest } from '../manifest/digest.ts';
import { code, inert } from '../plan/render/inert.ts';
import { clip } from '../plan/render/words.ts';
import { type ConditionRecord, readConditions } from '../store/condition.ts';
import { type AppliedSince, mergedPulls, type MergedPull, revisionsSince } from '../store/pull-report.ts';
import { readNote, recordNote } from '../store/pull-note.ts';
import { settingsOn } from './command-plans.ts';
import type { GitHubRound, Turn } from './context.ts';
import { tellDeployment } from './deployments.ts';
import { historyLine } from './links.ts';
import { writeComment } from './plan-comment.ts';
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
}

/** The first revision whose commit holds the merge. */
async function appliedAs({ plane }: GitHubRound, pull: MergedPull): Promise<AppliedSince | undefined> {
  const { repository, database } = plane;
  for (const one of await revisionsSince(database.db, pull.environment, pull.mergedAt)) {
    if (one.commit === pull.commit || (await holds(repository, pull.commit, one.commit))) return one;
  }
  return undefined;
}

async function holds(repository: GitHubRound['plane']['repository'], commit: string, later: string): Promise<boolean> {
  // A commit that was not fetched yet is in nothing that is live.
  return await repository.isAncestor(commit, later).catch(() => false);
}

interface Applied {
  readonly pull: MergedPull;
  readonly applied: AppliedSince;
  readonly conditions: readonly ConditionRecord[];
}

async function tellApplied(round: GitHubRound, { pull, applied, conditions }: Applied): Promise<void> {
  const { environment, commit } = pull;
  const at = applied.at.toISOString().replace(/\.\d+Z$/, 'Z');
  const healthy = conditions.find(({ type }) => type === 'Healthy');
  const health = healthy === undefined || healthy.message === '' ? '' : ` ${inert(clip(healthy.message, 300))}`;
  const text = `${code(environment)} is at this change: applied as revision ${applied.revision} at ${at}.${health}`;
  await tellDeployment(round, { environment, commit, state: 'success', description: `Revision ${applied.revision}` });
  await say(round, { pull, subject: 'applied', text, about: digest(text) });
}

/** The first stage that the commit did not pass, in the words of its condition. */
async function tellWaiting(
  round: GitHubRound,
  pull: MergedPull,
  conditions: readonly ConditionRecord[],
): Promise<void> {
  const { plane } = round;
  const { environment, commit } = pull;
  const held = conditions.find(
    ({ type, status, reason }) => stages.has(type) && status === 'False' && reason !== 'Blocked',
  );
  if (held?.commit === undefined) return;
  if (held.commit !== commit && !(await holds(plane.repository, commit, held.commit))) return;
  const state = held.type === 'Gated' || passing.has(held.reason) ? 'queued' : 'failure';
  await tellDeployment(round, { environment, commit, state, description: `${held.reason}: ${held.message}` });
  const head = held.reason === 'NotAsReviewed' ? '**This is not what was reviewed.** ' : '';
  const how = asks.has(held.reason)
    ? '\n\nWhoever may, and had no hand in it, answers below with `/pawl ack` and the ids.'
    : '';
  const text = `${head}${code(environment)} waits (${inert(held.reason)}): ${inert(clip(held.message, 1_000))}${how}`;
  // What is acknowledged below is held against this plan.
  const plan = asks.has(held.reason) ? await digestOf(round, pull) : 'none';
  await say(round, { pull, subject: 'waits', text, about: `${plan} ${digest(text)}` });
}

const stages = new Set(['SourceReady', 'Planned', 'Gated', 'Applied']);
const passing = new Set(['ManualApply', 'Suspended', 'OutsideWindow']);
const asks = new Set(['NotAsReviewed', 'Unacknowledged']);

async function digestOf({ plane }: GitHubRound, { branch, environment }: MergedPull): Promise<string> {
  const settings = (await settingsOn(plane, branch)).find(({ name }) => name === environment);
  if (settings === undefined) return 'none';
  return (await planCommit(plane, { settings, commit: await plane.repository.resolve(branch) })).digest;
}

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
