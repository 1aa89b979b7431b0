import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { Accepted } from '../controller/accept.ts';
import { shownPath } from '../manifest/file-name.ts';
import { unusable } from './files.ts';
import { replaceFile } from './fmt-files.ts';

/** Writes files of a repository: each whole or not at all, through no link, and only while it is as it was looked at. */
export async function writeAccepted(root: string, files: Accepted['files']): Promise<void> {
  for (const path of files.keys()) await assertOwn(root, path);
  for (const [path, { before, after }] of files) await writeOne(join(root, path), { shown: path, before, after });
}

interface Writing {
  readonly shown: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

async function writeOne(path: string, { shown, before, after }: Writing): Promise<void> {
  try {
    if (before === undefined) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, after ?? '', { flag: 'wx' });
      return;
    }
    const bytes = await readFile(path);
    if (bytes.toString('utf8') !== before) throw refused(shown, 'was changed meanwhile');
    if (after === undefined) await rm(path);
    else await replaceFile({ path, shown, bytes, mode: (await lstat(path)).mode & 0o7777 }, after);
  } catch (error) {
    throw isPawlError(error) ? error : unusable('write', shown, error);
  }
}

/** Every folder on the way is one of the repository itself. */
async function assertOwn(root: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (const part of parts)
    if (part === '..' || part.toLowerCase() === '.git') throw refused(path, 'is not of the repository');
  for (let count = 1; count <= parts.length; count += 1) {
    const found = await lstat(join(root, ...parts.slice(0, count))).catch(() => undefined);
    if (found === undefined) return;
    const isRight = count === parts.length ? found.isFile() : found.isDirectory();
    if (!isRight) throw refused(path, 'lies behind a link');
  }
}

function refused(path: string, because: string): TerminalError {
  return new TerminalError(`${shownPath(path)} ${because}; nothing is written to it.`, {
    code: 'drift.not_written',
    help: 'Write the live value into the manifest by hand; `pawl drift` shows it.',
    exit: exitCodes.findings,
  });
}
