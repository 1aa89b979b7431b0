import { emitPull } from './events.ts';
import { mergePull, NotMergeable, retarget } from './merges.ts';
import { pullCommits, pullFiles, pullSize } from './pull-content.ts';
import { closePull, openPull, tryMerge } from './pulls.ts';
import { renderPull, renderReview, renderWholePull } from './render-pull.ts';
import { repositoryRoute } from './repository-route.ts';
import { type Answer, type Call, invalid, notFound, numberIn, Refusal, type RepositoryCall, textIn } from './router.ts';
import { fullName, type Pull, type Repository } from './state.ts';

const read = { app: 'pull_requests:read', role: 'read' } as const;
const write = { app: 'pull_requests:write', role: 'read' } as const;

export const pullRoutes = [
  repositoryRoute('GET /pulls', read, listPulls),
  repositoryRoute('POST /pulls', write, createPull),
  repositoryRoute('GET /pulls/{pull_number}', read, getPull),
  repositoryRoute('PATCH /pulls/{pull_number}', { app: 'pull_requests:write', role: 'read' }, updatePull),
  repositoryRoute('GET /pulls/{pull_number}/commits', read, async (call) => ({
    list: await pullCommits(call, pullOf(call)),
  })),
  repositoryRoute('GET /pulls/{pull_number}/files', read, async (call) => ({
    list: await pullFiles(call, pullOf(call)),
  })),
  repositoryRoute('GET /pulls/{pull_number}/reviews', read, listReviews),
  repositoryRoute('GET /pulls/{pull_number}/merge', read, isMerged),
  repositoryRoute('PUT /pulls/{pull_number}/merge', { app: 'contents:write', role: 'write' }, merge),
  repositoryRoute('GET /commits/{commit_sha}/pulls', read, pullsOfCommit),
];

function pullOf(call: RepositoryCall): Pull {
  const pull = call.seen.pulls.get(numberIn(call.params, 'pull_number'));
  if (pull === undefined) throw notFound();
  return pull;
}

function listPulls({ world, seen, query }: RepositoryCall): Answer {
  const state = query.get('state') ?? 'open';
  const [head, base] = [query.get('head'), query.get('base')];
  const pulls = [...seen.pulls.values()]
    .filter((pull) => state === 'all' || pull.state === state)
    .filter((pull) => head === null || !head.includes(':') || `${pull.head.owner}:${pull.head.branch}` === head)
    .filter((pull) => base === null || pull.base.branch === base);
  return { list: sorted(pulls, query).map((pull) => renderPull(world, seen, pull)) };
}

function sorted(pulls: Pull[], query: URLSearchParams): Pull[] {
  const sort = query.get('sort') ?? 'created';
  const isDescending = (query.get('direction') ?? (sort === 'created' ? 'desc' : 'asc')) === 'desc';
  const key = (pull: Pull): string => (sort === 'updated' ? pull.updatedAt : pull.createdAt);
  const ordered = pulls.toSorted((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  return isDescending ? ordered.toReversed() : ordered;
}

async function createPull(call: RepositoryCall): Promise<Answer> {
  const { world, repository, body, login } = call;
  const [owner, branch] = headNamed(repository, textIn(body, 'head') ?? '');
  const base = textIn(body, 'base') ?? '';
  const from = headRepository(call, owner, textIn(body, 'head_repo'));
  if (from === undefined || (await world.bare(from).commitOf(`refs/heads/${branch}`)) === undefined) {
    throw new Refusal(422, 'Validation Failed', {
      errors: [{ resource: 'PullRequest', field: 'head', code: 'invalid' }],
    });
  }
  const baseCommit = await world.bare(repository).commitOf(`refs/heads/${base}`);
  if (baseCommit === undefined) {
    throw new Refusal(422, 'Validation Failed', {
      errors: [{ resource: 'PullRequest', field: 'base', code: 'invalid' }],
    });
  }
  const twin = [...repository.pulls.values()].find(
    (pull) =>
      pull.state === 'open' &&
      pull.base.branch === base &&
      pull.head.branch === branch &&
      pull.head.repository === fullName(from),
  );
  if (twin !== undefined) {
    throw invalid('PullRequest', 'head', `A pull request already exists for ${owner}:${branch}.`);
  }
  const headCommit = await world.bare(from).commitOf(`refs/heads/${branch}`);
  if (headCommit !== undefined && (await world.bare(repository).isAncestor(headCommit, baseCommit))) {
    throw invalid('PullRequest', 'head', `No commits between ${base} and ${branch}`);
  }
  const pull = await openPull(world, repository, {
    title: textIn(body, 'title') ?? '',
    body: textIn(body, 'body') ?? null,
    user: login,
    head: { repository: from, branch },
    base,
    draft: body['draft'] === true,
  });
  return { status: 201, body: await whole(call, pull) };
}

function headNamed(repository: Repository, head: string): readonly [string, string] {
  const colon = head.indexOf(':');
  return colon < 0 ? [repository.owner, head] : [head.slice(0, colon), head.slice(colon + 1)];
}

function headRepository(call: Call & RepositoryCall, owner: string, name: string | undefined): Repository | undefined {
  const { world, repository } = call;
  if (name !== undefined) return world.repository(owner, name);
  if (owner.toLowerCase() === repository.owner.toLowerCase()) return repository;
  return [...world.repositories.values()].find(
    (other) => other.owner.toLowerCase() === owner.toLowerCase() && other.parent === fullName(repository),
  );
}

async function whole({ world, repository }: RepositoryCall, pull: Pull): Promise<unknown> {
  return renderWholePull(world, repository, { pull, size: await pullSize(world, repository, pull) });
}

/** The first who asks is told that GitHub does not know yet whether it can be merged. */
async function getPull(call: RepositoryCall): Promise<Answer> {
  const pull = pullOf(call);
  const body = await whole({ ...call, repository: call.seen }, pull);
  const current = call.repository.pulls.get(pull.number);
  if (current !== undefined && current.state === 'open') current.mergeable = current.trial;
  return { status: 200, body };
}

async function updatePull(call: RepositoryCall): Promise<Answer> {
  const { world, repository, body, login } = call;
  const pull = pullOf(call);
  const isOwn = pull.user === login;
  if (!isOwn && call.viewer.kind === 'user' && world.roleOf(repository, login) === 'read') {
    throw new Refusal(403, 'Must have write access to the repository.');
  }
  const [title, text, base] = [textIn(body, 'title'), textIn(body, 'body'), textIn(body, 'base')];
  const changes: Record<string, unknown> = {};
  if (title !== undefined && title !== pull.title) changes['title'] = { from: pull.title };
  if (text !== undefined && text !== pull.body) changes['body'] = { from: pull.body ?? '' };
  pull.title = title ?? pull.title;
  pull.body = text ?? pull.body;
  pull.updatedAt = world.now();
  if (base !== undefined && base !== pull.base.branch) {
    const before = pull.base;
    if ((await world.bare(repository).commitOf(`refs/heads/${base}`)) === undefined) {
      throw invalid('PullRequest', 'base', 'Proposed base branch was not found');
    }
    await retarget(world, repository, { pull, base });
    changes['base'] = { ref: { from: before.branch }, sha: { from: before.sha } };
  }
  if (Object.keys(changes).length > 0) {
    emitPull(world, { repository, pull, by: login, action: 'edited', more: { changes } });
  }
  await changeState(call, pull);
  return { status: 200, body: await whole(call, pull) };
}

async function changeState({ world, repository, body, login }: RepositoryCall, pull: Pull): Promise<void> {
  const state = textIn(body, 'state');
  if (state === undefined || state === pull.state) return;
  if (state === 'closed') return closePull(world, repository, { pull, by: login });
  await reopen(world, repository, { pull, by: login });
}

export async function reopen(
  world: Call['world'],
  repository: Repository,
  { pull, by }: { readonly pull: Pull; readonly by: string },
): Promise<void> {
  const from = pull.head.repository && world.repositories.get(pull.head.repository.toLowerCase());
  const head = from ? await world.bare(from).commitOf(`refs/heads/${pull.head.branch}`) : undefined;
  if (pull.merged || head === undefined) throw invalid('PullRequest', 'state', 'state cannot be changed.');
  pull.state = 'open';
  pull.closedAt = undefined;
  pull.head.sha = head;
  pull.updatedAt = world.now();
  await tryMerge(world, repository, pull);
  emitPull(world, { repository, pull, by, action: 'reopened' });
}

function listReviews(call: RepositoryCall): Answer {
  const pull = pullOf(call);
  return { list: pull.reviews.map((review) => renderReview(call.world, call.seen, { pull, review })) };
}

function isMerged(call: RepositoryCall): Answer {
  if (!pullOf(call).merged) throw notFound();
  return { status: 204 };
}

async function merge(call: RepositoryCall): Promise<Answer> {
  const { world, repository, body, login } = call;
  const pull = pullOf(call);
  const wanted = textIn(body, 'sha');
  if (wanted !== undefined && wanted !== pull.head.sha) {
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  const named = textIn(body, 'merge_method');
  const method = named === 'squash' || named === 'rebase' ? named : 'merge';
  try {
    const sha = await mergePull(world, repository, { pull, by: login, method });
    return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
  } catch (cause) {
    if (cause instanceof NotMergeable) throw new Refusal(405, cause.message);
    throw cause;
  }
}

/** The pull requests whose head has the commit, and the one whose merge brought it. */
async function pullsOfCommit({ world, seen, params }: RepositoryCall): Promise<Answer> {
  const sha = params['commit_sha'] ?? '';
  const bare = world.bare(seen);
  if ((await bare.commitOf(sha)) === undefined) throw new Refusal(422, `No commit found for SHA: ${sha}`);
  const found: Pull[] = [];
  for (const pull of seen.pulls.values()) {
    const has = pull.mergeCommit === sha ? pull.merged : await hasCommit(world, seen, { pull, sha });
    if (has) found.push(pull);
  }
  return { list: found.map((pull) => renderPull(world, seen, pull)) };
}

async function hasCommit(
  world: Call['world'],
  repository: Repository,
  { pull, sha }: { readonly pull: Pull; readonly sha: string },
): Promise<boolean> {
  const bare = world.bare(repository);
  if (!(await bare.isAncestor(sha, pull.head.sha))) return false;
  return pull.head.sha === sha || !(await bare.isAncestor(sha, pull.base.sha));
}
