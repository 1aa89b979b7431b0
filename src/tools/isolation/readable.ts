import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TerminalError } from '../../errors.ts';
import type { IsolationHost } from './isolated.ts';

/** A folder that programs are shown. */
export interface ReadableFolder {
  /** As it is named: where programs find it. */
  readonly path: string;
  /** Where it lies, behind every link. */
  readonly real: string;
}

/**
 * The folders that programs may read, by where they lie now: each is looked at whenever a program begins, because a link
 * may lead elsewhere since. One that is not there is left out. Rejects where a whole home folder would be seen: keys,
 * tokens and sessions of a person lie in it.
 */
export async function readableFolders({ readable }: IsolationHost): Promise<readonly ReadableFolder[]> {
  const found = await Promise.all(readable.map(async (path) => ({ path, real: await realPath(path) })));
  const parents = await Promise.all(homeParents.map(async (path) => (await realPath(path)) ?? path));
  return found.flatMap(({ path, real }) => {
    if (real === undefined) return [];
    if (isHome(real, parents)) throw homeShown(path, real);
    return [{ path, real }];
  });
}

/** Where home folders lie; the system may have made links of them. */
const homeParents = ['/home', '/root'] as const;

/** `/root` is a home and `/home` full of them; so is what either lies in. */
function isHome(folder: string, [home = '', root = '']: readonly string[]): boolean {
  const within = folder === '/' ? '/' : `${folder}/`;
  return dirname(folder) === home || [home, root].some((one) => `${one}/`.startsWith(within));
}

function homeShown(path: string, real: string): TerminalError {
  const led = path === real ? '' : `: ${path} leads to ${real}`;
  return new TerminalError(`A program could see home folders${led}.`, {
    code: 'isolation.unavailable',
    help: 'Name a folder within the home in PAWL_PROGRAM_FILES, or one elsewhere, and no whole home folder.',
  });
}

/** Undefined: it is not there. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    if (code === 'ENOENT') return undefined;
    throw new TerminalError(`Programs cannot be shown ${path}: it cannot be resolved (${code}).`, {
      code: 'isolation.unavailable',
      help: 'Let the user of the worker reach the folder, or take it out of PAWL_PROGRAM_FILES.',
      cause,
    });
  }
}
