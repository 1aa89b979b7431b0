import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { shownText } from '../manifest/shown.ts';
import type { Repository } from '../source/repository.ts';
import type { ActionEvent } from './event.ts';

export interface BaseCommit {
  readonly commit: string;
  /** Set where what was checked out lacks commits of the base. */
  readonly behind: boolean;
}

/**
 * The commit that stands for what is live: the one that is named, else what the merge that is checked out has on the
 * base's side, else what the event says. Undefined: the branch is new, and there is nothing to compare with.
 */
export async function baseCommit(
  repository: Repository,
  event: ActionEvent,
  named: string | undefined,
): Promise<BaseCommit | undefined> {
  if (named !== undefined) return withHistory(repository, await resolved(repository, named));
  if (event.head !== undefined && (await tried(repository, 'HEAD^2')) === event.head) {
    // GitHub makes the merge anew when the base moves; the event says what the base was when it was sent.
    return { commit: await resolved(repository, 'HEAD^1'), behind: false };
  }
  if (event.base !== undefined) return withHistory(repository, await resolved(repository, event.base));
  if (event.name === 'push') return undefined;
  throw new TerminalError('Nothing says which commit to compare with.', {
    code: 'action.base_unknown',
    help: 'Set the input base, or the input server to compare with what is live.',
    exit: exitCodes.usage,
  });
}

/** A head that lacks what its base has since gained would seem to take that away. */
async function withHistory(repository: Repository, commit: string): Promise<BaseCommit> {
  const head = await repository.resolve('HEAD');
  try {
    return { commit, behind: !(await repository.isAncestor(commit, head)) };
  } catch (error) {
    // A clone of a few commits cannot tell.
    if (isPawlError(error) && isCut(error.code)) return { commit, behind: false };
    throw error;
  }
}

async function resolved(repository: Repository, ref: string): Promise<string> {
  const commit = await tried(repository, ref);
  if (commit !== undefined) return commit;
  const name = /^[0-9a-f]{40}$/.test(ref) ? ref.slice(0, 7) : shownText(ref);
  throw new TerminalError(`The checkout does not hold ${name}, which the plan compares with.`, {
    code: 'action.base_missing',
    help: 'Set fetch-depth: 2 for pull requests, or fetch-depth: 0, on the actions/checkout step.',
    exit: exitCodes.usage,
  });
}

/** Undefined: there is no such commit here. */
async function tried(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    const commit = await repository.resolve(ref);
    // A shallow clone knows the ids of parents that it does not have.
    await repository.tree(commit);
    return commit;
  } catch (error) {
    if (isPawlError(error) && (error.code === 'git.ref_not_found' || isCut(error.code))) return undefined;
    throw error;
  }
}

function isCut(code: string): boolean {
  return code === 'git.object_missing' || code === 'git.shallow';
}
