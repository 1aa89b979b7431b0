import { lstat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';

/** A link may lead out of the folder; what lies behind it is not the command's to write. `way` is what else to do. */
export async function assertNoLink(folder: string, path: string, way: string): Promise<void> {
  let at = folder;
  for (const part of path.split('/')) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw linked(relative(folder, at), way);
  }
}

export function linked(path: string, way: string): TerminalError {
  return new TerminalError(`${shownPath(path)} is a link, and pawl writes behind none.`, {
    code: 'cli.file',
    help: `Put a folder in its place, or ${way}.`,
    exit: exitCodes.usage,
  });
}
