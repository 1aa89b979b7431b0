import { acknowledgementsOf } from '../controller/acknowledgements.ts';
import { besideOf } from '../controller/beside.ts';
import { foreignClaim } from '../controller/claim.ts';
import { type ControlPlane, liveOf, planWithInputs } from '../controller/planning.ts';
import { planBetween } from '../controller/plan-between.ts';
import { type UncountedCommit, uncountedCommit } from '../controller/uncounted.ts';
import { isPawlError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import { lockPath, settingsPath } from '../manifest/file-name.ts';
import type { Problem } from '../manifest/problem.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Plan } from '../plan/change.ts';
import { environmentPaths } from '../source/environment-paths.ts';
import { mergeResult } from '../source/merge-result.ts';
import type { TreeMerge } from '../source/reader.ts';
import { settingsAt, snapshot } from '../source/snapshot.ts';
import type { PullRequestRow } from '../store/pull-request.ts';

/** What merging a pull request would mean for one environment. */
export type PullVerdict = {
  readonly environment: string;
  /** Tells apart environments of the same name in different installations. */
  readonly lineage: string;
  readonly revision: number;
  /** The commit of the base branch that it was merged with. */
  readonly base: string;
} & (
  | {
      readonly kind: 'planned';
      readonly plan: Plan;
      readonly mergeTree: string;
      /** Of an environment that requires signatures: one of the branch's commits that could not go live as it is. */
      readonly uncounted?: UncountedCommit | undefined;
    }
  /** Nothing of what makes the environment is in the pull request. */
  | { readonly kind: 'untouched'; readonly mergeTree: string }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  /** `pawl.yaml` of the merge result cannot be used. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[]; readonly mergeTree: string }
  /** The files are such that nothing of them is read. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Nobody can say yet. */
  | { readonly kind: 'waiting'; readonly why: string }
);

export interface PullAgainst {
  readonly pull: PullRequestRow;
  /** As the base branch says them, never as the pull request does. */
  readonly settings: EnvironmentSettings;
  /** The tip of the base branch. */
  readonly base: string;
  readonly merge: TreeMerge;
}

/** The merge of a pull request into what its base branch is now: another one is made whenever that moves. */
export async function mergeOfPull(plane: ControlPlane, pull: PullRequestRow, base: string): Promise<TreeMerge> {
  const { repository } = plane;
  // A branch of the same repository came with the others: asking the forge again would cost each plan a fetch.
  if (!(await isHere(plane, pull.head_sha))) {
    await repository.fetchOnly({ pulls: [pull.number], commits: [pull.head_sha] });
  }
  return mergeResult(repository, { base, head: pull.head_sha, pull: pull.number });
}

async function isHere({ repository }: ControlPlane, commit: string): Promise<boolean> {
  try {
    return (await repository.resolve(commit)) === commit;
  } catch (error) {
    if (isPawlError(error) && error.code === 'git.ref_not_found') return false;
    throw error;
  }
}

/** Plans one environment as it would be after the merge, by the settings and the rules of the base side. */
export async function pullVerdict(
  plane: ControlPlane,
  against: PullAgainst,
  { log }: { readonly log?: Log } = {},
): Promise<PullVerdict> {
  const { settings, base, merge } = against;
  const live = await liveOf(plane, settings.name);
  const of = { environment: settings.name, lineage: live.lineage, revision: live.revision, base };
  // What is live there is another repository's, and nothing of it is shown here.
  const foreign = await foreignClaim(plane, settings.name);
  if (foreign !== undefined) return { ...of, kind: 'refused', code: foreign.code, message: foreign.message };
  if (merge.kind === 'conflict') return { ...of, kind: 'conflict', paths: merge.paths };
  if (merge.kind === 'unavailable') return { ...of, kind: 'waiting', why: merge.why };
  const { commit, tree: mergeTree } = merge;
  try {
    const touched = await touch(plane, against, commit);
    if (touched === 'nothing') return { ...of, kind: 'untouched', mergeTree };
    if (touched === 'settings') {
      const read = await settingsAt(plane.repository, commit);
      if (read.settings === undefined) return { ...of, kind: 'invalid', problems: read.problems, mergeTree };
    }
    const plan = await planOf(plane, { ...against, commit, lineage: live.lineage, log });
    const uncounted = await uncountedCommit(plane.repository, { settings, base, head: against.pull.head_sha });
    return { ...of, kind: 'planned', plan, mergeTree, ...(uncounted === undefined ? {} : { uncounted }) };
  } catch (error) {
    if (!(isPawlError(error) && error instanceof TerminalError)) throw error;
    return { ...of, kind: 'refused', code: error.code, message: error.message };
  }
}

interface Planning extends PullAgainst {
  readonly commit: string;
  readonly lineage: string;
  readonly log: Log | undefined;
}

/** What anybody may send from a fork is compared with the base branch: it says nothing of what is live. */
async function planOf(plane: ControlPlane, { pull, settings, base, commit, lineage, log }: Planning): Promise<Plan> {
  const { repository, database } = plane;
  const subject = await repository.subject(pull.head_sha);
  const shown = { branch: `#${pull.number} into ${pull.base_ref}`, commit: pull.head_sha, subject };
  if (pull.is_fork) {
    const { plan } = await planBetween(repository, { environment: settings.name, base, commit });
    const acknowledgements = await acknowledgementsOf(database, { ...plan, lineage });
    return { ...plan, target: { ...plan.target, ...shown }, beside: { acknowledgements } };
  }
  const plan = await besideOf(database, await planWithInputs(plane, { settings, commit }), { log });
  return { ...plan, target: { ...plan.target, ...shown } };
}

type Touched = 'nothing' | 'settings' | 'files';

async function touch(plane: ControlPlane, { settings, base }: PullAgainst, commit: string): Promise<Touched> {
  const { repository, snapshots } = plane;
  const paths = environmentPaths(settings.paths);
  const changed = await repository.changes(base, commit, [...paths, settingsPath, lockPath]);
  if (changed.some(({ path }) => path === settingsPath)) return 'settings';
  if (changed.length > 0) return 'files';
  // Prompts and scripts may lie anywhere: whether one that is read was changed, only what is made of them says.
  const [before, after] = [
    await snapshot(repository, { commit: base, environment: settings }, { cache: snapshots }),
    await snapshot(repository, { commit, environment: settings }, { cache: snapshots }),
  ];
  return before.root === after.root && before.problems.length === after.problems.length ? 'nothing' : 'files';
}
