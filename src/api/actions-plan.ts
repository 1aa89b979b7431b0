import { besideOf } from '../controller/beside.ts';
import { foreignClaim } from '../controller/claim.ts';
import { readEnvironments } from '../controller/environments.ts';
import { type ControlPlane, planWithInputs } from '../controller/planning.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { JsonObject } from '../manifest/json.ts';
import { renderJson } from '../plan/render/json.ts';
import { renderMarkdown } from '../plan/render/markdown.ts';
import type { Repository } from '../source/repository.ts';
import type { ActionsJob } from './actions-identity.ts';

export interface ActionsPlan {
  readonly environment: string;
  readonly plan: JsonObject;
  readonly markdown: string;
}

export interface ActionsPlanRequest {
  readonly job: ActionsJob;
  /** Absent: those that go live from the job's branch. */
  readonly environments: readonly string[] | undefined;
}

/** Plans the job's own commit against what is live, as it is in the repository: nothing that a runner sent is read. */
export async function actionsPlans(
  plane: ControlPlane,
  { job, environments }: ActionsPlanRequest,
  log: Log,
): Promise<readonly ActionsPlan[]> {
  await assertThere(plane.repository, job);
  const declared = (await readEnvironments(plane.repository)).filter(({ branch }) => branch === job.branch);
  const unknown = environments?.find((name) => !declared.some((one) => one.name === name));
  if (unknown !== undefined) throw noEnvironment(job.branch);
  const plans: ActionsPlan[] = [];
  for (const settings of declared) {
    if (environments !== undefined && !environments.includes(settings.name)) continue;
    // What is live there is another repository's, and nothing of it is shown here.
    const foreign = await foreignClaim(plane, settings.name);
    if (foreign !== undefined) throw foreign;
    const planned = await planWithInputs(plane, { settings, commit: job.commit, deep: true });
    const plan = await besideOf(plane.database, planned, { log, isRehearsed: false });
    plans.push({ environment: settings.name, plan: renderJson(plan), markdown: renderMarkdown(plan) });
  }
  return plans;
}

/**
 * The commit is where the token says: on its branch; or it merges a branch of this repository into the base. The head
 * of a fork is on no branch here, so that a fork whose jobs were given tokens gets no live value either.
 */
async function assertThere(repository: Repository, { commit, from, branch }: ActionsJob): Promise<void> {
  try {
    await repository.fetch();
    if (from.kind === 'branch') {
      if (await repository.isAncestor(commit, await repository.resolve(from.ref))) return;
      throw gone();
    }
    await repository.fetchOnly({ pulls: [from.number], commits: [commit] });
    const [base, head, ...more] = await repository.parents(commit);
    if (base === undefined || head === undefined || more.length > 0) throw gone();
    const ends = await Promise.all([branch, from.head].map((name) => repository.resolve(`refs/heads/${name}`)));
    const [baseEnd = '', headEnd = ''] = ends;
    if (!(await repository.isAncestor(base, baseEnd)) || !(await repository.isAncestor(head, headEnd))) throw gone();
  } catch (error) {
    if (isPawlError(error) && isMissing(error.code)) throw gone(error);
    throw error;
  }
}

function isMissing(code: string): boolean {
  return ['git.ref_not_found', 'git.ref_refused', 'git.object_missing'].includes(code);
}

function gone(cause?: unknown): TerminalError {
  return new TerminalError('The commit of the job is not on the branch that it should be on.', {
    code: 'actions.commit_gone',
    help: 'Run the workflow again; a fork is planned by Git alone.',
    exit: exitCodes.conflict,
    cause,
  });
}

function noEnvironment(branch: string): TerminalError {
  return new TerminalError('No environment of a name that was asked for goes live from the branch of the job.', {
    code: 'environment.unknown',
    help: `Compare the input environment with what pawl.yaml declares for ${JSON.stringify(branch.slice(0, 80))}.`,
    exit: exitCodes.usage,
  });
}
