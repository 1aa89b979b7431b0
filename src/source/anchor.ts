import fs from 'node:fs';
import { isAbsolute } from 'node:path';
import * as git from 'isomorphic-git';
import { exitCodes, TerminalError } from '../errors.ts';
import { findGitDirectory } from './git-directory.ts';

/** Where the anchors of one environment are kept: each a commit whose parent is the one before it. */
export function anchorRef(environment: string): string {
  return `refs/pawl/audit/${environment}`;
}

const file = 'anchor.json';
const author = { name: 'pawl', email: 'pawl@localhost' };

/**
 * Writes a text as a new commit on the ref. Nothing is checked out and no branch moves: branches and tags are the
 * author's, and what is under `refs/pawl/` is pawl's.
 */
export async function writeAnchor(
  place: string,
  { environment, text, message }: { readonly environment: string; readonly text: string; readonly message: string },
): Promise<string> {
  const gitdir = await localDirectory(place);
  const ref = anchorRef(environment);
  const blob = await git.writeBlob({ fs, gitdir, blob: Buffer.from(text) });
  const tree = await git.writeTree({ fs, gitdir, tree: [{ mode: '100644', path: file, oid: blob, type: 'blob' }] });
  const before = await headOf(gitdir, ref);
  const parent = before === undefined ? [] : [before];
  const commit = await git.commit({ fs, gitdir, message, tree, parent, author, ref, noUpdateBranch: true });
  await git.writeRef({ fs, gitdir, ref, value: commit, force: true });
  return commit;
}

/** The newest anchor's text; undefined: there is none. */
export async function readAnchor(place: string, environment: string): Promise<string | undefined> {
  const gitdir = await localDirectory(place);
  const oid = await headOf(gitdir, anchorRef(environment));
  if (oid === undefined) return undefined;
  const { blob } = await git.readBlob({ fs, gitdir, oid, filepath: file });
  return Buffer.from(blob).toString('utf8');
}

async function headOf(gitdir: string, ref: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ fs, gitdir, ref });
  } catch (cause) {
    if (cause instanceof git.Errors.NotFoundError) return undefined;
    throw cause;
  }
}

async function localDirectory(place: string): Promise<string> {
  if (isAbsolute(place)) return (await findGitDirectory(place)).common;
  throw new TerminalError('The repository is a remote one, and this build cannot push an anchor to it.', {
    code: 'audit.anchor_remote',
    help: 'Keep what `pawl audit anchor --print` writes in a place of your own, and give it to `pawl audit verify --anchor FILE`.',
    exit: exitCodes.usage,
  });
}
