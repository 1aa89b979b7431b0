import { shownPath } from '../manifest/file-name.ts';
import type { Problem } from '../manifest/problem.ts';
import type { TreeEntry } from './reader.ts';

/** Why an entry that is no file is not read. */
export function entryProblem(entry: TreeEntry): Problem {
  const path = shownPath(entry.path);
  return entry.kind === 'symlink'
    ? problemAtFile(entry.path, 'git.symlink', `${path} is a symbolic link; what it leads to was not read.`, 'Replace it by the file itself.')
    : problemAtFile(entry.path, 'git.submodule', `${path} is a submodule; nothing of it was fetched.`, 'Copy the files into this repository.');
}

/** A name that is not UTF-8 was decoded with replacement characters: two files could share it. */
export function encodingProblem(entry: TreeEntry): Problem {
  const message = 'The file name is not UTF-8.';
  return problemAtFile(entry.path, 'source.file_name', message, 'Rename the file to letters, digits, dots and dashes.');
}

export function problemAtFile(path: string, code: string, message: string, help: string): Problem {
  return { code, severity: 'error', message, file: shownPath(path), line: 1, column: 1, help };
}
