import fs from 'node:fs';
import * as git from 'isomorphic-git';
import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import {
  commitNotThere,
  fetchTimedOut,
  remoteEmpty,
  repositoryNotFound,
  unauthorised,
  unreachable,
} from './fetch-errors.ts';
import { authorizationOf, type FetchRequest, keptRef } from './fetch-request.ts';
import { boundedHttp } from './isomorphic-http.ts';
import { guardedFileSystem } from './pack-guard.ts';
import type { Wanted } from './reader.ts';

const remote = 'origin';

/** Makes a bare Git directory whose remote's branches land where a mirror has them. */
export async function initByIsomorphic(gitDirectory: string): Promise<void> {
  await git.init({ fs, gitdir: gitDirectory, bare: true, defaultBranch: 'main' });
  await git.setConfig({
    fs,
    gitdir: gitDirectory,
    path: `remote.${remote}.fetch`,
    value: '+refs/heads/*:refs/heads/*',
  });
}

/** Fetches branches and tags into a mirror over HTTP(S), or what is asked for, with limits on time and on what arrives. */
export async function fetchByIsomorphic(request: FetchRequest): Promise<void> {
  const { gitDirectory: gitdir, address, token } = request;
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const http = boundedHttp({ signal, bytesMax: request.bytesMax });
  const headers = token === undefined ? {} : { Authorization: authorizationOf(token) };
  const source: Source = { fs: guardedFileSystem(request.bytesMax), http, gitdir, url: address.url, remote, headers };
  try {
    if (request.wanted === undefined) await fetchEverything(source);
    else await fetchWanted(source, request.wanted);
  } catch (error) {
    throw fetchFailure(error, request, timeout);
  }
}

interface Source {
  readonly fs: git.PromiseFsClient;
  readonly http: git.HttpClient;
  readonly gitdir: string;
  readonly url: string;
  readonly remote: string;
  readonly headers: Record<string, string>;
}

async function fetchEverything(source: Source): Promise<void> {
  const { http, gitdir, url, headers } = source;
  const refs = await git.listServerRefs({ http, url, headers, protocolVersion: 1 });
  const branch = refs.find(({ ref }) => ref.startsWith('refs/heads/'));
  if (branch === undefined) throw remoteEmpty(url);
  // The library looks HEAD up after it has moved the references and before it keeps the objects.
  if (!refs.some(({ ref }) => ref === 'HEAD')) throw headMissing(url);
  await git.fetch({ ...source, remoteRef: branch.ref, tags: true, prune: true, pruneTags: true });
  // The library prunes only branches below refs/remotes, so those of a mirror are pruned here.
  const kept = new Set(refs.map(({ ref }) => ref));
  for (const name of await git.listBranches({ fs, gitdir })) {
    if (!kept.has(`refs/heads/${name}`)) await git.deleteRef({ fs, gitdir, ref: `refs/heads/${name}` });
  }
}

/** The library fetches one reference at a time, and moves only branches itself. */
async function fetchWanted(source: Source, { pulls = [], commits = [] }: Wanted): Promise<void> {
  const { http, gitdir, url, headers } = source;
  const [known] = await git.listBranches({ fs, gitdir });
  // What it says that it has, so that little is sent.
  const ref = known === undefined ? {} : { ref: `refs/heads/${known}` };
  const there = pulls.length === 0 ? [] : await git.listServerRefs({ http, url, headers, protocolVersion: 1 });
  const oidOf = new Map(there.map((one) => [one.ref, one.oid]));
  for (const name of pulls.flatMap((number) => [`refs/pull/${number}/head`, `refs/pull/${number}/merge`])) {
    const oid = oidOf.get(name);
    if (oid === undefined) {
      await git.deleteRef({ fs, gitdir, ref: name });
      continue;
    }
    if ((await git.resolveRef({ fs, gitdir, ref: name }).catch(() => undefined)) === oid) continue;
    const { fetchHead } = await git.fetch({ ...source, ...ref, remoteRef: name, singleBranch: true, tags: false });
    // What came may be newer than what was listed a moment before.
    await git.writeRef({ fs, gitdir, ref: name, value: fetchHead ?? oid, force: true });
  }
  for (const commit of commits) {
    await git.fetch({ ...source, ...ref, remoteRef: commit, singleBranch: true, tags: false });
    // The library takes the server's refusal for an empty answer.
    await git.readCommit({ fs, gitdir, oid: commit }).catch((): never => {
      throw commitNotThere(url, `it has no ${commit}`);
    });
    await git.writeRef({ fs, gitdir, ref: keptRef(commit), value: commit, force: true });
  }
}

function fetchFailure(error: unknown, request: FetchRequest, timeout: AbortSignal): Error {
  const place = request.address.url;
  if (isPawlError(error)) return error;
  if (timeout.aborted) return fetchTimedOut(place, request.timeoutMs);
  if (request.signal?.aborted === true) {
    return new RetryableError(`Fetching ${place} was interrupted.`, { code: 'git.timeout', cause: error });
  }
  if (error instanceof git.Errors.HttpError) {
    const status = error.data.statusCode;
    if (status === 401 || status === 403) return unauthorised(place, request.token !== undefined);
    if (status === 404 || status === 410) return repositoryNotFound(place);
    return unreachable(place, `it answered ${status}`, error);
  }
  return unreachable(place, 'the transfer failed', error);
}

function headMissing(place: string): TerminalError {
  return new TerminalError(`The default branch of ${place} does not exist, and without the program git it is needed.`, {
    code: 'git.ref_not_found',
    help: 'Set the default branch of the repository to one that exists, or install git.',
  });
}
