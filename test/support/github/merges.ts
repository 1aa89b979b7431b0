import { emitGroup } from './events.ts';
import { afterPush, forge, markMerged, tryMerge } from './pulls.ts';
import type { MergeGroup, Pull, Repository } from './state.ts';
import type { World } from './world.ts';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface Merging {
  readonly pull: Pull;
  readonly by: string;
  readonly method: MergeMethod;
}

/** The branch moved, or the pull request conflicts: GitHub answers 405 or 409. */
export class NotMergeable extends Error {}

/** Merges as the button does, and returns the commit that arrived on the base branch. */
export async function mergePull(world: World, repository: Repository, merging: Merging): Promise<string> {
  const { pull, by } = merging;
  const bare = world.bare(repository);
  const base = await bare.commitOf(`refs/heads/${pull.base.branch}`);
  if (pull.state !== 'open' || pull.draft || base === undefined)
    throw new NotMergeable('Pull Request is not mergeable');
  const commit = await mergeCommit(world, repository, { ...merging, base });
  await bare.updateRef(`refs/heads/${pull.base.branch}`, commit);
  markMerged(world, repository, { pull, by, commit });
  await afterPush(world, repository, {
    branch: pull.base.branch,
    before: base,
    after: commit,
    by,
    kind: 'pr_merge',
    isForced: false,
  });
  return commit;
}

interface OnBase extends Merging {
  readonly base: string;
}

async function mergeCommit(world: World, repository: Repository, merging: OnBase): Promise<string> {
  const { pull, by, method, base } = merging;
  if (method === 'rebase') return rebase(world, repository, merging);
  const bare = world.bare(repository);
  const tree = await bare.mergeTree(base, pull.head.sha);
  if (tree === undefined) throw new NotMergeable('Merge conflict');
  const author = { name: by, email: `${by}@users.noreply.github.com` };
  const sign = await world.signing();
  if (method === 'squash') {
    const message = `${pull.title} (#${pull.number})\n`;
    return bare.commitTree(tree, [base], { message, author, committer: forge, sign });
  }
  const message = `Merge pull request #${pull.number} from ${pull.head.owner}/${pull.head.branch}\n\n${pull.title}\n`;
  return bare.commitTree(tree, [base, pull.head.sha], { message, author, committer: forge, sign });
}

/** Every commit is made anew on the base, and none is signed: GitHub cannot sign for their authors. */
async function rebase(world: World, repository: Repository, { pull, by, base }: OnBase): Promise<string> {
  const bare = world.bare(repository);
  const list = await bare.git(['rev-list', '--reverse', '--no-merges', `${base}..${pull.head.sha}`]);
  let onto = base;
  for (const commit of list.split('\n').filter((line) => line !== '')) {
    const [name = '', email = '', parent = '', ...message] = (
      await bare.git(['log', '--max-count=1', '--format=%an%n%ae%n%P%n%B', commit])
    ).split('\n');
    const merged = await pickedTree(world, repository, { onto, commit, parent });
    if (merged === undefined) throw new NotMergeable("This branch can't be rebased");
    onto = await bare.commitTree(merged, [onto], {
      message: message.join('\n'),
      author: { name, email },
      committer: { name: by, email: `${by}@users.noreply.github.com` },
    });
  }
  return onto;
}

interface Picking {
  readonly onto: string;
  readonly commit: string;
  readonly parent: string;
}

/** `merge-tree --merge-base` came with Git 2.40; before it, a commit on the merge base of both gives the same tree. */
async function pickedTree(world: World, repository: Repository, pick: Picking): Promise<string | undefined> {
  const bare = world.bare(repository);
  const tree = await bare.git(['rev-parse', `${pick.onto}^{tree}`]);
  const author = forge;
  const ours = await bare.commitTree(tree, [pick.parent], { message: 'ours', author });
  return bare.mergeTree(ours, pick.commit);
}

/** Puts a pull request into the merge queue: a commit on a branch of the queue's, and a request for its checks. */
export async function enqueuePull(world: World, repository: Repository, merging: Merging): Promise<MergeGroup> {
  const { pull, by } = merging;
  const bare = world.bare(repository);
  const last = repository.queue.filter(({ base }) => base === pull.base.branch).at(-1);
  const baseSha = last?.sha ?? (await bare.commitOf(`refs/heads/${pull.base.branch}`));
  if (baseSha === undefined) throw new NotMergeable('no base branch');
  const sha = await mergeCommit(world, repository, { ...merging, base: baseSha });
  const branch = `gh-readonly-queue/${pull.base.branch}/pr-${pull.number}-${baseSha}`;
  const group = { ref: `refs/heads/${branch}`, sha, baseSha, base: pull.base.branch, pull: pull.number, by };
  await bare.updateRef(group.ref, sha);
  repository.queue.push(group);
  await emitGroup(world, repository, {
    ...group,
    action: 'checks_requested',
    baseRef: `refs/heads/${group.base}`,
    by: 'web-flow',
  });
  return group;
}

/** The group's checks passed: its commit becomes the base branch's. */
export async function mergeGroup(world: World, repository: Repository, group: MergeGroup): Promise<void> {
  const bare = world.bare(repository);
  const pull = repository.pulls.get(group.pull);
  const before = await bare.commitOf(`refs/heads/${group.base}`);
  if (pull === undefined || before !== group.baseSha) throw new NotMergeable('the queue has moved');
  await bare.updateRef(`refs/heads/${group.base}`, group.sha);
  await leaveQueue(world, repository, { group, reason: 'merged' });
  markMerged(world, repository, { pull, by: group.by, commit: group.sha });
  const push = {
    branch: group.base,
    before,
    after: group.sha,
    by: group.by,
    kind: 'merge_queue_merge' as const,
    isForced: false,
  };
  await afterPush(world, repository, push);
}

export interface Leaving {
  readonly group: MergeGroup;
  readonly reason: 'merged' | 'invalidated' | 'dequeued';
}

export async function leaveQueue(world: World, repository: Repository, { group, reason }: Leaving): Promise<void> {
  const at = repository.queue.indexOf(group);
  if (at >= 0) repository.queue.splice(at, 1);
  await emitGroup(world, repository, {
    ...group,
    action: 'destroyed',
    baseRef: `refs/heads/${group.base}`,
    by: 'web-flow',
    reason,
  });
  await world.bare(repository).updateRef(group.ref, undefined);
}

/** The base branch is another from now on. */
export async function retarget(
  world: World,
  repository: Repository,
  { pull, base }: { readonly pull: Pull; readonly base: string },
): Promise<void> {
  pull.base = { ...pull.base, branch: base };
  pull.updatedAt = world.now();
  await tryMerge(world, repository, pull);
}
