import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RetryableError, TerminalError } from '../errors.ts';
import { authorizationOf, type FetchRequest } from './fetch-request.ts';
import { type GitCommand, lastWords, runGit } from './git-process.ts';
import { fetchTimedOut, fetchTooLarge, redirected, repositoryNotFound, unauthorised, unreachable } from './fetch-errors.ts';
import type { Surroundings } from './reader.ts';

const watchMs = 100;

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

/** Fetches branches and tags into a mirror, with limits on time and on what arrives. */
export async function fetchByCli(request: FetchRequest): Promise<void> {
  const { gitDirectory, address, surroundings } = request;
  const config = request.token === undefined ? {} : tokenConfig(address.url, request.token);
  const command: GitCommand = { gitDirectory, surroundings, protocols: [address.protocol], config };
  const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const flags = ['--quiet', '--prune', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-show-forced-updates'];
  const stop = new AbortController();
  const signals = request.signal === undefined ? [stop.signal] : [stop.signal, request.signal];
  const watch = watchSize(request, () => stop.abort());
  try {
    const limits = { timeoutMs: request.timeoutMs, outputBytesMax: 1024 * 1024, signal: AbortSignal.any(signals) };
    const finished = await runGit(command, ['fetch', ...flags, '--end-of-options', address.url, ...refspecs], limits);
    if (finished.exit !== 0) throw fetchFailure(finished.stderr, request);
  } catch (error) {
    if (stop.signal.aborted) throw fetchTooLarge(request.bytesMax);
    throw error;
  } finally {
    clearInterval(watch);
  }
}

/** Git has no limit of its own on what a fetch brings, so its folder is watched while it grows. */
function watchSize(request: FetchRequest, stop: () => void): NodeJS.Timeout {
  const before = packBytes(request.gitDirectory);
  return setInterval(async () => {
    const grown = (await packBytes(request.gitDirectory)) - (await before);
    if (grown > request.bytesMax) stop();
  }, watchMs);
}

async function packBytes(gitDirectory: string): Promise<number> {
  const folder = join(gitDirectory, 'objects', 'pack');
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.size,
        // A temporary pack is renamed when it is complete: it is counted under its new name next time.
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function tokenConfig(url: string, token: string): Record<string, string> {
  return { [`http.${url}.extraHeader`]: `Authorization: ${authorizationOf(token)}` };
}

/** From the most to the least specific cause. */
function fetchFailure(stderr: string, request: FetchRequest): TerminalError | RetryableError {
  const place = request.address.url;
  const words = lastWords(stderr);
  if (/authentication failed|could not read (?:username|password)|returned error: 40[13]|permission denied \(/i.test(stderr)) {
    return unauthorised(place, request.token !== undefined);
  }
  if (/repository .* not found|returned error: (?:404|410)|does not appear to be a git repository/i.test(stderr)) {
    return repositoryNotFound(place);
  }
  if (/returned error: 30\d|unable to update url base from redirection/i.test(stderr)) return redirected(place);
  if (/bad object|corrupt|unable to read|missing (?:blob|tree|commit)|did not send all necessary objects|inflate/i.test(stderr)) {
    return new TerminalError(`Fetching ${place} met a damaged object: ${words}.`, { code: 'git.object_corrupt' });
  }
  if (/timed out/i.test(stderr)) return fetchTimedOut(place, request.timeoutMs);
  return unreachable(place, words);
}
