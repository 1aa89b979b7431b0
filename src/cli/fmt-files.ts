import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import { nameFault, shownPath } from '../manifest/file-name.ts';
import { defaultFileLimits, fileTooLarge } from '../manifest/limits.ts';
import type { Problem } from '../manifest/problem.ts';
import { unusable } from './files.ts';

export interface FoundFile {
  /** As the command line has it, for messages. */
  readonly shown: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

interface Found {
  readonly files: FoundFile[];
  readonly problems: Problem[];
}

const depthMax = 64;
const filesMax = 100_000;
const skipped = new Set(['node_modules']);

/** YAML files at the paths, in order. No link is followed, and hidden folders are left alone: other tools live there. */
export async function filesToFormat(cwd: string, paths: readonly string[]): Promise<Found> {
  const found: Found = { files: [], problems: [] };
  for (const path of paths) {
    const start = await lstat(await withoutLinks(cwd, path)).catch((error: unknown) => {
      throw unusable('read', path, error);
    });
    if (start.isDirectory()) await walk(resolve(cwd, path), path === '.' ? '' : path.replace(/\/+$/, ''), found);
    else await add({ path: resolve(cwd, path), shown: path, stats: start, found });
  }
  return found;
}

/** The first link on a relative way, else its end: what is above the folder of the command is the user's own. */
async function withoutLinks(cwd: string, path: string): Promise<string> {
  const parts = isAbsolute(path) ? [] : path.split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const folder = resolve(cwd, parts.slice(0, count).join('/'));
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isSymbolicLink() === true) return folder;
  }
  return resolve(cwd, path);
}

async function walk(folder: string, shown: string, found: Found): Promise<void> {
  if (shown.split('/').length > depthMax || found.files.length > filesMax) throw tooMany(shown);
  const names = (
    await readdir(folder).catch((error: unknown) => Promise.reject(unusable('read', shown, error)))
  ).sort();
  for (const name of names) {
    if (name.startsWith('.') || skipped.has(name)) continue;
    const path = join(folder, name);
    const below = shown === '' ? name : `${shown}/${name}`;
    const stats = await lstat(path);
    if (stats.isDirectory()) await walk(path, below, found);
    // A link that was not asked for is nobody's mistake: validate says what it thinks of it.
    else if (stats.isFile() && /\.ya?ml$/.test(name)) await add({ path, shown: below, stats, found });
  }
}

interface Adding {
  readonly path: string;
  readonly shown: string;
  readonly stats: Stats;
  readonly found: Found;
}

async function add({ path, shown, stats, found }: Adding): Promise<void> {
  const file = shownPath(shown);
  const refuse = (code: string, message: string, help: string): void =>
    void found.problems.push({ code, severity: 'error', message, help, file, line: 1, column: 1 });
  if (stats.isSymbolicLink()) {
    return refuse(
      'git.symlink',
      `${file} is a symbolic link; nothing is read or written through it.`,
      'Name the file itself.',
    );
  }
  if (!stats.isFile()) return refuse('cli.file', `${file} is no file.`, 'Name files and folders.');
  if (nameFault(basename(shown)) !== undefined) {
    return refuse(
      'manifest.file_name',
      `The name of the file ${String(nameFault(basename(shown)))}.`,
      'Rename the file.',
    );
  }
  const { fileBytesMax } = defaultFileLimits;
  if (stats.size > fileBytesMax) return void found.problems.push(fileTooLarge(shown, stats.size, fileBytesMax));
  found.files.push({ shown, path, bytes: await read(path, shown), mode: stats.mode & 0o7777 });
}

async function read(path: string, shown: string): Promise<Uint8Array> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unusable('read', shown, error);
  }
}

/** Whole or not at all, in the same folder and with the same mode; a link that has come meanwhile is replaced, not followed. */
export async function replaceFile({ path, shown, mode }: FoundFile, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // What the process may not grant by its umask, the file had.
    await chmod(beside, mode);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw unusable('write', shown, error);
  }
}

function tooMany(shown: string): TerminalError {
  return new TerminalError(`${shownPath(shown === '' ? '.' : shown)} holds too many files or folders in folders.`, {
    code: 'limits.files',
    help: 'Name the folders that hold manifests.',
    exit: exitCodes.findings,
  });
}
