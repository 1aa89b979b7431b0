import { readEachEnvironment } from '../controller/environments.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { environmentMarks, plansOfPull, forgetPublished } from '../store/pull-plan.ts';
import { openPulls, type PullRequestRow, recordPull } from '../store/pull-request.ts';
import type { GitHubContext, GitHubRound, Turn } from './context.ts';
import { isNotFound } from './not-found.ts';
import { listOpenPulls, readPull } from './pull-facts.ts';
import { areIntact, type PlannedPull, publish } from './publish.ts';
import { mergeOfPull, pullVerdict, type PullVerdict } from './pull-verdict.ts';
import { fullName } from './repository-name.ts';

/** Keeps what GitHub shows of each open pull request true. */
export const pullRequestsTurn: Turn = { name: 'pull requests', take: pullRequestsTick };

/** What is remembered between rounds. Losing it costs plans, not comments. */
interface Remembered {
  /** What a pull request's plans were last made from; the same again needs no plan. */
  readonly settled: Map<number, string>;
  /** Of those that came to nothing: what they were made from, for the next sweep. */
  readonly postponed: Map<number, string>;
  /** In which round each was last looked at: whoever waited longest comes first. */
  readonly turns: Map<number, number>;
  round: number;
}

const remembering = new WeakMap<GitHubContext['github'], Remembered>();

function rememberedOf(github: GitHubContext['github']): Remembered {
  const known = remembering.get(github);
  if (known !== undefined) return known;
  const fresh: Remembered = { settled: new Map(), postponed: new Map(), turns: new Map(), round: 0 };
  remembering.set(github, fresh);
  return fresh;
}

/** So many in one round, so that the other turns have theirs. */
const pullsMax = 20;

/**
 * Level-triggered: whatever the hint, it reads the pull requests that may have moved, and plans those of which the head,
 * the base, what is live or what was acknowledged is not what their plan was made from.
 */
export async function pullRequestsTick(round: GitHubRound, signal: AbortSignal): Promise<void> {
  const { plane, github } = round;
  const remembered = rememberedOf(github);
  await look(round);
  const open = await openPulls(plane.database.db, fullName(github.repository));
  if (open.length === 0) return;
  const touched = new Set(
    round.hints.flatMap(({ event, number }) => (event === 'issue_comment' && number !== undefined ? [number] : [])),
  );
  const again = new Set(
    round.hints.flatMap(({ event, action, number }) =>
      event.startsWith('check_') && action === 'rerequested' ? (number ?? []) : [],
    ),
  );
  for (const pull of open) {
    if (again.has(pull.number)) {
      await forgetPlans(round, pull);
      remembered.settled.delete(pull.number);
    }
    if ((round.isSweep || touched.has(pull.number)) && !(await areIntact(round, pull)))
      remembered.settled.delete(pull.number);
  }
  // Cheap where nothing moved; what it brings is in the marks.
  if (round.isSweep || round.hints.length > 0) await plane.repository.fetch(signal);
  const failure = await refreshAll(round, await dueOf(round, open), signal);
  if (failure !== undefined) throw failure;
}

/** Somebody wants to see it made again, whether or not anything moved. */
async function forgetPlans({ plane }: GitHubContext, { repository, number }: PullRequestRow): Promise<void> {
  const { db } = plane.database;
  for (const row of (await plansOfPull(db, repository, number)).values()) await forgetPublished(db, row);
}

interface Due {
  readonly pull: PullRequestRow;
  readonly mark: string;
}

/** Those that moved, in turns: one that never settles keeps no other from being looked at. */
async function dueOf(round: GitHubRound, open: readonly PullRequestRow[]): Promise<readonly Due[]> {
  const { settled, postponed, turns } = rememberedOf(round.github);
  const marks = await marksOf(round, open);
  return open
    .flatMap((pull): readonly Due[] => {
      const mark = marks.get(pull.number) ?? '';
      if (settled.get(pull.number) === mark) return [];
      return !round.isSweep && postponed.get(pull.number) === mark ? [] : [{ pull, mark }];
    })
    .toSorted((one, other) => (turns.get(one.pull.number) ?? 0) - (turns.get(other.pull.number) ?? 0));
}

/** Gives what the first that failed has failed with, when all have been tried. */
async function refreshAll(round: GitHubRound, due: readonly Due[], signal: AbortSignal): Promise<Error | undefined> {
  const remembered = rememberedOf(round.github);
  const { settled, postponed, turns } = remembered;
  remembered.round += 1;
  let failure: Error | undefined;
  for (const { pull, mark } of due.slice(0, pullsMax)) {
    if (signal.aborted) break;
    turns.set(pull.number, remembered.round);
    try {
      if (await refresh(round, pull, signal)) settled.set(pull.number, mark);
    } catch (error) {
      // What was given up is not what it came to: the next round begins it anew.
      if (signal.aborted) throw error;
      if (error instanceof RetryableError && !isItsOwn(error)) throw error;
      failure ??= error instanceof Error ? error : new Error(String(error));
      (error instanceof RetryableError ? postponed : settled).set(pull.number, mark);
    }
  }
  return failure;
}

/** Of GitHub's limits and outages the next pull request would hear too; commits that cannot be got are one's own. */
function isItsOwn({ code }: RetryableError): boolean {
  return code === 'git.timeout';
}

/** Brings the rows up to date: those that hints name, and in a sweep all. */
async function look(round: GitHubRound): Promise<void> {
  const { github, plane, hints, isSweep } = round;
  const { db } = plane.database;
  const hinted = new Set(hints.flatMap(({ number }) => number ?? []));
  if (isSweep) {
    const open = await listOpenPulls(github);
    for (const pull of open) await recordPull(db, pull);
    const listed = new Set(open.map(({ number }) => number));
    // Those that were open and are not: whether they were merged, only each of them says.
    const known = await openPulls(db, fullName(github.repository));
    for (const { number } of known) if (!listed.has(number)) hinted.add(number);
  }
  for (const number of hinted) {
    try {
      await recordPull(db, await readPull(github, number));
    } catch (error) {
      // An issue has a number too.
      if (!isNotFound(error)) throw error;
    }
  }
}

/** What each pull request's plans are made from, as one text. */
async function marksOf(
  { plane }: GitHubContext,
  open: readonly PullRequestRow[],
): Promise<ReadonlyMap<number, string>> {
  const live = JSON.stringify(await environmentMarks(plane.database.db));
  const bases = new Map<string, string>();
  for (const ref of new Set(open.map(({ base_ref: base }) => base))) {
    bases.set(ref, (await tipOf({ plane }, ref)) ?? 'none');
  }
  return new Map(
    open.map((pull) => {
      const { number, head_sha: head, base_ref: base, is_draft: isDraft } = pull;
      return [number, `${head} ${base} ${bases.get(base)} ${isDraft} ${live}`];
    }),
  );
}

async function tipOf({ plane }: Pick<GitHubContext, 'plane'>, branch: string): Promise<string | undefined> {
  try {
    return await plane.repository.resolve(branch);
  } catch (error) {
    if (isPawlError(error) && !(error instanceof RetryableError)) return undefined;
    throw error;
  }
}

/** `false`: it moved while it was looked at, or cannot be judged yet. Nothing is planned or told once the signal aborts. */
async function refresh(context: GitHubContext, pull: PullRequestRow, signal: AbortSignal): Promise<boolean> {
  const { plane, log } = context;
  const base = await tipOf(context, pull.base_ref);
  if (base === undefined) return true;
  const environments = (await readEachEnvironment(plane.repository)).flatMap((reading) =>
    'settings' in reading && reading.settings.branch === pull.base_ref ? [reading.settings] : [],
  );
  const rows = await plansOfPull(plane.database.db, pull.repository, pull.number);
  const left = leftOf(rows, environments);
  if (environments.length === 0 && left.length === 0) return true;
  const merge = await mergeOfPull(plane, pull, base);
  let isSettled = true;
  for (const settings of environments) {
    signal.throwIfAborted();
    const verdict = await pullVerdict(plane, { pull, settings, base, merge }, { log });
    signal.throwIfAborted();
    const published = await publish(context, { pull, rows }, verdict);
    if (published === 'superseded') return false;
    if (verdict.kind === 'waiting') isSettled = false;
  }
  for (const verdict of left)
    if ((await publish(context, { pull, rows }, { ...verdict, base })) === 'superseded') return false;
  return isSettled;
}

/** Environments that it was planned for and that go live from another branch now: their comments must not stay. */
function leftOf(
  rows: PlannedPull['rows'],
  environments: readonly EnvironmentSettings[],
): readonly (PullVerdict & { readonly kind: 'untouched' })[] {
  const here = new Set(environments.map(({ name }) => name));
  return Array.from(rows.values())
    .filter(({ environment }) => !here.has(environment))
    .map(({ environment, base_revision: revision }) => {
      return { kind: 'untouched', environment, lineage: '', revision, base: '', mergeTree: '' };
    });
}
