import { isPawlError } from '../errors.ts';
import type { Repository } from './reader.ts';

/**
 * A repository that could not be opened: each use of it says why, and what needs none of it works. In an incident the
 * store alone must be enough.
 */
export function unreachableRepository(error: unknown): Repository {
  if (!isPawlError(error) || !error.code.startsWith('git.')) throw error;
  const fail = (): Promise<never> => Promise.reject(error);
  return {
    kind: 'git-cli',
    place: '',
    fetch: fail,
    fetchOnly: fail,
    merge: fail,
    parents: fail,
    verify: fail,
    resolve: fail,
    tree: fail,
    entries: fail,
    changes: fail,
    read: fail,
    subject: fail,
    authors: fail,
    isAncestor: fail,
    close: () => Promise.resolve(),
  };
}
