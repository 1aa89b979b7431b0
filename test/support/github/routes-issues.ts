import { emitComment } from './events.ts';
import { renderIssue, renderLabel } from './render-pull.ts';
import { renderComment, renderReaction } from './render-records.ts';
import { repositoryRoute } from './repository-route.ts';
import {
  type Answer,
  type Body,
  invalid,
  notFound,
  numberIn,
  Refusal,
  type RepositoryCall,
  textIn,
  textsIn,
} from './router.ts';
import type { Issue, IssueComment, Pull, Repository } from './state.ts';
import type { World } from './world.ts';

const read = { app: 'issues:read', role: 'read' } as const;
const write = { app: 'issues:write', role: 'read' } as const;
const triage = { app: 'issues:write', role: 'triage' } as const;

export const issueRoutes = [
  repositoryRoute('GET /issues/comments/{comment_id}/reactions', read, listReactions),
  repositoryRoute('POST /issues/comments/{comment_id}/reactions', write, react),
  repositoryRoute('DELETE /issues/comments/{comment_id}/reactions/{reaction_id}', write, unreact),
  repositoryRoute('GET /issues/comments/{comment_id}', read, getComment),
  repositoryRoute('PATCH /issues/comments/{comment_id}', write, updateComment),
  repositoryRoute('DELETE /issues/comments/{comment_id}', write, deleteComment),
  repositoryRoute('GET /issues/comments', read, listAllComments),
  repositoryRoute('GET /issues/{issue_number}/comments', read, listComments),
  repositoryRoute('POST /issues/{issue_number}/comments', write, createComment),
  repositoryRoute('POST /issues/{issue_number}/labels', triage, addLabels),
  repositoryRoute('GET /issues/{issue_number}', read, getIssue),
  repositoryRoute('PATCH /issues/{issue_number}', write, updateIssue),
  repositoryRoute('GET /issues', read, listIssues),
  repositoryRoute('POST /issues', write, createIssue),
];

/** GitHub counts characters beyond the basic plane as two. */
export const commentBodyMax = 65_536;

export function assertBodyFits(resource: string, body: string): void {
  if (body.length > commentBodyMax) {
    throw invalid(resource, 'body', 'body is too long (maximum is 65536 characters)');
  }
  if (resource === 'IssueComment' && body.trim() === '') {
    throw new Refusal(422, 'Validation Failed', {
      errors: [{ resource, code: 'unprocessable', field: 'data', message: "Body can't be blank" }],
    });
  }
}

function issueOf(repository: Repository, params: RepositoryCall['params']): Issue | Pull {
  const number = numberIn(params, 'issue_number');
  const issue = repository.issues.get(number) ?? repository.pulls.get(number);
  if (issue === undefined) throw notFound();
  return issue;
}

function commentOf(repository: Repository, params: RepositoryCall['params']): IssueComment {
  const comment = repository.comments.get(numberIn(params, 'comment_id'));
  if (comment === undefined) throw notFound();
  return comment;
}

function listComments({ world, seen, params, query }: RepositoryCall): Answer {
  const { number } = issueOf(seen, params);
  const since = query.get('since') ?? '';
  const comments = [...seen.comments.values()].filter(({ issue, updatedAt }) => issue === number && updatedAt >= since);
  return { list: comments.map((comment) => renderComment(world, seen, comment)) };
}

function listAllComments({ world, seen, query }: RepositoryCall): Answer {
  const since = query.get('since') ?? '';
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const comments = [...seen.comments.values()]
    .filter(({ updatedAt }) => updatedAt >= since)
    .toSorted((a, b) => a[key].localeCompare(b[key]) || a.id - b.id);
  if (query.get('direction') === 'desc') comments.reverse();
  return { list: comments.map((comment) => renderComment(world, seen, comment)) };
}

function createComment({ world, repository, params, body, login, viewer }: RepositoryCall): Answer {
  const comment = addComment(world, repository, {
    issue: issueOf(repository, params).number,
    by: login,
    body: textIn(body, 'body') ?? '',
    byApp: viewer.kind === 'installation',
  });
  return { status: 201, body: renderComment(world, repository, comment) };
}

export interface NewComment {
  readonly issue: number;
  readonly by: string;
  readonly body: string;
  readonly byApp?: boolean;
}

export function addComment(world: World, repository: Repository, wanted: NewComment): IssueComment {
  const { issue, by, body, byApp = false } = wanted;
  assertBodyFits('IssueComment', body);
  const at = world.now();
  const comment = { id: world.id(), issue, user: by, byApp, body, createdAt: at, updatedAt: at, reactions: [] };
  repository.comments.set(comment.id, comment);
  const issueOrPull = repository.pulls.get(issue) ?? repository.issues.get(issue);
  if (issueOrPull !== undefined) issueOrPull.updatedAt = at;
  emitComment(world, repository, { comment, by, action: 'created' });
  return comment;
}

function getComment({ world, seen, params }: RepositoryCall): Answer {
  return { status: 200, body: renderComment(world, seen, commentOf(seen, params)) };
}

/** Whoever may write to the repository may edit what others wrote, as on GitHub. */
function assertMayEdit({ world, repository, login, viewer }: RepositoryCall, comment: { readonly user: string }): void {
  if (comment.user === login || viewer.kind === 'installation') return;
  if (['write', 'maintain', 'admin'].includes(world.roleOf(repository, login))) return;
  throw new Refusal(403, 'Must have admin rights to Repository.');
}

function updateComment(call: RepositoryCall): Answer {
  const { world, repository, params, body, login } = call;
  const comment = commentOf(repository, params);
  assertMayEdit(call, comment);
  editComment(world, repository, { comment, by: login, body: textIn(body, 'body') ?? '' });
  return { status: 200, body: renderComment(world, repository, comment) };
}

export interface CommentEdit {
  readonly comment: IssueComment;
  readonly by: string;
  readonly body: string;
}

export function editComment(world: World, repository: Repository, { comment, by, body }: CommentEdit): void {
  assertBodyFits('IssueComment', body);
  const changes = { body: { from: comment.body } };
  comment.body = body;
  comment.updatedAt = world.now();
  emitComment(world, repository, { comment, by, action: 'edited', more: { changes } });
}

function deleteComment(call: RepositoryCall): Answer {
  const { world, repository, params, login } = call;
  const comment = commentOf(repository, params);
  assertMayEdit(call, comment);
  emitComment(world, repository, { comment, by: login, action: 'deleted' });
  repository.comments.delete(comment.id);
  return { status: 204 };
}

function listReactions({ world, seen, params }: RepositoryCall): Answer {
  return { list: commentOf(seen, params).reactions.map((reaction) => renderReaction(world, reaction)) };
}

/** The same reaction of the same person is there once. */
function react({ world, repository, params, body, login }: RepositoryCall): Answer {
  const comment = commentOf(repository, params);
  const content = textIn(body, 'content') ?? '';
  const known = comment.reactions.find((reaction) => reaction.user === login && reaction.content === content);
  if (known !== undefined) return { status: 200, body: renderReaction(world, known) };
  const reaction = { id: world.id(), user: login, content, createdAt: world.now() };
  comment.reactions.push(reaction);
  return { status: 201, body: renderReaction(world, reaction) };
}

function unreact({ repository, params }: RepositoryCall): Answer {
  const { reactions } = commentOf(repository, params);
  const at = reactions.findIndex(({ id }) => id === numberIn(params, 'reaction_id'));
  if (at < 0) throw notFound();
  reactions.splice(at, 1);
  return { status: 204 };
}

function listIssues({ world, seen, query }: RepositoryCall): Answer {
  const state = query.get('state') ?? 'open';
  const [since, creator] = [query.get('since') ?? '', query.get('creator')];
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
  const all = [...seen.issues.values(), ...seen.pulls.values()]
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => issue.updatedAt >= since && (creator === null || issue.user === creator))
    .filter((issue) => labels.every((label) => issue.labels.includes(label)));
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const ordered = all.toSorted((a, b) => b[key].localeCompare(a[key]) || b.number - a.number);
  if (query.get('direction') === 'asc') ordered.reverse();
  return { list: ordered.map((issue) => renderIssue(world, seen, issue)) };
}

function getIssue({ world, seen, params }: RepositoryCall): Answer {
  return { status: 200, body: renderIssue(world, seen, issueOf(seen, params)) };
}

/** Labels of somebody who may not set them are dropped without a word, as GitHub does. */
function createIssue(call: RepositoryCall): Answer {
  const { world, repository, body, login } = call;
  const text = textIn(body, 'body') ?? null;
  assertBodyFits('Issue', text ?? '');
  repository.lastNumber += 1;
  const at = world.now();
  const issue: Issue = {
    id: world.id(),
    number: repository.lastNumber,
    title: textIn(body, 'title') ?? '',
    body: text,
    state: 'open',
    stateReason: null,
    user: login,
    labels: mayTriage(call) ? labelsIn(body) : [],
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
  };
  repository.issues.set(issue.number, issue);
  return { status: 201, body: renderIssue(world, repository, issue) };
}

function mayTriage({ world, repository, login, viewer }: RepositoryCall): boolean {
  return viewer.kind === 'installation' || !['read', 'none'].includes(world.roleOf(repository, login));
}

function labelsIn(body: Body): string[] {
  return [...(textsIn(body, 'labels') ?? [])];
}

function updateIssue(call: RepositoryCall): Answer {
  const { world, repository, params, body } = call;
  const issue = issueOf(repository, params);
  assertMayEdit(call, issue);
  const [title, text, state] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'state')];
  assertBodyFits('Issue', text ?? '');
  issue.title = title ?? issue.title;
  issue.body = text ?? issue.body;
  if (body['labels'] !== undefined && mayTriage(call)) issue.labels = labelsIn(body);
  issue.updatedAt = world.now();
  if ((state === 'open' || state === 'closed') && state !== issue.state && !('head' in issue)) {
    issue.state = state;
    issue.closedAt = state === 'closed' ? issue.updatedAt : undefined;
    const reason = textIn(body, 'state_reason');
    issue.stateReason = state === 'open' ? 'reopened' : reason === 'not_planned' ? 'not_planned' : 'completed';
  }
  return { status: 200, body: renderIssue(world, repository, issue) };
}

function addLabels({ world, repository, params, body }: RepositoryCall): Answer {
  const issue = issueOf(repository, params);
  issue.labels = [...new Set([...issue.labels, ...labelsIn(body)])];
  return { status: 200, body: issue.labels.map((name) => renderLabel(world, repository, name)) };
}
