import { shownPath } from '../manifest/file-name.ts';
import type { Problem } from '../manifest/problem.ts';
import type { TreeEntry } from './reader.ts';

/** Why an entry that is no file is not read. */
export function entryProblem(entry: TreeEntry): Problem {
  const path = shownPath(entry.path);
  if (entry.kind === 'submodule') {
    return fileProblem(entry.path, {
      code: 'git.submodule',
      message: `${path} is a submodule; nothing of it was fetched.`,
      help: 'Copy the files into this repository.',
    });
  }
  return fileProblem(entry.path, {
    code: 'git.symlink',
    message: `${path} is a symbolic link; what it leads to was not read.`,
    help: 'Replace it by the file itself.',
  });
}

/** A name that is not UTF-8 was decoded with replacement characters: two files could share it. */
export function encodingProblem(entry: TreeEntry): Problem {
  return fileProblem(entry.path, {
    code: 'source.file_name',
    message: 'The file name is not UTF-8.',
    help: 'Rename the file to letters, digits, dots and dashes.',
  });
}

/** A problem of a file as a whole. */
export function fileProblem(
  path: string,
  finding: Pick<Problem, 'code' | 'message'> & { readonly help: string },
): Problem {
  return { ...finding, severity: 'error', file: shownPath(path), line: 1, column: 1 };
}
