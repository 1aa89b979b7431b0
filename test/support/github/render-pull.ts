import { type Fields, renderRepository, renderUser, repositoryApi, repositoryPage } from './render.ts';
import { type Issue, type Pull, type Repository, type Review } from './state.ts';
import type { World } from './world.ts';

/** The pull request as lists and commits have it. */
export function renderPull(world: World, repository: Repository, pull: Pull): Fields {
  const api = `${repositoryApi(world, repository)}/pulls/${pull.number}`;
  const issue = `${repositoryApi(world, repository)}/issues/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}`;
  const statuses = `${repositoryApi(world, repository)}/statuses/${pull.head.sha}`;
  return {
    id: pull.id,
    node_id: `PR_${pull.id}`,
    number: pull.number,
    url: api,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: `${repositoryApi(world, repository)}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    _links: links({ api, issue, page, statuses, review: `${api}/comments` }),
    state: pull.state,
    locked: false,
    active_lock_reason: null,
    title: pull.title,
    body: pull.body,
    user: renderUser(world, pull.user),
    labels: pull.labels.map((name) => renderLabel(world, repository, name)),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    draft: pull.draft,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt ?? null,
    merged_at: pull.mergedAt ?? null,
    merge_commit_sha: pull.mergeCommit,
    head: renderHead(world, pull),
    base: {
      label: `${repository.owner}:${pull.base.branch}`,
      ref: pull.base.branch,
      sha: pull.base.sha,
      user: renderUser(world, repository.owner),
      repo: renderRepository(world, repository),
    },
    author_association: associationOf(world, repository, pull.user),
    auto_merge: null,
  };
}

/** The pull request as it is asked for alone, with what lists leave out. */
export function renderWholePull(world: World, repository: Repository, { pull, size }: SizedPull): Fields {
  return {
    ...renderPull(world, repository, pull),
    merged: pull.merged,
    mergeable: pull.mergeable,
    rebaseable: pull.mergeable,
    mergeable_state: mergeableState(pull),
    merged_by: pull.mergedBy === undefined ? null : renderUser(world, pull.mergedBy),
    comments: commentsOf(repository, pull.number),
    review_comments: 0,
    maintainer_can_modify: false,
    commits: size.commits,
    additions: size.additions,
    deletions: size.deletions,
    changed_files: size.files,
  };
}

export interface SizedPull {
  readonly pull: Pull;
  readonly size: PullSize;
}

export interface PullSize {
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly files: number;
}

function links(of: Readonly<Record<'api' | 'issue' | 'page' | 'statuses' | 'review', string>>): Fields {
  return {
    self: { href: of.api },
    html: { href: of.page },
    issue: { href: of.issue },
    comments: { href: `${of.issue}/comments` },
    review_comments: { href: of.review },
    review_comment: { href: `${of.api.replace(/\/\d+$/, '')}/comments{/number}` },
    commits: { href: `${of.api}/commits` },
    statuses: { href: of.statuses },
  };
}

/** The repository is null once it is deleted; who it was of stays. */
function renderHead(world: World, pull: Pull): Fields {
  const { head } = pull;
  const repository = head.repository === undefined ? undefined : world.repositories.get(head.repository.toLowerCase());
  return {
    label: `${head.owner}:${head.branch}`,
    ref: head.branch,
    sha: head.sha,
    user: renderUser(world, head.owner),
    repo: repository === undefined ? null : renderRepository(world, repository),
  };
}

function mergeableState(pull: Pull): string {
  if (pull.mergeable === null) return 'unknown';
  if (!pull.mergeable) return 'dirty';
  return pull.draft ? 'draft' : 'clean';
}

function commentsOf(repository: Repository, number: number): number {
  return [...repository.comments.values()].filter(({ issue }) => issue === number).length;
}

export function associationOf(world: World, repository: Repository, login: string): string {
  if (login.toLowerCase() === repository.owner.toLowerCase()) return 'OWNER';
  const role = world.roleOf(repository, login);
  return repository.roles.has(login.toLowerCase()) && role !== 'none' ? 'COLLABORATOR' : 'NONE';
}

export function renderLabel(world: World, repository: Repository, name: string): Fields {
  const id = Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000, 7);
  const url = `${repositoryApi(world, repository)}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: `LA_${id}`, url, name, color: 'ededed', default: false, description: '' };
}

/** An issue, or a pull request as the list of issues has it. */
export function renderIssue(world: World, repository: Repository, issue: Issue | Pull): Fields {
  const url = `${repositoryApi(world, repository)}/issues/${issue.number}`;
  const isPull = 'head' in issue;
  const page = `${repositoryPage(world, repository)}/${isPull ? 'pull' : 'issues'}/${issue.number}`;
  const pullUrl = `${repositoryApi(world, repository)}/pulls/${issue.number}`;
  return {
    id: issue.id,
    node_id: `I_${issue.id}`,
    number: issue.number,
    url,
    repository_url: repositoryApi(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    state_reason: isPull ? null : issue.stateReason,
    locked: false,
    active_lock_reason: null,
    user: renderUser(world, issue.user),
    labels: issue.labels.map((name) => renderLabel(world, repository, name)),
    assignee: null,
    assignees: [],
    milestone: null,
    comments: commentsOf(repository, issue.number),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt ?? null,
    closed_by: null,
    author_association: associationOf(world, repository, issue.user),
    reactions: renderReactionCounts(url, []),
    performed_via_github_app: null,
    ...(isPull
      ? {
          draft: issue.draft,
          pull_request: {
            url: pullUrl,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
            merged_at: issue.mergedAt ?? null,
          },
        }
      : {}),
  };
}

const reactionKinds = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];

export function renderReactionCounts(url: string, contents: readonly string[]): Fields {
  const counted = reactionKinds.map((kind) => [kind, contents.filter((content) => content === kind).length] as const);
  return { url: `${url}/reactions`, total_count: contents.length, ...Object.fromEntries(counted) };
}

export interface Reviewed {
  readonly pull: Pull;
  readonly review: Review;
}

/** A review as lists have it: its state in capitals, which webhooks write small. */
export function renderReview(world: World, repository: Repository, { pull, review }: Reviewed): Fields {
  const api = `${repositoryApi(world, repository)}/pulls/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: `PRR_${review.id}`,
    user: renderUser(world, review.user),
    body: review.body,
    state: review.state.toUpperCase(),
    commit_id: review.sha,
    submitted_at: review.submittedAt,
    html_url: page,
    pull_request_url: api,
    author_association: 'COLLABORATOR',
    _links: { html: { href: page }, pull_request: { href: api } },
  };
}
