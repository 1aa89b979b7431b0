import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { gitEnvironment, type TestRepository } from './git.ts';
import { listen, type LoopbackServer } from './loopback.ts';

export { createRepository, gitEnvironment, type TestRepository } from './git.ts';

export interface GitHttpServer {
  /** Clone URL of the repository. */
  readonly url: string;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface GitHttpOptions {
  /** Asked of every request when given. */
  readonly basicAuth?: { readonly user: string; readonly password: string };
}

/** Serves a repository over Git's smart HTTP protocol by Git's own server, `git http-backend`. */
export async function serveGit(repository: TestRepository, options: GitHttpOptions = {}): Promise<GitHttpServer> {
  const requests: string[] = [];
  const server: LoopbackServer = await listen(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (!isAuthorised(request, options)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('Authentication required\n');
      return;
    }
    await answerByBackend(dirname(repository.path), { request, response });
  });
  return { url: `${server.url}/${basename(repository.path)}`, requests, close: () => server.close() };
}

function isAuthorised(request: IncomingMessage, { basicAuth }: GitHttpOptions): boolean {
  if (basicAuth === undefined) return true;
  const token = Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString('base64');
  return request.headers.authorization === `Basic ${token}`;
}

export interface GitRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Runs once Git is done and before the client learns of it. */
  readonly done?: () => Promise<void>;
}

/** Has `git http-backend` answer for the repositories below `root`. */
export async function answerByBackend(root: string, { request, response, done }: GitRequest): Promise<void> {
  const backend = spawn('git', ['http-backend'], {
    env: cgiEnvironment(root, request),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(backend, 'close');
  const deadline = setTimeout(() => backend.kill('SIGKILL'), 60_000);
  response.once('close', () => backend.kill('SIGKILL'));
  // The backend may end without reading the whole request; what is left of it then has nowhere to go.
  backend.stdin.on('error', () => request.resume());
  request.pipe(backend.stdin);
  const rest = await writeHead(backend.stdout, response);
  response.write(rest);
  backend.stdout.pipe(response, { end: false });
  await ended;
  await done?.();
  response.end();
  await finished(response);
  clearTimeout(deadline);
}

function cgiEnvironment(root: string, request: IncomingMessage): NodeJS.ProcessEnv {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const optional = { CONTENT_LENGTH: header('content-length'), GIT_PROTOCOL: header('git-protocol') };
  return gitEnvironment({
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== '')),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header('content-type'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    REMOTE_USER: 'author',
    REMOTE_ADDR: '127.0.0.1',
  });
}

/** Turns the header lines of the backend's answer into the response's, and returns the first bytes of the body. */
async function writeHead(output: Readable, response: ServerResponse): Promise<Buffer> {
  let received = Buffer.alloc(0);
  while (!received.includes('\r\n\r\n')) {
    const chunk: unknown = output.read() ?? (await nextChunk(output));
    if (!(chunk instanceof Buffer)) break;
    received = Buffer.concat([received, chunk]);
  }
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) {
    response.writeHead(502);
    return Buffer.from('git http-backend sent no header\n');
  }
  let status = 200;
  for (const line of received.subarray(0, end).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
  return received.subarray(end + 4);
}

async function nextChunk(output: Readable): Promise<unknown> {
  return new Promise((resolve) => {
    output.once('readable', () => resolve(output.read()));
    output.once('end', () => resolve(undefined));
  });
}
