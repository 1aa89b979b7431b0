import { besideOf } from '../controller/beside.ts';
import { foreignClaim } from '../controller/claim.ts';
import { liveOf, planWithInputs } from '../controller/planning.ts';
import { broughtBetween } from '../controller/review.ts';
import { isPawlError, TerminalError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import { neutral } from '../manifest/neutral.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import type { Plan } from '../plan/change.ts';
import { decisionsOf } from '../plan/render/decisions.ts';
import { checkRunBytesMax, planMarker, renderMarkdown } from '../plan/render/markdown.ts';
import { clip } from '../plan/render/words.ts';
import { reviewRefusal } from '../plan/review.ts';
import { readShown } from '../store/review.ts';
import { settingsOn } from './command-plans.ts';
import type { GitHubRound, Turn } from './context.ts';
import type { GitHub } from './github.ts';
import { writeCheck } from './plan-check.ts';
import type { Conclusion, Shown } from './pull-shown.ts';
import { fullName } from './repository-name.ts';

/** Says of each group of the merge queue whether it is what its pull requests showed. */
export const mergeGroupsTurn: Turn = { name: 'merge queue', take: mergeGroupsTick };

/** A group that waits to be merged: GitHub keeps a branch for each, which holds those before it too. */
interface Group {
  readonly base: string;
  readonly number: number;
  readonly sha: string;
}

const groupsMax = 100;

/** What stands at the checks of each group's commit. Losing it costs writes of the same, and no second check. */
const told = new WeakMap<GitHub, Map<string, string>>();

/** Webhooks say only that there is something to look at: the groups are those that have a branch now. */
export async function mergeGroupsTick(round: GitHubRound, signal: AbortSignal): Promise<void> {
  const { github, plane, hints, isSweep } = round;
  const known = told.get(github) ?? new Map<string, string>();
  told.set(github, known);
  const isAsked = hints.some(({ event }) => event === 'merge_group');
  if (!isSweep && !isAsked && known.size === 0) return;
  const groups = await groupsOf(github);
  for (const key of known.keys()) {
    if (!groups.some(({ sha }) => key.startsWith(`${sha} `))) known.delete(key);
  }
  if (groups.length === 0) return;
  await plane.repository.fetch(signal);
  await plane.repository.fetchOnly({ commits: groups.map(({ sha }) => sha) }, signal);
  for (const group of groups) {
    for (const settings of await settingsOn(plane, group.base)) {
      if (signal.aborted) return;
      const shown = await shownOfGroup(round, { group, groups, settings });
      const key = `${group.sha} ${settings.name}`;
      if (known.get(key) === shown.digest) continue;
      await writeCheck(github, {
        environment: settings.name,
        headSha: group.sha,
        id: undefined,
        shown,
        url: undefined,
      });
      known.set(key, shown.digest);
    }
  }
}

const groupBranch = /^refs\/heads\/gh-readonly-queue\/(?<base>.+)\/pr-(?<number>\d{1,9})-[0-9a-f]{40}$/;

async function groupsOf({ octokit, repository }: GitHub): Promise<readonly Group[]> {
  const { data } = await octokit.rest.git.listMatchingRefs({ ...repository, ref: 'heads/gh-readonly-queue/' });
  return data.slice(0, groupsMax).flatMap(({ ref, object }) => {
    const { base, number } = groupBranch.exec(ref)?.groups ?? {};
    return base === undefined ? [] : [{ base, number: Number(number), sha: object.sha }];
  });
}

interface Judging {
  readonly group: Group;
  readonly groups: readonly Group[];
  readonly settings: EnvironmentSettings;
}

interface Verdict {
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly plan?: Plan;
}

async function shownOfGroup(round: GitHubRound, judging: Judging): Promise<Shown> {
  const { conclusion, title: said, plan } = await judge(round, judging);
  const title = clip(neutral(said), titleMax);
  const text = plan === undefined ? title : renderMarkdown(plan, { bytesMax: checkRunBytesMax - messageMax });
  const summary = `${title}\n\n${text}`;
  const marker = planMarker(judging.settings.name);
  const about = digest([conclusion, title, plan?.digest ?? null]);
  return { conclusion, title, comment: undefined, gone: '', summary, annotations: [], marker, digest: about };
}

const titleMax = 120;
const messageMax = 1_000;

async function judge(round: GitHubRound, judging: Judging): Promise<Verdict> {
  const { plane, log } = round;
  const { group, settings } = judging;
  // What is live there is another repository's, and nothing of it is shown here.
  const foreign = await foreignClaim(plane, settings.name);
  if (foreign !== undefined) return { conclusion: 'blocked', title: `Cannot be planned: ${foreign.code}` };
  try {
    const planned = await planWithInputs(plane, { settings, commit: group.sha });
    const plan = await besideOf(plane.database, planned, { log });
    if (isErrored(plan) || (plan.quarantined ?? []).length > 0) {
      return { conclusion: 'blocked', title: 'The group cannot be applied', plan };
    }
    if (isUnchanged(plan) && plan.risks.length === 0) return { conclusion: 'ready', title: 'No changes', plan };
    const reviewed = await reviewOf(round, judging, plan);
    if (reviewed !== undefined) return { ...reviewed, plan };
    const open = decisionsOf(plan).filter(({ state }) => state !== 'acknowledged');
    const names = open.slice(0, 5).map(({ id }) => id);
    if (open.length > 0) return { conclusion: 'blocked', title: `Not acknowledged: ${names.join(', ')}`, plan };
    return { conclusion: 'ready', title: 'This is what was reviewed', plan };
  } catch (error) {
    if (!(isPawlError(error) && error instanceof TerminalError)) throw error;
    return { conclusion: 'blocked', title: `Cannot be planned: ${error.code}` };
  }
}

/** Whether the group does what was shown by its pull requests, those before it, and those merged that are not live. */
async function reviewOf(
  { github, plane }: GitHubRound,
  { group, groups, settings }: Judging,
  plan: Plan,
): Promise<Verdict | undefined> {
  const repository = fullName(github.repository);
  const { db } = plane.database;
  const numbers = new Set<number>();
  for (const other of groups) {
    if (other.base === group.base && (await plane.repository.isAncestor(other.sha, group.sha)))
      numbers.add(other.number);
  }
  const live = await liveOf(plane, settings.name);
  const tip = await plane.repository.resolve(group.base);
  const between = { after: live.commit ?? tip, to: tip };
  const brought = await broughtBetween(plane, { repository, branch: group.base }, between);
  if ('id' in brought) return { conclusion: 'blocked', title: brought.message };
  const { unanswered, pushed } = brought;
  if (unanswered > 0) return { conclusion: 'waiting', title: 'GitHub is asked what is merged already' };
  for (const merged of brought.numbers) numbers.add(merged);
  const shown = await readShown(db, { repository, environment: settings.name }, [...numbers]);
  if (shown.length < numbers.size || shown.some(({ isShown }) => !isShown))
    return { conclusion: 'waiting', title: 'A pull request of the group has no plan yet' };
  const refusal = reviewRefusal(plan, shown, { pushed });
  return refusal === undefined ? undefined : { conclusion: 'blocked', title: refusal.message };
}
