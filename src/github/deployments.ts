import { movedDeployments, readDeployment, recordDeployment } from '../store/deployment.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import type { GitHubContext } from './context.ts';
import { historyLink } from './links.ts';
import { fullName } from './repository-name.ts';

export interface DeploymentSaid {
  readonly environment: string;
  readonly commit: string;
  readonly state: 'queued' | 'in_progress' | 'failure' | 'success' | 'inactive';
  readonly description: string;
}

const descriptionMax = 140;

/** Keeps the state of one commit's deployment on GitHub: made once, and told again only when it changes. */
export async function tellDeployment(
  { github, plane, log, publicUrl }: GitHubContext,
  said: DeploymentSaid,
): Promise<void> {
  const { octokit, repository } = github;
  const { db } = plane.database;
  const { environment, commit, state } = said;
  const key = { repository: fullName(repository), environment, commit };
  const description = said.description.slice(0, descriptionMax);
  const now = await readDeployment(db, key);
  if (now.state === state && now.description === description) return;
  try {
    const id = now.id ?? (await deploymentOf({ github }, said));
    await recordDeployment(db, key, { ...now, id });
    const link = historyLink(publicUrl, environment);
    const asked = {
      ...repository,
      deployment_id: id,
      state,
      description,
      // GitHub would guess by age: after a rollback the older one is live.
      auto_inactive: false,
      ...(link === undefined ? {} : { log_url: link }),
    };
    await octokit.rest.repos.createDeploymentStatus(asked);
    await recordDeployment(db, key, { id, state, description });
  } catch (error) {
    if (!isPawlError(error) || error instanceof RetryableError) throw error;
    // The App may lack the permission; what is live is no different for it.
    log.warn({ environment, commit, code: error.code, reason: error.message }, 'a deployment could not be told');
    await recordDeployment(db, key, { id: now.id, state, description });
  }
}

/** What is live by another revision, or is live again after a rollback. */
export async function tellMoved(round: GitHubContext): Promise<void> {
  const moved = await movedDeployments(round.plane.database.db, fullName(round.github.repository));
  for (const { environment, commit, isLive, revision } of moved) {
    const state = isLive ? 'success' : 'inactive';
    const description = isLive ? revisionText(revision) : `${revisionText(revision)} is live.`;
    await tellDeployment(round, { environment, commit, state, description });
  }
}

/** As rows are compared by it. */
export function revisionText(revision: number): string {
  return `Revision ${revision}`;
}

/** Looked for before it is made: a crash between making and recording makes no second one. */
async function deploymentOf(
  { github }: Pick<GitHubContext, 'github'>,
  { environment, commit }: DeploymentSaid,
): Promise<number> {
  const { octokit, repository, self } = github;
  const asked = { ...repository, environment, sha: commit, task: 'deploy', per_page: 100 };
  const [{ data }, { login }] = [await octokit.rest.repos.listDeployments(asked), await self()];
  const known = data.find(({ creator }) => creator?.login === login);
  if (known !== undefined) return known.id;
  const made = await octokit.rest.repos.createDeployment({
    ...repository,
    ref: commit,
    environment,
    auto_merge: false,
    // What may be applied is decided here: checks of the branch were its gate.
    required_contexts: [],
    description: 'pawl',
  });
  if ('id' in made.data && typeof made.data.id === 'number') return made.data.id;
  throw new RetryableError('GitHub made no deployment.', { code: 'github.unreachable' });
}
