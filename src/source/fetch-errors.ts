import { RetryableError, TerminalError } from '../errors.ts';

export function fetchTooLarge(bytesMax: number): TerminalError {
  return new TerminalError(`The fetch passed ${bytesMax} bytes and was stopped; nothing of it is used.`, {
    code: 'git.fetch_too_large',
    help: 'Keep large files out of the repository, or raise the limit.',
  });
}

/** Without git an object is held whole to be looked at. */
export function heldTooLarge(size: number, bytesMax: number): TerminalError {
  return new TerminalError(
    `The fetch brought an object that unpacks to ${size} bytes, above ${bytesMax}; nothing of it is used.`,
    {
      code: 'git.fetch_too_large',
      help: 'Install the program git, which reads such an object piece by piece, or keep it out of the repository.',
    },
  );
}

export function damagedPack(cause?: unknown): TerminalError {
  return new TerminalError('The fetch brought an object that does not unpack to what it says; nothing of it is used.', {
    code: 'git.object_corrupt',
    help: 'Run `git fsck` where the repository is kept.',
    cause,
  });
}

export function fetchTimedOut(place: string, timeoutMs: number): RetryableError {
  return new RetryableError(`Fetching ${place} did not end within ${timeoutMs} ms and was stopped.`, {
    code: 'git.timeout',
  });
}

export function unauthorised(place: string, withToken: boolean): TerminalError {
  return new TerminalError(`${place} refused ${withToken ? 'the token' : 'to be read without a token'}.`, {
    code: 'git.unauthorised',
    help: 'Give a token with read access to the contents of the repository.',
  });
}

export function repositoryNotFound(place: string): TerminalError {
  return new TerminalError(`There is no repository at ${place}, or the token may not see it.`, {
    code: 'git.repository_not_found',
    help: 'Correct the address, or give a token that may read it.',
  });
}

export function commitNotThere(place: string, words: string): TerminalError {
  return new TerminalError(`${place} does not give a commit that was asked for: ${words}.`, {
    code: 'git.ref_not_found',
    help: 'It was pushed over or deleted; push it again, or close the pull request.',
  });
}

export function unreachable(place: string, words: string, cause?: unknown): RetryableError {
  return new RetryableError(`${place} cannot be reached: ${words}.`, { code: 'git.unreachable', cause });
}

export function redirected(place: string): TerminalError {
  return new TerminalError(`${place} answered with a redirect, which is not followed.`, {
    code: 'git.redirected',
    help: 'Configure the address that the redirect leads to.',
  });
}

/** Worth another try: somebody may push, and a failing server can look like an empty one. */
export function remoteEmpty(place: string): RetryableError {
  return new RetryableError(`${place} shows no branch; what is live stays as it is.`, {
    code: 'git.remote_empty',
    help: 'Push the branch that the environment names.',
  });
}
