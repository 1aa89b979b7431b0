import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { importSPKI, jwtVerify } from 'jose';
import { bodyOf } from '../loopback.ts';
import { answerGit } from './git-door.ts';
import { type Answer, isRecord, Refusal, type Router } from './router.ts';
import type { Failure } from './faults.ts';
import type { Viewer, World } from './world.ts';
import type { Description } from './description.ts';

export interface Door {
  readonly world: World;
  readonly router: Router;
  readonly description: Description;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const base = '/api/v3';

/** Answers everything that comes to the double: Git's protocol, the API, and what a token of Actions is checked with. */
export async function answer(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world } = door;
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const issuer = await world.actions.answer(url, request.headers.authorization);
  if (issuer !== undefined) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(issuer));
    return;
  }
  if (!url.pathname.startsWith(base)) return answerGit(world, request, response);
  if (world.faults.delayMs > 0) await pause(world.faults.delayMs);
  const method = request.method ?? 'GET';
  const path = url.pathname.slice(base.length);
  const failure = world.faults.takeFailure(`${method} ${path}`);
  let reply: Reply;
  if (failure !== undefined && !failure.after) reply = failed(failure);
  else if (world.faults.apiDown) reply = { status: 503, headers: {}, body: { message: 'Service Unavailable' } };
  else {
    reply = await replyTo(door, request, url);
    if (failure !== undefined) reply = failed(failure);
  }
  world.requests.push({ method, path: `${path}${url.search}`, status: reply.status });
  if (failure?.drop === true) {
    response.destroy();
    return;
  }
  send(world, { request, response, reply });
}

function failed(failure: Failure): Reply {
  return { status: failure.status, headers: failure.headers, body: { message: failure.message } };
}

async function replyTo(door: Door, request: IncomingMessage, url: URL): Promise<Reply> {
  const { world } = door;
  try {
    assertWithinLimits(world);
    const viewer = await viewerOf(world, request.headers.authorization);
    const body = parsed(await bodyOf(request));
    const isWrite = request.method !== 'GET';
    if (isWrite && world.writing >= world.faults.concurrentWrites) throw tooMany();
    world.writing += isWrite ? 1 : 0;
    try {
      return await routed(door, { method: request.method ?? 'GET', url, viewer, body });
    } finally {
      world.writing -= isWrite ? 1 : 0;
    }
  } catch (cause) {
    if (!(cause instanceof Refusal)) {
      world.violations.push(`${request.method} ${url.pathname}: ${String(cause)}`);
      return { status: 500, headers: {}, body: { message: String(cause) } };
    }
    const { status, message, errors, headers } = cause;
    const documented = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
    return { status, headers, body: errors === undefined ? documented : { ...documented, errors } };
  }
}

function tooMany(): Refusal {
  const text = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return new Refusal(403, text, { headers: { 'retry-after': '1' } });
}

function assertWithinLimits({ faults }: World): void {
  if (Date.now() >= faults.resetAt) {
    faults.used = 0;
    faults.resetAt = Date.now() + 3_600_000;
  }
  if (faults.used >= faults.limit) throw new Refusal(403, 'API rate limit exceeded for installation.');
  faults.used += 1;
}

function parsed(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}

/** Who calls: by a token, or the App by a JWT that its key has signed. */
export async function viewerOf(world: World, header: string | undefined): Promise<Viewer> {
  if (header === undefined) return { kind: 'anonymous' };
  const token = header.replace(/^(?:bearer|token) /i, '');
  if (token.split('.').length === 3) return appOf(world, token);
  const known = world.tokens.get(token);
  if (known === undefined || known.expiresAt < Date.now()) throw new Refusal(401, 'Bad credentials');
  return known.viewer;
}

async function appOf(world: World, token: string): Promise<Viewer> {
  const key = await importSPKI(world.app.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'RS256');
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'] });
    const lifeSeconds = (payload.exp ?? 0) - (payload.iat ?? 0);
    if (String(payload.iss) === String(world.app.id) && payload.exp !== undefined && lifeSeconds <= 660)
      return { kind: 'app' };
  } catch (cause) {
    throw new Refusal(401, `A JSON web token could not be decoded: ${String(cause)}`);
  }
  throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future, or the issuer is another App");
}

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly viewer: Viewer;
  readonly body: unknown;
}

async function routed({ world, router, description }: Door, asked: Asked): Promise<Reply> {
  const { method, url, viewer, body } = asked;
  const found = router.find(method, url.pathname.slice(base.length));
  if (found === undefined) {
    world.violations.push(`the double does not serve ${method} ${url.pathname}`);
    throw new Refusal(404, 'Not Found');
  }
  const { route, params } = found;
  const operation = { method, path: route.path };
  const wrong = description.requestProblems(operation, { params, query: url.searchParams, body });
  const text = wrong.map((one) => one.text).join('; ');
  if (wrong.length > 0 && wrong.every(({ isLimit }) => isLimit)) throw new Refusal(422, `Invalid request.\n\n${text}`);
  if (wrong.length > 0) throw new Error(`the request is not as GitHub describes it: ${text}`);
  const record = isRecord(body) ? body : {};
  const login = world.loginOf(viewer) ?? '';
  const call = { world, viewer, login, params, query: url.searchParams, body: record };
  const given = await (method === 'GET' ? route.answer(call) : world.alone(() => route.answer(call)));
  const reply = pagedReply(world, given, url);
  const odd = description.responseProblems(operation, reply.status, reply.body);
  if (odd.length > 0) throw new Error(`the answer is not as GitHub describes it: ${odd.join('; ')}`);
  return reply;
}

function pagedReply(world: World, given: Answer, url: URL): Reply {
  if ('status' in given) return { status: given.status, headers: {}, body: given.body };
  const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30) || 30);
  const page = Math.max(1, Number(url.searchParams.get('page') ?? 1) || 1);
  const rows = given.list.slice((page - 1) * size, page * size);
  const last = Math.max(1, Math.ceil(given.list.length / size));
  const link = (to: number, rel: string): string => {
    const target = new URL(`${world.url}${url.pathname}${url.search}`);
    target.searchParams.set('page', String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ];
  const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
  const { within } = given;
  if (within === undefined) return { status: 200, headers, body: rows };
  return { status: 200, headers, body: { total_count: given.list.length, ...given.beside, [within]: rows } };
}

interface Sending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly reply: Reply;
}

function send({ faults }: World, { request, response, reply }: Sending): void {
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-github-request-id': '0000:0000:0000:0000',
    'x-ratelimit-limit': String(faults.limit),
    'x-ratelimit-remaining': String(Math.max(0, faults.limit - faults.used)),
    'x-ratelimit-used': String(faults.used),
    'x-ratelimit-reset': String(Math.ceil(faults.resetAt / 1000)),
    'x-ratelimit-resource': 'core',
    ...reply.headers,
  };
  const asked = request.headers['if-none-match'];
  if (request.method === 'GET' && reply.status === 200) {
    if (asked !== undefined && isSame(asked, etag)) {
      // An answer that nothing has changed is not counted.
      faults.used = Math.max(0, faults.used - 1);
      response.writeHead(304, { ...headers, etag }).end();
      return;
    }
    response.setHeader('etag', etag);
  }
  response.writeHead(reply.status, headers).end(text);
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
