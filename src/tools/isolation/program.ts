import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { TerminalError } from '../../errors.ts';

/** Where a program lies: the path by which it is called, and the file behind its links. */
export interface Program {
  readonly path: string;
  readonly file: string;
}

/** Finds a program as a shell would, without one. Rejects with `tool.program_missing`. */
export async function findProgram(command: string, folders: readonly string[]): Promise<Program> {
  // A path that is relative to whatever folder the worker was started in would be another program elsewhere.
  const candidates = isAbsolute(command)
    ? [command]
    : command.includes('/')
      ? []
      : folders.map((dir) => join(dir, command));
  for (const path of candidates) {
    const file = await executable(path);
    if (file !== undefined) return { path, file };
  }
  throw new TerminalError(`The worker has no program ${command}.`, {
    code: 'tool.program_missing',
    help: 'Install it on the machine or in the image of the worker, or name it by its absolute path.',
  });
}

async function executable(path: string): Promise<string | undefined> {
  try {
    const file = await realpath(path);
    await access(file, constants.X_OK);
    return (await stat(file)).isFile() ? file : undefined;
  } catch {
    // Not there, or not for this user: the next folder is asked.
    return undefined;
  }
}
