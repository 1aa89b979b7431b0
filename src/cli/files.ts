import { readFile, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';

/** What the command line names, from where the command was typed. Throws `cli.file` where there is nothing. */
export function placeAt(cwd: string, path: string): string {
  const place = resolve(cwd, path);
  if (existsSync(place)) return place;
  throw unfit(
    `There is nothing at ${path}.`,
    'Check the path; it is taken from the folder in which the command was typed.',
  );
}

/** The same, of a folder. */
export function folderAt(cwd: string, path: string): string {
  const place = placeAt(cwd, path);
  if (statSync(place).isDirectory()) return place;
  throw unfit(`${path} is no folder.`, 'Name the folder of a repository, or one inside of it.');
}

function unfit(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.file', help, exit: exitCodes.usage });
}

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
