import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findGitDirectory } from './git-directory.ts';
import { GitCli } from './git-cli.ts';
import { hasGit } from './git-process.ts';
import { Isomorphic } from './isomorphic.ts';
import { Mirror } from './mirror.ts';
import type { Repository, Surroundings } from './reader.ts';

export type { Repository } from './reader.ts';

export type OpenOptions = OpenCommon &
  (
    | { readonly path: string }
    | {
        readonly url: string;
        /** Folder that holds mirrors. */
        readonly directory: string;
        readonly token?: string;
        /** Allows http to another machine than this one. */
        readonly allowHttp?: boolean;
        readonly fetchTimeoutMs?: number;
        readonly fetchBytesMax?: number;
      }
  );

interface OpenCommon {
  /** Absent: the program git where it is there, else isomorphic-git. */
  readonly reader?: 'git-cli' | 'isomorphic';
  /** What git may know of this process: PATH, HOME and the ssh agent; nothing is inherited. */
  readonly surroundings?: Surroundings;
  /** How long one reading may take. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const defaultFetchTimeoutMs = 120_000;
const defaultFetchBytesMax = 1024 * 1024 * 1024;

/** Opens a local repository in place, or a remote one through a mirror that its first use or `fetch` fills. */
export async function openRepository(options: OpenOptions): Promise<Repository> {
  const surroundings = options.surroundings ?? {};
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const reader = options.reader ?? ((await hasGit(surroundings)) ? 'git-cli' : 'isomorphic');
  if ('url' in options) {
    return Mirror.open({
      ...options,
      reader,
      surroundings,
      timeoutMs,
      fetchTimeoutMs: options.fetchTimeoutMs ?? defaultFetchTimeoutMs,
      fetchBytesMax: options.fetchBytesMax ?? defaultFetchBytesMax,
    });
  }
  const found = await findGitDirectory(await realpath(options.path).catch(() => options.path));
  const place = found.workTree ?? found.common;
  const objects = join(found.common, 'objects');
  if (reader === 'git-cli') return new GitCli({ gitDirectory: found.own, objects, place, surroundings, timeoutMs });
  return new Isomorphic({ gitDirectory: found.common, headDirectory: found.own, place });
}
