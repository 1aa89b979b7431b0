import fs from 'node:fs';
import * as git from 'isomorphic-git';
import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import { fetchTimedOut, remoteEmpty, repositoryNotFound, unauthorised, unreachable } from './fetch-errors.ts';
import { authorizationOf, type FetchRequest } from './fetch-request.ts';
import { boundedHttp } from './isomorphic-http.ts';

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

/** Fetches branches and tags into a mirror over HTTP(S), with limits on time and on what arrives. */
export async function fetchByIsomorphic(request: FetchRequest): Promise<void> {
  const { gitDirectory: gitdir, address, token } = request;
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const http = boundedHttp({ signal, bytesMax: request.bytesMax });
  const headers = token === undefined ? {} : { Authorization: authorizationOf(token) };
  try {
    const refs = await git.listServerRefs({ http, url: address.url, headers, protocolVersion: 1 });
    const branch = refs.find(({ ref }) => ref.startsWith('refs/heads/'));
    if (branch === undefined) throw remoteEmpty(address.url);
    // The library looks HEAD up after it has moved the references and before it keeps the objects.
    if (!refs.some(({ ref }) => ref === 'HEAD')) throw headMissing(address.url);
    await git.fetch({
      fs,
      http,
      gitdir,
      url: address.url,
      remote,
      remoteRef: branch.ref,
      headers,
      tags: true,
      prune: true,
      pruneTags: true,
    });
    // The library prunes only branches below refs/remotes, so those of a mirror are pruned here.
    const kept = new Set(refs.map(({ ref }) => ref));
    for (const name of await git.listBranches({ fs, gitdir })) {
      if (!kept.has(`refs/heads/${name}`)) await git.deleteRef({ fs, gitdir, ref: `refs/heads/${name}` });
    }
  } catch (error) {
    throw fetchFailure(error, request, timeout);
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
