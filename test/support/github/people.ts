import { rm } from 'node:fs/promises';
import type { Files } from './bare.ts';
import { emitPull, emitReview } from './events.ts';
import { enqueuePull, leaveQueue, mergeGroup, type MergeMethod, mergePull, retarget } from './merges.ts';
import { emptyRepository } from './empty-repository.ts';
import { afterPush, closePull, openPull } from './pulls.ts';
import { addComment, editComment } from './routes-issues.ts';
import { reopen } from './routes-pulls.ts';
import {
  fullName,
  type IssueComment,
  type MergeGroup,
  noCommit,
  type Pull,
  type Repository,
  type Review,
} from './state.ts';
import type { World } from './world.ts';

export interface PushWish {
  readonly branch: string;
  readonly files: Files;
  readonly message?: string;
  /** Who pushes, and whose commit it is; the owner by default. */
  readonly as?: string;
  /** The commit that this one stands on: the branch's own by default, the default branch's where it is new. */
  readonly from?: string;
  /** Git's `-c` settings for a signed commit. */
  readonly sign?: readonly string[];
}

export interface PullWish {
  readonly head: string;
  readonly base?: string;
  readonly title?: string;
  readonly body?: string;
  readonly as?: string;
  readonly draft?: boolean;
  /** `owner/name` of the fork that the head is in. */
  readonly fork?: string;
}

/** Acts as people do on GitHub's pages, one thing after the other: nothing here asks who may. */
export class People {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes a commit on a branch and pushes it: by force where it does not stand on what was there. */
  async push(repository: string, wish: PushWish): Promise<string> {
    const found = this.#begin(repository);
    const bare = this.#world.bare(found);
    const by = wish.as ?? found.owner;
    const before = await bare.commitOf(`refs/heads/${wish.branch}`);
    const parent = wish.from ?? before ?? (await bare.commitOf(`refs/heads/${found.defaultBranch}`));
    const email = `${this.#world.user(by)?.id ?? 0}+${by}@users.noreply.github.com`;
    const commit = await bare.commitFiles(parent, wish.files, {
      message: `${wish.message ?? 'Change'}\n`,
      author: { name: by, email },
      ...(wish.sign === undefined ? {} : { sign: wish.sign }),
    });
    const isForced = before !== undefined && before !== parent;
    await this.#move(found, { branch: wish.branch, before, after: commit, by, isForced });
    return commit;
  }

  /** Pushes a commit that is there already to a branch, by force if need be; undefined deletes the branch. */
  async pushCommit(
    repository: string,
    branch: string,
    { commit, as }: { commit?: string; as?: string } = {},
  ): Promise<void> {
    const found = this.#begin(repository);
    const before = await this.#world.bare(found).commitOf(`refs/heads/${branch}`);
    await this.#move(found, { branch, before, after: commit, by: as ?? found.owner });
  }

  async deleteBranch(repository: string, branch: string, as?: string): Promise<void> {
    await this.pushCommit(repository, branch, as === undefined ? {} : { as });
  }

  async openPullRequest(repository: string, wish: PullWish): Promise<Pull> {
    const found = this.#begin(repository);
    return openPull(this.#world, found, {
      title: wish.title ?? 'Change',
      body: wish.body ?? null,
      user: wish.as ?? found.owner,
      head: {
        repository: wish.fork === undefined ? found : this.#world.expectRepository(wish.fork),
        branch: wish.head,
      },
      base: wish.base ?? found.defaultBranch,
      draft: wish.draft ?? false,
    });
  }

  async comment(
    repository: string,
    number: number,
    { body, as }: { body: string; as?: string },
  ): Promise<IssueComment> {
    const found = this.#begin(repository);
    return addComment(this.#world, found, { issue: number, by: as ?? found.owner, body });
  }

  async editComment(repository: string, id: number, { body, as }: { body: string; as?: string }): Promise<void> {
    const found = this.#begin(repository);
    const comment = found.comments.get(id);
    if (comment === undefined) throw new Error(`no comment ${id}`);
    editComment(this.#world, found, { comment, by: as ?? found.owner, body });
  }

  async review(
    repository: string,
    number: number,
    wish: { as: string; state?: Review['state']; body?: string },
  ): Promise<Review> {
    const { found, pull } = this.#pull(repository, number);
    const review = {
      id: this.#world.id(),
      user: wish.as,
      body: wish.body ?? '',
      state: wish.state ?? 'approved',
      sha: pull.head.sha,
      submittedAt: this.#world.now(),
    };
    pull.reviews.push(review);
    emitReview(this.#world, found, { pull, review });
    return review;
  }

  /** Presses the button, and returns the commit on the base branch. */
  async merge(repository: string, number: number, wish: { method?: MergeMethod; as?: string } = {}): Promise<string> {
    const { found, pull } = this.#pull(repository, number);
    return mergePull(this.#world, found, { pull, by: wish.as ?? found.owner, method: wish.method ?? 'merge' });
  }

  async close(repository: string, number: number, as?: string): Promise<void> {
    const { found, pull } = this.#pull(repository, number);
    closePull(this.#world, found, { pull, by: as ?? found.owner });
  }

  async reopen(repository: string, number: number, as?: string): Promise<void> {
    const { found, pull } = this.#pull(repository, number);
    await reopen(this.#world, found, { pull, by: as ?? found.owner });
  }

  async setDraft(repository: string, number: number, { draft, as }: { draft: boolean; as?: string }): Promise<void> {
    const { found, pull } = this.#pull(repository, number);
    pull.draft = draft;
    pull.updatedAt = this.#world.now();
    const action = draft ? 'converted_to_draft' : 'ready_for_review';
    emitPull(this.#world, { repository: found, pull, by: as ?? found.owner, action });
  }

  async retarget(repository: string, number: number, { base, as }: { base: string; as?: string }): Promise<void> {
    const { found, pull } = this.#pull(repository, number);
    const before = pull.base;
    await retarget(this.#world, found, { pull, base });
    const changes = { base: { ref: { from: before.branch }, sha: { from: before.sha } } };
    emitPull(this.#world, { repository: found, pull, by: as ?? found.owner, action: 'edited', more: { changes } });
  }

  async editPullRequest(
    repository: string,
    number: number,
    wish: { title?: string; body?: string; as?: string },
  ): Promise<void> {
    const { found, pull } = this.#pull(repository, number);
    const changes = {
      ...(wish.title === undefined ? {} : { title: { from: pull.title } }),
      ...(wish.body === undefined ? {} : { body: { from: pull.body ?? '' } }),
    };
    pull.title = wish.title ?? pull.title;
    pull.body = wish.body ?? pull.body;
    pull.updatedAt = this.#world.now();
    emitPull(this.#world, { repository: found, pull, by: wish.as ?? found.owner, action: 'edited', more: { changes } });
  }

  /** Puts it into the merge queue; `mergeQueued` lands the first of the queue. */
  async enqueue(
    repository: string,
    number: number,
    wish: { method?: MergeMethod; as?: string } = {},
  ): Promise<MergeGroup> {
    const { found, pull } = this.#pull(repository, number);
    return enqueuePull(this.#world, found, { pull, by: wish.as ?? found.owner, method: wish.method ?? 'merge' });
  }

  async mergeQueued(repository: string): Promise<string> {
    const found = this.#begin(repository);
    const [group] = found.queue;
    if (group === undefined) throw new Error('the merge queue is empty');
    await mergeGroup(this.#world, found, group);
    return group.sha;
  }

  async dequeue(repository: string, group: MergeGroup): Promise<void> {
    await leaveQueue(this.#world, this.#begin(repository), { group, reason: 'dequeued' });
  }

  /** A copy with all branches, under another owner or another name of the same one. */
  async fork(repository: string, { owner, name }: { owner: string; name?: string }): Promise<Repository> {
    const world = this.#world;
    const found = this.#begin(repository);
    world.addUser(owner);
    const fork: Repository = {
      ...emptyRepository(world, { owner, name: name ?? found.name, private: found.private }),
      parent: fullName(found),
      defaultBranch: found.defaultBranch,
    };
    const bare = world.bare(fork);
    await bare.init(fork.defaultBranch);
    await bare.git(['fetch', '--quiet', world.bare(found).path, '+refs/heads/*:refs/heads/*']);
    world.repositories.set(fullName(fork).toLowerCase(), fork);
    return fork;
  }

  /** Deletes a repository; pull requests from it stay, with no head repository. */
  async deleteRepository(repository: string): Promise<void> {
    const found = this.#begin(repository);
    const { path } = this.#world.bare(found);
    this.#world.forget(found);
    for (const other of this.#world.repositories.values()) {
      for (const pull of other.pulls.values()) {
        if (pull.head.repository === fullName(found)) pull.head.repository = undefined;
      }
    }
    await rm(path, { recursive: true, force: true });
  }

  #begin(repository: string): Repository {
    const found = this.#world.expectRepository(repository);
    this.#world.remember(found);
    return found;
  }

  #pull(repository: string, number: number): { found: Repository; pull: Pull } {
    const found = this.#begin(repository);
    const pull = found.pulls.get(number);
    if (pull === undefined) throw new Error(`${repository} has no pull request ${number}`);
    return { found, pull };
  }

  async #move(repository: Repository, move: BranchMove): Promise<void> {
    const { branch, before = noCommit, after = noCommit, by, isForced } = move;
    await this.#world.bare(repository).updateRef(`refs/heads/${branch}`, after === noCommit ? undefined : after);
    if (before === after) return;
    const forced = isForced === undefined ? {} : { isForced };
    await afterPush(this.#world, repository, { branch, before, after, by, ...forced });
  }
}

interface BranchMove {
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly by: string;
  readonly isForced?: boolean;
}

/** People whose actions, like requests, happen one after the other. */
export function peopleOf(world: World): People {
  const people = new People(world);
  return new Proxy(people, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]): Promise<unknown> => world.alone(() => Reflect.apply(method, target, given));
    },
  });
}
