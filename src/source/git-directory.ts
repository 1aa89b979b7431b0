import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';

/** Where a local repository keeps what is read of it. */
export interface GitDirectory {
  /** Holds this checkout's HEAD. */
  readonly own: string;
  /** Holds objects and branches; the same one unless this is a linked worktree. */
  readonly common: string;
  /** Root of the files, absent in a bare repository. */
  readonly workTree: string | undefined;
}

const levelsMax = 64;

/** Finds the Git directory of a folder or of one above it, following a worktree's `.git` file. */
export async function findGitDirectory(path: string): Promise<GitDirectory> {
  let folder = resolve(path);
  for (let level = 0; level < levelsMax; level += 1) {
    const own = await gitDirectoryIn(folder);
    if (own !== undefined) return { own, common: await commonOf(own), workTree: folder };
    if (level === 0 && (await isGitDirectory(folder))) return { own: folder, common: folder, workTree: undefined };
    const parent = dirname(folder);
    if (parent === folder) break;
    folder = parent;
  }
  throw new TerminalError(`There is no Git repository in ${path} or above it.`, {
    code: 'git.not_a_repository',
    help: 'Run `git init` there, or name the folder of a repository.',
    exit: exitCodes.usage,
  });
}

async function gitDirectoryIn(folder: string): Promise<string | undefined> {
  const candidate = join(folder, '.git');
  const found = await stat(candidate).catch(() => undefined);
  if (found?.isDirectory() === true) return (await isGitDirectory(candidate)) ? candidate : undefined;
  if (found?.isFile() !== true || found.size > 4096) return undefined;
  const target = /^gitdir: (.+)$/m.exec(await readFile(candidate, 'utf8'))?.[1];
  if (target === undefined) return undefined;
  const own = isAbsolute(target) ? target : resolve(folder, target);
  return (await exists(join(own, 'HEAD'))) ? own : undefined;
}

async function commonOf(own: string): Promise<string> {
  const text = await readFile(join(own, 'commondir'), 'utf8').catch(() => undefined);
  return text === undefined ? own : resolve(own, text.trim());
}

async function isGitDirectory(folder: string): Promise<boolean> {
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => exists(join(folder, name))));
  return parts.every(Boolean);
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
