import { renderDeployment, renderDeploymentStatus } from './render-records.ts';
import { repositoryRoute } from './repository-route.ts';
import { type Answer, notFound, numberIn, Refusal, type RepositoryCall, textIn } from './router.ts';
import type { Deployment, DeploymentStatus } from './state.ts';

const read = { app: 'deployments:read', role: 'read' } as const;
const write = { app: 'deployments:write', role: 'write' } as const;

export const deploymentRoutes = [
  repositoryRoute('GET /deployments', read, listDeployments),
  repositoryRoute('POST /deployments', write, createDeployment),
  repositoryRoute('GET /deployments/{deployment_id}', read, getDeployment),
  repositoryRoute('GET /deployments/{deployment_id}/statuses', read, listStatuses),
  repositoryRoute('POST /deployments/{deployment_id}/statuses', write, createStatus),
];

function listDeployments({ world, seen, query }: RepositoryCall): Answer {
  const is = (name: string, value: string): boolean => query.get(name) === null || query.get(name) === value;
  const found = [...seen.deployments.values()]
    .filter((one) => is('sha', one.sha) && is('ref', one.ref))
    .filter((one) => is('environment', one.environment) && is('task', one.task))
    .toReversed();
  return { list: found.map((deployment) => renderDeployment(world, seen, deployment)) };
}

/** Without `required_contexts`, GitHub waits for every check of the commit. */
async function createDeployment({ world, repository, body, login }: RepositoryCall): Promise<Answer> {
  const ref = textIn(body, 'ref') ?? '';
  const bare = world.bare(repository);
  const sha = (await bare.commitOf(`refs/heads/${ref}`)) ?? (await bare.commitOf(ref));
  if (sha === undefined) throw new Refusal(422, `No ref found for: ${ref}`);
  const isEverything = body['required_contexts'] === undefined || body['required_contexts'] === null;
  const pending = [...repository.checks.values()].some((check) => check.sha === sha && check.conclusion !== 'success');
  if (isEverything && pending) throw new Refusal(409, 'Conflict: Commit status checks failed for this ref.');
  const deployment: Deployment = {
    id: world.id(),
    ref,
    sha,
    task: textIn(body, 'task') ?? 'deploy',
    environment: textIn(body, 'environment') ?? 'production',
    description: textIn(body, 'description') ?? null,
    payload: body['payload'],
    user: login,
    createdAt: world.now(),
    statuses: [],
  };
  repository.deployments.set(deployment.id, deployment);
  return { status: 201, body: renderDeployment(world, repository, deployment) };
}

function deploymentOf({ seen, params }: RepositoryCall): Deployment {
  const deployment = seen.deployments.get(numberIn(params, 'deployment_id'));
  if (deployment === undefined) throw notFound();
  return deployment;
}

function getDeployment(call: RepositoryCall): Answer {
  return { status: 200, body: renderDeployment(call.world, call.seen, deploymentOf(call)) };
}

function listStatuses(call: RepositoryCall): Answer {
  const { world, seen } = call;
  const deployment = deploymentOf(call);
  const newest = deployment.statuses.toReversed();
  return { list: newest.map((status) => renderDeploymentStatus(world, seen, { deployment, status })) };
}

/** A success makes the environment's earlier deployments inactive, unless told not to. */
function createStatus(call: RepositoryCall): Answer {
  const { world, repository, body, login } = call;
  const deployment = deploymentOf(call);
  const make = (state: string, description: string): DeploymentStatus => ({
    id: world.id(),
    state,
    description,
    environmentUrl: textIn(body, 'environment_url') ?? '',
    logUrl: textIn(body, 'log_url') ?? '',
    user: login,
    createdAt: world.now(),
  });
  const description = textIn(body, 'description') ?? '';
  if (description.length > 140) throw new Refusal(422, 'description is too long (maximum is 140 characters)');
  const status = make(textIn(body, 'state') ?? '', description);
  if (status.state === 'success' && body['auto_inactive'] !== false) {
    for (const other of repository.deployments.values()) {
      const isActive = other.statuses.at(-1)?.state === 'success';
      if (other.id < deployment.id && other.environment === deployment.environment && isActive) {
        other.statuses.push(make('inactive', ''));
      }
    }
  }
  deployment.statuses.push(status);
  return { status: 201, body: renderDeploymentStatus(world, repository, { deployment, status }) };
}
