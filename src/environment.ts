import { isAbsolute, resolve } from 'node:path';
import { exitCodes, TerminalError } from './errors.ts';

/** Variables, as a process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's text; undefined where it is unset or blank. */
export function textOf(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

/** Words with commas between them. */
export function listOf(environment: Environment, name: string): string[] {
  const words = (textOf(environment, name) ?? '').split(',').map((word) => word.trim());
  return words.filter((word) => word !== '');
}

export function invalid(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'config.invalid', help, exit: exitCodes.usage });
}

/** Two settings that mean the same thing are both set. */
export function contradiction(one: string, other: string): TerminalError {
  return new TerminalError(`${one} and ${other} are both set, and one of them is meant.`, {
    code: 'config.contradiction',
    help: 'Unset one of them.',
    exit: exitCodes.usage,
  });
}

/** Folders by absolute paths: not everything, and nothing that is relative to wherever the process was started. */
export function foldersOf(environment: Environment, name: string, help: string): readonly string[] {
  return listOf(environment, name).map((folder) => {
    if (isAbsolute(folder) && resolve(folder) !== resolve('/')) return resolve(folder);
    throw invalid(`${name} names ${folder}, which is no folder by an absolute path.`, help);
  });
}
