import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, Next } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Person } from '../policy/person.ts';
import { addHooks, type HookDoor, type HookLimits } from './hooks.ts';
import type { Identify } from './identity.ts';
import type { Operations } from './operations.ts';
import { problemMediaType, problemOf } from './problem-json.ts';
import type { Api } from './route.ts';
import { addRoutes } from './routes.ts';

export interface ServerOptions {
  /** The operations of one person; asked for anew with every request. */
  readonly operations: (person: Person) => Operations;
  readonly identify: Identify;
  readonly version: string;
  readonly log: Log;
  /** Throws while the server cannot serve, e.g. without its database. */
  readonly ready: () => Promise<void>;
  /** Takes requests to webhooks; absent: there are none here. */
  readonly hooks?: HookDoor;
  readonly hookLimits?: HookLimits;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ApiServer {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  close(): Promise<void>;
}

const bodyBytesMax = 1024 * 1024;
const requestMs = 120_000;

/** Serves the API on the loopback address, and nowhere else. */
export async function startServer(options: ServerOptions): Promise<ApiServer> {
  const app = createApi(options);
  const server = await listen(app, options.port);
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => close(server) };
}

export function createApi(options: ServerOptions): Api {
  const app: Api = new OpenAPIHono();
  app.use(async (context, next) => {
    await next();
    context.header('pawl-version', options.version);
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
  });
  // Before the check of the Host header: a proxy hands it on, and a request to a webhook is signed.
  if (options.hooks !== undefined) addHooks(app, options.hooks, { ...options.hookLimits, log: options.log });
  app.use(assertLoopbackHost);
  app.get('/healthz', (context) => context.json({ status: 'ok', version: options.version }));
  app.get('/readyz', async (context) => {
    await options.ready();
    return context.json({ status: 'ready' });
  });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'pawl', version: options.version },
    security: [{ token: [] }],
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.use('/v1/*', async (context, next) => {
    context.set('operations', options.operations(await personOf(context, options.identify)));
    await next();
  });
  app.use('/v1/*', bodyLimit({ maxSize: bodyBytesMax, onError: refuseBody }));
  addRoutes(app);
  app.notFound((context) => {
    throw new TerminalError(`There is no ${context.req.method} ${context.req.path}.`, {
      code: 'api.not_found',
      help: 'Compare the request with /openapi.json.',
    });
  });
  app.onError((error, context) => answerError(error, context, options.log));
  return app;
}

function answerError(error: unknown, context: Context, log: Log): Response {
  const problem = problemOf(error);
  if (!isPawlError(error))
    log.error({ err: error, method: context.req.method, path: context.req.path }, 'request failed');
  const body = JSON.stringify(problem);
  return new Response(body, { status: problem.status, headers: { 'content-type': problemMediaType } });
}

// A page on the web can let its own name resolve to 127.0.0.1 and so send requests here from a browser; its Host
// header still carries that name.
async function assertLoopbackHost(context: Context, next: Next): Promise<void> {
  const host = context.req.header('host') ?? '';
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host)) {
    throw new TerminalError('The Host header does not name the loopback address.', {
      code: 'api.host',
      help: 'Use the address that `pawl up` printed.',
      exit: exitCodes.unauthorised,
    });
  }
  await next();
}

async function personOf(context: Context, identify: Identify): Promise<Person> {
  const [scheme, given = ''] = (context.req.header('authorization') ?? '').split(' ');
  const person = scheme?.toLowerCase() === 'bearer' && given !== '' ? await identify(given) : undefined;
  if (person !== undefined) return person;
  throw new TerminalError('The API wants the bearer token that `pawl up` wrote to .pawl/token.', {
    code: 'api.unauthorised',
    help: 'Run the command in the repository of the running `pawl up`, as the same user.',
    exit: exitCodes.unauthorised,
  });
}

function refuseBody(): never {
  throw new TerminalError(`The body is over ${bodyBytesMax} bytes.`, {
    code: 'api.too_large',
    help: 'Send less; large inputs belong where a tool can fetch them.',
    exit: exitCodes.usage,
  });
}

function listen(app: Api, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: '127.0.0.1',
        port,
        serverOptions: { requestTimeout: requestMs, headersTimeout: 10_000 },
      },
      () => resolve(server),
    );
    server.once('error', reject);
  });
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    // Keep-alive connections of clients that are done would hold the process for their whole idle time.
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
}
