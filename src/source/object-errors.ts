import { TerminalError } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';
import { entriesMax } from './reader.ts';

export function missing(what: string, place: string, cause?: unknown): TerminalError {
  return new TerminalError(`${place} lacks ${what}.`, {
    code: 'git.object_missing',
    help: 'Run `git fsck`; where the clone is shallow or partial, fetch the whole history.',
    cause,
  });
}

export function objectTooLarge(id: string, size: number, bytesMax: number): TerminalError {
  return new TerminalError(`Object ${id} has ${size} bytes, above the limit of ${bytesMax}; it was not read.`, {
    code: 'git.object_too_large',
    help: 'Make the file smaller, or raise the limit.',
  });
}

export function treeTooLarge(place: string): TerminalError {
  return new TerminalError(`The paths hold more than ${entriesMax} entries in ${place}.`, {
    code: 'git.tree_too_large',
    help: 'Give the environment narrower paths.',
  });
}

export function cutHistory(place: string): TerminalError {
  return new TerminalError(`The history of ${place} is cut, so whether one commit follows another cannot be told.`, {
    code: 'git.shallow',
    help: 'Run `git fetch --unshallow`.',
  });
}

export function otherFormat(place: string): TerminalError {
  return new TerminalError(`${place} uses an object format other than SHA-1.`, {
    code: 'git.object_format',
    help: 'Use a repository with the default object format.',
  });
}

export function corrupt(what: string, place: string, cause?: unknown): TerminalError {
  return new TerminalError(`${place} holds ${what}, but it cannot be read.`, {
    code: 'git.object_corrupt',
    help: 'Run `git fsck` in the repository, and clone it again.',
    cause,
  });
}

/** Git writes no such tree. Which of both counts would depend on who reads it: a forge, a work tree, or pawl. */
export function nameTwice(path: string): TerminalError {
  return new TerminalError(`The commit holds ${shownPath(path)} twice in one folder, and neither is read.`, {
    code: 'source.path_refused',
    help: 'Make the commit anew with git, which writes a name once.',
  });
}

/** Git writes no such tree either, and compares it with another one wrongly. */
export function misplaced(path: string): TerminalError {
  return new TerminalError(`The commit holds ${shownPath(path)} after a name that follows it, and is not read.`, {
    code: 'source.path_refused',
    help: 'Make the commit anew with git, which writes the names of a folder in order.',
  });
}

export function folderTooLarge(
  folder: string,
  sizes: { readonly bytes: number; readonly bytesMax: number },
): TerminalError {
  const what = folder === '' ? 'The root folder' : `The folder ${shownPath(folder)}`;
  const message = `${what} has a list of ${sizes.bytes} bytes, above the limit of ${sizes.bytesMax}; it was not read.`;
  return new TerminalError(message, {
    code: 'git.tree_too_large',
    help: 'Divide the folder, or give the environment narrower paths.',
  });
}

/** The library reads nothing of a tree that names `.git`, in any spelling; git itself never made one. */
export function refusedPath(what: string, place: string): TerminalError {
  return new TerminalError(`${place} holds ${what}, which has a name like Git's own folder.`, {
    code: 'source.path_refused',
    help: 'Take the file out of the commit.',
  });
}
