import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';

/** Reads a file that the command line names, from where the command was typed. */
export async function readNamed(cwd: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw unusable('read', file, error);
  }
}

export async function writeNamed(cwd: string, file: string, content: string): Promise<void> {
  try {
    await writeFile(resolve(cwd, file), content);
  } catch (error) {
    throw unusable('write', file, error);
  }
}

/** A path as a shell takes it for one word, in commands that are shown to be typed. */
export function shellWord(path: string): string {
  const named = path.startsWith('-') ? `./${path}` : path;
  return /^[\w@%+=:,./-]+$/.test(named) ? named : `'${named.replaceAll("'", `'\\''`)}'`;
}

export function unusable(verb: 'read' | 'write', file: string, cause: unknown): TerminalError {
  const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new TerminalError(`Cannot ${verb} ${file}${reason}.`, {
    code: 'cli.file',
    help: 'Check the path; it is taken from the folder in which the command was typed.',
    exit: exitCodes.usage,
    cause,
  });
}
