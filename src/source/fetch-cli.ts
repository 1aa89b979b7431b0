import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RetryableError, TerminalError } from '../errors.ts';
import { authorizationOf, type FetchRequest, keptRef } from './fetch-request.ts';
import { type GitCommand, lastWords, runGit } from './git-process.ts';
import {
  commitNotThere,
  fetchTimedOut,
  fetchTooLarge,
  redirected,
  remoteEmpty,
  repositoryNotFound,
  unauthorised,
  unreachable,
} from './fetch-errors.ts';
import { remoteHead } from './ref.ts';
import type { Surroundings, Wanted } from './reader.ts';

/** Makes a bare Git directory without templates, hence without hooks. */
export async function initByCli(gitDirectory: string, surroundings: Surroundings): Promise<void> {
  const limits = { timeoutMs: 30_000, outputBytesMax: 64 * 1024 };
  const args = ['init', '--quiet', '--bare', '--template=', '--initial-branch=main'];
  const finished = await runGit({ gitDirectory, surroundings }, args, limits);
  if (finished.exit === 0) return;
  throw new TerminalError(`The mirror ${gitDirectory} could not be made: ${lastWords(finished.stderr)}.`, {
    code: 'git.failed',
  });
}

/** Fetches branches and tags into a mirror, or what is asked for, with limits on time and on what arrives. */
export async function fetchByCli(request: FetchRequest): Promise<void> {
  const { gitDirectory, address, surroundings } = request;
  const config = request.token === undefined ? {} : tokenConfig(address.url, request.token);
  const command: GitCommand = {
    gitDirectory,
    surroundings,
    protocols: [address.protocol],
    config,
    fileBytesMax: request.bytesMax,
  };
  const refspecs = request.wanted === undefined ? everything : refspecsOf(request.wanted);
  const flags = [
    '--quiet',
    '--prune',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-show-forced-updates',
  ];
  const limits = { timeoutMs: request.timeoutMs, outputBytesMax: 1024 * 1024, signal: request.signal };
  try {
    const finished = await runGit(command, ['fetch', ...flags, '--end-of-options', address.url, ...refspecs], limits);
    if (finished.exit !== 0) throw fetchFailure(finished.stderr, request);
  } catch (error) {
    await removeUnfinished(gitDirectory);
    throw error;
  }
  if (request.wanted === undefined) await assertBranch({ gitDirectory, surroundings }, address.url);
}

// HEAD is asked for by pattern: a remote whose default branch is gone has none, and is read all the same.
const everything = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*', `+HEAD*:${remoteHead}*`];

/** A pull request's too: the forge takes `merge` away when there is a conflict, and pruning then takes it from here. */
function refspecsOf({ pulls = [], commits = [] }: Wanted): readonly string[] {
  const patterns = pulls.map((number) => `+refs/pull/${number}/*:refs/pull/${number}/*`);
  return [...patterns, ...commits.map((commit) => `+${commit}:${keptRef(commit)}`)];
}

/** A server that answers nonsense reads as one without branches, and pruning has then emptied the mirror's list. */
async function assertBranch(command: GitCommand, place: string): Promise<void> {
  const limits = { timeoutMs: 30_000, outputBytesMax: 64 * 1024 };
  const { stdout } = await runGit(command, ['for-each-ref', '--count=1', '--format=%(refname)', 'refs/heads'], limits);
  if (stdout.length === 0) throw remoteEmpty(place);
}

/** A fetch that was stopped leaves what had arrived. */
async function removeUnfinished(gitDirectory: string): Promise<void> {
  const folder = join(gitDirectory, 'objects', 'pack');
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.filter((name) => name.startsWith('tmp_')).map((name) => rm(join(folder, name), { force: true })),
  );
}

function tokenConfig(url: string, token: string): Record<string, string> {
  return { [`http.${url}.extraHeader`]: `Authorization: ${authorizationOf(token)}` };
}

/** From the most to the least specific cause. */
function fetchFailure(stderr: string, request: FetchRequest): TerminalError | RetryableError {
  const place = request.address.url;
  const words = lastWords(stderr);
  if (/file too large/i.test(stderr)) return fetchTooLarge(request.bytesMax);
  if (/not our ref|couldn't find remote ref|unadvertised object/i.test(stderr)) return commitNotThere(place, words);
  if (
    /authentication failed|could not read (?:username|password)|returned error: 40[13]|permission denied \(/i.test(
      stderr,
    )
  ) {
    return unauthorised(place, request.token !== undefined);
  }
  if (/repository .* not found|returned error: (?:404|410)|does not appear to be a git repository/i.test(stderr)) {
    return repositoryNotFound(place);
  }
  if (/returned error: 30\d|unable to update url base from redirection/i.test(stderr)) return redirected(place);
  if (
    /bad object|corrupt|unable to read|missing (?:blob|tree|commit)|did not send all necessary objects|inflate/i.test(
      stderr,
    )
  ) {
    return new TerminalError(`Fetching ${place} met a damaged object: ${words}.`, { code: 'git.object_corrupt' });
  }
  if (/timed out/i.test(stderr)) return fetchTimedOut(place, request.timeoutMs);
  return unreachable(place, words);
}
