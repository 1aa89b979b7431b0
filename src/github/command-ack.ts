import { acknowledge } from '../apply/acknowledge.ts';
import { channels } from '../bus/bus.ts';
import { planCommit } from '../controller/planning.ts';
import type { Plan } from '../plan/change.ts';
import { approversText } from '../plan/approvers.ts';
import { code, inert } from '../plan/render/inert.ts';
import { clip } from '../plan/render/words.ts';
import { recordPushers } from '../store/pull-hands.ts';
import { readNote } from '../store/pull-note.ts';
import { plansOfPull } from '../store/pull-plan.ts';
import type { PullFacts } from '../store/pull-request.ts';
import { type Commanding, refused, settingsOn, verdictsOf } from './command-plans.ts';
import type { AckId, Command } from './command.ts';
import type { GitHubRound } from './context.ts';
import { excludedBy, handsOf } from './hands.ts';
import { isNotFound } from './not-found.ts';

interface Acking {
  readonly command: Command & { readonly kind: 'ack' };
  readonly by: Commanding;
  readonly facts: PullFacts;
}

/** A plan, and the comment in which people saw it. */
interface ShownPlan {
  readonly plan: Plan;
  readonly commentId: number;
}

/**
 * Agrees to what a plan's comment showed when somebody wrote theirs. Planned again now, it has to be the same plan, and
 * the comment has to have stood as it is before they wrote: what moved between is seen by nobody.
 */
export async function acknowledgeByComment(round: GitHubRound, { command, by, facts }: Acking): Promise<string> {
  const { github, plane } = round;
  const { database } = plane;
  if (facts.state === 'closed') throw refused('The pull request was closed.', 'Open it again.');
  if (facts.isFork && facts.state === 'open') {
    throw refused(
      'What a fork brings is not compared with what is live, so that there is nothing to agree to yet.',
      'Merge it, or bring it as a branch of this repository: the plan that follows asks.',
    );
  }
  const hands = await handsOf(github, facts.number);
  if (hands.pushers === undefined && facts.state === 'open') {
    throw refused('GitHub does not tell who pushed to this branch.', 'Let the App read contents of the repository.');
  }
  await recordPushers(database.db, facts, hands.pushers ?? []);
  const shown = facts.state === 'open' ? await openPlans(round, facts) : await mergedPlans(round, facts);
  const chosen = chosenOf(command.ids, shown);
  for (const one of chosen.keys()) await assertStood(round, one, by.writtenAt);
  const lines: string[] = [];
  for (const [{ plan }, ids] of chosen) {
    const { outstanding } = await acknowledge(database, plan, {
      by: by.person.name,
      membership: by.person,
      ids,
      excluded: excludedBy(github, facts.number, hands),
      ...(command.reason === undefined ? {} : { reason: command.reason }),
    });
    // Losing it is harmless: controllers also look by themselves.
    await database.notify(channels.acknowledged, plan.environment).catch(() => undefined);
    const missing = outstanding.map(
      ({ id, approvers, title }) => `- ${code(id)} ${inert(clip(title, 200))} (${inert(approversText(approvers))})`,
    );
    const rest = missing.length === 0 ? 'Nothing else is missing.' : `Still missing:\n${missing.join('\n')}`;
    lines.push(`${ids.map((id) => code(id)).join(', ')} of ${code(plan.environment)}: acknowledged. ${rest}`);
  }
  return lines.join('\n\n');
}

async function openPlans(round: GitHubRound, facts: PullFacts): Promise<readonly ShownPlan[]> {
  const rows = await plansOfPull(round.plane.database.db, facts.repository, facts.number);
  return (await verdictsOf(round, facts)).flatMap((verdict) => {
    const row = rows.get(verdict.environment);
    if (verdict.kind !== 'planned' || row === undefined) return [];
    if (row.comment_id === null || row.published === null) return [];
    // The comment shows another plan than this one: it is about to be written anew.
    if (row.plan_digest !== verdict.plan.digest || row.head_sha !== facts.headSha) throw moved(verdict.environment);
    return [{ plan: verdict.plan, commentId: row.comment_id }];
  });
}

/** After the merge it is the branch's own plan, and the comment that says what it waits for. */
async function mergedPlans({ plane }: GitHubRound, facts: PullFacts): Promise<readonly ShownPlan[]> {
  const { repository, database } = plane;
  await repository.fetch();
  const shown: ShownPlan[] = [];
  for (const settings of await settingsOn(plane, facts.baseRef)) {
    const note = await readNote(database.db, { ...facts, subject: `waits ${settings.name}` });
    if (note.commentId === undefined) continue;
    const plan = await planCommit(plane, { settings, commit: await repository.resolve(settings.branch) });
    if (note.content?.split(' ')[0] !== plan.digest) throw moved(settings.name);
    shown.push({ plan, commentId: note.commentId });
  }
  return shown;
}

function chosenOf(ids: readonly AckId[], shown: readonly ShownPlan[]): ReadonlyMap<ShownPlan, readonly string[]> {
  const chosen = new Map<ShownPlan, string[]>();
  for (const { environment, id } of ids) {
    const having = shown.filter(
      ({ plan }) => (environment === undefined || plan.environment === environment) && mayHave(plan, id),
    );
    const [first, second] = having;
    if (first === undefined) {
      throw refused(`No plan on this pull request shows ${id}.`, 'Take the ids from the comment of the plan.');
    }
    if (second !== undefined) {
      const names = having.map(({ plan }) => `${plan.environment}:${id}`);
      throw refused(`${id} is in more than one environment.`, `Say which: ${names.join(' or ')}.`);
    }
    chosen.set(first, [...(chosen.get(first) ?? []), id]);
  }
  return chosen;
}

/** Guards on runs are found when it is written down; every plan may have one. */
function mayHave(plan: Plan, id: string): boolean {
  return id === 'guard.live_runs' || [...plan.risks, ...plan.guards].some((one) => one.id === id);
}

/** By GitHub's clock alone, and by whole seconds: one that was edited in the same second may have said something else. */
async function assertStood({ github }: GitHubRound, { plan, commentId }: ShownPlan, writtenAt: Date): Promise<void> {
  const { octokit, repository } = github;
  try {
    const { data } = await octokit.rest.issues.getComment({ ...repository, comment_id: commentId });
    if (new Date(data.updated_at) < writtenAt) return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw moved(plan.environment);
}

function moved(environment: string): Error {
  return refused(
    `The plan of ${environment} was written anew since this was asked; nothing was acknowledged.`,
    'Look at it, and acknowledge again.',
  );
}
