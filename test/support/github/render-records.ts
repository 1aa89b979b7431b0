import { type Fields, renderApp, renderUser, repositoryApi, repositoryPage } from './render.ts';
import { associationOf, renderReactionCounts } from './render-pull.ts';
import type {
  CheckRun,
  CommitStatus,
  Deployment,
  DeploymentStatus,
  IssueComment,
  Reaction,
  Repository,
} from './state.ts';
import type { World } from './world.ts';

export function renderComment(world: World, repository: Repository, comment: IssueComment): Fields {
  const api = repositoryApi(world, repository);
  const url = `${api}/issues/comments/${comment.id}`;
  const kind = repository.pulls.has(comment.issue) ? 'pull' : 'issues';
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url,
    html_url: `${repositoryPage(world, repository)}/${kind}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${comment.issue}`,
    body: comment.body,
    user: renderUser(world, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(world, repository, comment.user),
    reactions: renderReactionCounts(
      url,
      comment.reactions.map(({ content }) => content),
    ),
    performed_via_github_app: comment.byApp ? renderApp(world) : null,
  };
}

export function renderReaction(world: World, reaction: Reaction): Fields {
  return {
    id: reaction.id,
    node_id: `REA_${reaction.id}`,
    user: renderUser(world, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  };
}

export function renderCheck(world: World, repository: Repository, check: CheckRun): Fields {
  const url = `${repositoryApi(world, repository)}/check-runs/${check.id}`;
  const page = `${repositoryPage(world, repository)}/runs/${check.id}`;
  return {
    id: check.id,
    node_id: `CR_${check.id}`,
    url,
    html_url: page,
    details_url: check.detailsUrl ?? page,
    head_sha: check.sha,
    external_id: check.externalId,
    name: check.name,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      ...check.output,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: Number.parseInt(check.sha.slice(0, 8), 16) },
    app: renderApp(world),
    pull_requests: [],
  };
}

export function renderStatus(world: World, repository: Repository, status: CommitStatus): Fields {
  return {
    id: status.id,
    node_id: `SC_${status.id}`,
    url: `${repositoryApi(world, repository)}/statuses/${status.sha}`,
    avatar_url: `${world.url}/avatars/${status.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
  };
}

export function renderDeployment(world: World, repository: Repository, deployment: Deployment): Fields {
  const url = `${repositoryApi(world, repository)}/deployments/${deployment.id}`;
  return {
    id: deployment.id,
    node_id: `DE_${deployment.id}`,
    url,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload ?? {},
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: renderUser(world, deployment.user),
    created_at: deployment.createdAt,
    updated_at: deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: repositoryApi(world, repository),
    transient_environment: false,
    production_environment: false,
  };
}

export interface StatusOfDeployment {
  readonly deployment: Deployment;
  readonly status: DeploymentStatus;
}

export function renderDeploymentStatus(
  world: World,
  repository: Repository,
  { deployment, status }: StatusOfDeployment,
): Fields {
  const url = `${repositoryApi(world, repository)}/deployments/${deployment.id}`;
  return {
    id: status.id,
    node_id: `DES_${status.id}`,
    url: `${url}/statuses/${status.id}`,
    state: status.state,
    creator: renderUser(world, status.user),
    description: status.description,
    environment: deployment.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: repositoryApi(world, repository),
  };
}
