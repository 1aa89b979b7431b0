import type { PullSize } from './render-pull.ts';
import { renderIssue, renderWholePull } from './render-pull.ts';
import { renderComment } from './render-records.ts';
import { type Fields, renderRepository, renderUser, repositoryApi, repositoryPage } from './render.ts';
import { type IssueComment, noCommit, type Pull, type Repository } from './state.ts';
import type { World } from './world.ts';

export interface PullEvent {
  readonly repository: Repository;
  readonly pull: Pull;
  readonly by: string;
  readonly action: string;
  readonly more?: Fields;
}

const noSize: PullSize = { commits: 1, additions: 0, deletions: 0, files: 1 };

export function emitPull(world: World, { repository, pull, by, action, more = {} }: PullEvent): void {
  world.webhooks.emit('pull_request', {
    action,
    number: pull.number,
    pull_request: renderWholePull(world, repository, { pull, size: noSize }),
    ...common(world, repository, by),
    ...more,
  });
}

export interface CommentEvent {
  readonly comment: IssueComment;
  readonly by: string;
  readonly action: 'created' | 'edited' | 'deleted';
  readonly more?: Fields;
}

export function emitComment(world: World, repository: Repository, event: CommentEvent): void {
  const { comment, by, action, more = {} } = event;
  const issue = repository.pulls.get(comment.issue) ?? repository.issues.get(comment.issue);
  if (issue === undefined) return;
  world.webhooks.emit('issue_comment', {
    action,
    issue: renderIssue(world, repository, issue),
    comment: renderComment(world, repository, comment),
    ...common(world, repository, by),
    ...more,
  });
}

export interface PushEvent {
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly by: string;
  readonly isForced: boolean;
}

export async function emitPush(world: World, repository: Repository, push: PushEvent): Promise<void> {
  const { before, after, by } = push;
  const range = before === noCommit ? [after, '--max-count=1'] : [`${before}..${after}`, '--max-count=20'];
  const commits = after === noCommit ? [] : await commitsIn(world, repository, range);
  const page = repositoryPage(world, repository);
  world.webhooks.emit('push', {
    ref: `refs/heads/${push.branch}`,
    before,
    after,
    created: before === noCommit,
    deleted: after === noCommit,
    forced: push.isForced,
    base_ref: null,
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: commits.at(-1) ?? null,
    pusher: { name: by, email: `${world.user(by)?.id ?? 0}+${by}@users.noreply.github.com` },
    ...common(world, repository, by),
    repository: { ...renderRepository(world, repository), ...pushRepository(repository) },
  });
}

/** In this event alone, times are seconds. */
function pushRepository(repository: Repository): Fields {
  const created = Math.floor(Date.parse(repository.createdAt) / 1000);
  return { created_at: created, pushed_at: created, stargazers: 0, master_branch: repository.defaultBranch };
}

async function commitsIn(world: World, repository: Repository, range: readonly string[]): Promise<Fields[]> {
  const format = '--format=%H%x00%T%x00%an%x00%ae%x00%cn%x00%ce%x00%cI%x00%B%x01';
  const text = await world.bare(repository).git(['log', '--reverse', format, ...range]);
  return text
    .split('\u0001')
    .map((part) => part.trim().split('\0'))
    .filter((parts) => parts.length > 1)
    .map(([id = '', tree = '', name = '', email = '', committer = '', mail = '', at = '', message = '']) => ({
      id,
      tree_id: tree,
      distinct: true,
      message: message.trim(),
      timestamp: at,
      url: `${repositoryPage(world, repository)}/commit/${id}`,
      author: { name, email },
      committer: { name: committer, email: mail },
      added: [],
      removed: [],
      modified: [],
    }));
}

export interface ReviewEvent {
  readonly pull: Pull;
  readonly review: Pull['reviews'][number];
}

export function emitReview(world: World, repository: Repository, { pull, review }: ReviewEvent): void {
  const api = `${repositoryApi(world, repository)}/pulls/${pull.number}`;
  const page = `${repositoryPage(world, repository)}/pull/${pull.number}`;
  const whole = renderWholePull(world, repository, { pull, size: noSize });
  world.webhooks.emit('pull_request_review', {
    action: 'submitted',
    review: {
      id: review.id,
      node_id: `PRR_${review.id}`,
      user: renderUser(world, review.user),
      body: review.body,
      commit_id: review.sha,
      submitted_at: review.submittedAt,
      updated_at: review.submittedAt,
      state: review.state,
      html_url: `${page}#pullrequestreview-${review.id}`,
      pull_request_url: api,
      author_association: 'COLLABORATOR',
      _links: { html: { href: page }, pull_request: { href: api } },
    },
    pull_request: whole,
    ...common(world, repository, review.user),
  });
}

export interface GroupEvent {
  readonly action: 'checks_requested' | 'destroyed';
  readonly ref: string;
  readonly sha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly by: string;
  readonly reason?: 'merged' | 'invalidated' | 'dequeued';
}

export async function emitGroup(world: World, repository: Repository, group: GroupEvent): Promise<void> {
  const [commit] = await commitsIn(world, repository, [group.sha, '--max-count=1']);
  const { id, tree_id, message, timestamp, author, committer } = commit ?? {};
  world.webhooks.emit('merge_group', {
    action: group.action,
    ...(group.reason === undefined ? {} : { reason: group.reason }),
    merge_group: {
      head_sha: group.sha,
      head_ref: group.ref,
      base_sha: group.baseSha,
      base_ref: group.baseRef,
      head_commit: { id, tree_id, message, timestamp, author, committer },
    },
    ...common(world, repository, group.by),
  });
}

export function common(world: World, repository: Repository, by: string): Fields {
  return { repository: renderRepository(world, repository), sender: renderUser(world, by) };
}
