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
  if (/^[\w@%+=:,./-]+$/.test(named)) return named;
  // What cannot be seen would act on the terminal that shows the command: bash, zsh and fish 4 read it by its number.
  if (/[\p{C}\u2028\u2029]/u.test(named)) return `$'${named.replace(/[\\']|[\p{C}\u2028\u2029]/gu, escaped)}'`;
  return `'${named.replaceAll("'", `'\\''`)}'`;
}

function escaped(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  return Array.from(Buffer.from(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
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
