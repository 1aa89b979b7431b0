import type { Bare } from './bare.ts';
import { emitPull, emitPush } from './events.ts';
import { fullName, noCommit, type Activity, type Pull, type Repository } from './state.ts';
import type { World } from './world.ts';

/** A branch that moved, whoever moved it and however. */
export interface Push {
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly by: string;
  readonly kind?: Activity['kind'];
  /** What was there is not in what came; looked up when absent. */
  readonly isForced?: boolean;
}

export interface NewPull {
  readonly title: string;
  readonly body: string | null;
  readonly user: string;
  readonly head: { readonly repository: Repository; readonly branch: string };
  readonly base: string;
  readonly draft: boolean;
}

export async function openPull(world: World, repository: Repository, wanted: NewPull): Promise<Pull> {
  const head = world.bare(wanted.head.repository);
  const sha = await head.commitOf(`refs/heads/${wanted.head.branch}`);
  const base = await world.bare(repository).commitOf(`refs/heads/${wanted.base}`);
  if (sha === undefined || base === undefined) throw new Error(`no branch ${wanted.head.branch} or ${wanted.base}`);
  repository.lastNumber += 1;
  const pull: Pull = {
    id: world.id(),
    number: repository.lastNumber,
    title: wanted.title,
    body: wanted.body,
    state: 'open',
    draft: wanted.draft,
    user: wanted.user,
    head: {
      repository: fullName(wanted.head.repository),
      owner: wanted.head.repository.owner,
      branch: wanted.head.branch,
      sha,
    },
    base: { branch: wanted.base, sha: base },
    merged: false,
    mergedBy: undefined,
    mergedAt: undefined,
    mergeCommit: null,
    mergeable: null,
    trial: null,
    createdAt: world.now(),
    updatedAt: world.now(),
    closedAt: undefined,
    labels: [],
    reviews: [],
  };
  repository.pulls.set(pull.number, pull);
  await tryMerge(world, repository, pull);
  emitPull(world, { repository, pull, by: wanted.user, action: 'opened' });
  return pull;
}

/** Keeps `refs/pull/N/head` and `refs/pull/N/merge`; what the API says of it is unknown until somebody has asked. */
export async function tryMerge(world: World, repository: Repository, pull: Pull): Promise<void> {
  const bare = world.bare(repository);
  await bringHead(world, bare, pull);
  const base = await bare.commitOf(`refs/heads/${pull.base.branch}`);
  pull.mergeable = null;
  if (base === undefined) return;
  pull.base.sha = base;
  const tree = await bare.mergeTree(base, pull.head.sha);
  pull.trial = tree !== undefined;
  if (tree === undefined) {
    // GitHub leaves the reference of the last merge that worked, and so do we: whoever trusts it is wrong.
    return;
  }
  const message = `Merge ${pull.head.sha} into ${base}`;
  const commit = await bare.commitTree(tree, [base, pull.head.sha], { message, author: forge });
  await bare.updateRef(`refs/pull/${pull.number}/merge`, commit);
  pull.mergeCommit = commit;
}

export const forge = { name: 'GitHub', email: 'noreply@github.com' };

async function bringHead(world: World, bare: Bare, pull: Pull): Promise<void> {
  const ref = `refs/pull/${pull.number}/head`;
  const from = pull.head.repository && world.repositories.get(pull.head.repository.toLowerCase());
  if (from === undefined || from === '') return;
  const source = world.bare(from);
  if (source.path === bare.path) await bare.updateRef(ref, pull.head.sha);
  else await bare.git(['fetch', '--quiet', '--no-tags', source.path, `+refs/heads/${pull.head.branch}:${ref}`]);
}

/** What follows from a branch that moved: the activity, the event, and every pull request that it bears on. */
export async function afterPush(world: World, repository: Repository, push: Push): Promise<void> {
  const bare = world.bare(repository);
  const { before, after, branch, by } = push;
  const isMove = before !== noCommit && after !== noCommit;
  const isForced = push.isForced ?? (isMove && !(await bare.isAncestor(before, after)));
  repository.activity.push({
    id: world.id(),
    before,
    after,
    ref: `refs/heads/${branch}`,
    at: world.now(),
    kind: push.kind ?? kindOf(push, isForced),
    actor: by,
  });
  await emitPush(world, repository, { ...push, isForced });
  for (const other of world.repositories.values()) {
    for (const pull of other.pulls.values()) {
      if (pull.state !== 'open') continue;
      const isHead = pull.head.repository === fullName(repository) && pull.head.branch === branch;
      if (isHead) await headMoved(world, other, { pull, push });
      else if (other === repository && pull.base.branch === branch) await baseMoved(world, other, { pull, push });
    }
  }
}

function kindOf({ before, after }: Push, isForced: boolean): Activity['kind'] {
  if (before === noCommit) return 'branch_creation';
  if (after === noCommit) return 'branch_deletion';
  return isForced ? 'force_push' : 'push';
}

interface Moved {
  readonly pull: Pull;
  readonly push: Push;
}

async function headMoved(world: World, repository: Repository, { pull, push }: Moved): Promise<void> {
  if (push.after === noCommit) {
    closePull(world, repository, { pull, by: push.by });
    return;
  }
  pull.head.sha = push.after;
  pull.updatedAt = world.now();
  await tryMerge(world, repository, pull);
  emitPull(world, {
    repository,
    pull,
    by: push.by,
    action: 'synchronize',
    more: { before: push.before, after: push.after },
  });
}

async function baseMoved(world: World, repository: Repository, { pull, push }: Moved): Promise<void> {
  const bare = world.bare(repository);
  if (push.after === noCommit) {
    closePull(world, repository, { pull, by: push.by });
    return;
  }
  // Whoever pushes a pull request's commits to its base by hand has merged it.
  if (await bare.isAncestor(pull.head.sha, push.after)) {
    markMerged(world, repository, { pull, by: push.by, commit: push.after });
    return;
  }
  await tryMerge(world, repository, pull);
}

export interface Closing {
  readonly pull: Pull;
  readonly by: string;
}

export function closePull(world: World, repository: Repository, { pull, by }: Closing): void {
  pull.state = 'closed';
  pull.closedAt = world.now();
  pull.updatedAt = pull.closedAt;
  emitPull(world, { repository, pull, by, action: 'closed' });
}

export function markMerged(world: World, repository: Repository, merge: Closing & { readonly commit: string }): void {
  const { pull, by, commit } = merge;
  pull.merged = true;
  pull.mergedBy = by;
  pull.mergedAt = world.now();
  pull.mergeCommit = commit;
  closePull(world, repository, { pull, by });
}
