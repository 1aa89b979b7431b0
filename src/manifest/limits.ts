import { shownPath } from './file-name.ts';
import type { Problem } from './problem.ts';

/** Checked before a byte is read or parsed. Configurable where a snapshot is made; these are the defaults. */
export interface FileLimits {
  readonly fileBytesMax: number;
  readonly filesMax: number;
  readonly totalBytesMax: number;
}

export const defaultFileLimits: FileLimits = {
  fileBytesMax: 256 * 1024,
  filesMax: 100_000,
  totalBytesMax: 256 * 1024 * 1024,
};

/** Prompt and script files. */
export const textFileBytesMax = 64 * 1024;

/** WebAssembly modules, which travel with every bundle that calls them. */
export const moduleFileBytesMax = 2 * 1024 * 1024;

/** Of a file that a manifest names, by what its name says that it is: its size is known before its content. */
export function namedFileBytesMax(path: string): number {
  return path.endsWith('.wasm') ? moduleFileBytesMax : textFileBytesMax;
}

/** Some hundred tools; a second to parse. */
export const lockFileBytesMax = 1024 * 1024;

/** A prompt with its fragments taken in. */
export const promptBytesMax = 128 * 1024;

/** Nesting of maps and lists in one document. */
export const depthMax = 64;

/** Aliases that one document expands, those inside expanded anchors included. */
export const aliasesMax = 100;

/** Values of one document after expansion: aliases may not make a file grow beyond what it could hold itself. */
export const valuesMax = 100_000;

/** Problems of one kind of check in one document; the last one says that there are more. */
export const problemsMax = 200;

/** What is wrong with a set of files by its size alone, before any of them is read. */
export function validateFileSizes(
  files: readonly { readonly path: string; readonly size: number }[],
  limits: FileLimits = defaultFileLimits,
): Problem[] {
  const first = files[0]?.path ?? '';
  if (files.length > limits.filesMax) {
    const message = `There are ${files.length} manifest files; at most ${limits.filesMax} are read.`;
    return [limitProblem('limits.files', first, message)];
  }
  const problems: Problem[] = [];
  let total = 0;
  for (const file of files) {
    total += file.size;
    if (file.size > limits.fileBytesMax) problems.push(fileTooLarge(file.path, file.size, limits.fileBytesMax));
  }
  if (total > limits.totalBytesMax) {
    const message = `The manifest files have ${total} bytes together; at most ${limits.totalBytesMax} are read.`;
    problems.push(limitProblem('limits.total_bytes', first, message));
  }
  return problems;
}

export function fileTooLarge(path: string, bytes: number, bytesMax: number): Problem {
  return limitProblem('limits.file_bytes', path, `The file has ${bytes} bytes; at most ${bytesMax} are read.`);
}

function limitProblem(code: string, path: string, message: string): Problem {
  const help = 'Split the files, leave out what is no manifest, or raise the limit.';
  return { code, severity: 'error', message, file: shownPath(path), line: 1, column: 1, help };
}
