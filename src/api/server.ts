import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Person } from '../policy/person.ts';
import type { HookLimits } from './hook-request.ts';
import { type ActionsDoor, type ActionsLimits, addActions } from './actions.ts';
import { addHooks, type HookDoor } from './hooks.ts';
import { addGitHubHook, type GitHubHookDoor } from './hooks-github.ts';
import type { AccessRules } from './authorise.ts';
import type { Identify } from './identity.ts';
import type { Operations } from './operations.ts';
import { problemMediaType, problemOf } from './problem-json.ts';
import type { Api } from './route.ts';
import { addRoutes } from './routes.ts';
import { assertHost, assertSameOrigin, sourceOf } from './visitor.ts';

export interface ServerOptions {
  /** The operations of one person; asked for anew with every request. */
  readonly operations: (person: Person) => Operations;
  readonly identify: Identify;
  /** What `access` of pawl.yaml says, by environment; absent: roles are those of tokens alone. */
  readonly rules?: AccessRules;
  readonly version: string;
  readonly log: Log;
  /** Throws while the server cannot serve, e.g. without its database. */
  readonly ready: () => Promise<void>;
  /** Takes requests to webhooks; absent: there are none here. */
  readonly hooks?: HookDoor;
  /** Takes webhooks of GitHub; absent: pawl does not speak with it. */
  readonly githubHook?: GitHubHookDoor | undefined;
  readonly hookLimits?: HookLimits;
  /** Answers jobs of GitHub Actions; absent: none is known. */
  readonly actions?: ActionsDoor | undefined;
  readonly actionsLimits?: ActionsLimits;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where it listens; absent: on the loopback address. */
  readonly host?: string;
  /** Absent: plain text. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
  /** Names beside addresses that a Host header may carry. */
  readonly hosts?: readonly string[];
  /** A proxy in front says who asks. */
  readonly isProxied?: boolean;
}

export interface ApiServer {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  close(): Promise<void>;
}

const bodyBytesMax = 1024 * 1024;
const requestMs = 120_000;
const loopback = '127.0.0.1';
const noRules: AccessRules = { of: () => Promise.resolve(undefined), all: () => Promise.resolve([]) };

/** Serves the API: on the loopback address, and elsewhere only where it is told to. */
export async function startServer(options: ServerOptions): Promise<ApiServer> {
  const app = createApi(options);
  const server = await listen(app, options);
  const { port } = server.address() as AddressInfo;
  const { host = loopback, tls } = options;
  const name = host.includes(':') ? `[${host}]` : host;
  return { address: `${tls === undefined ? 'http' : 'https'}://${name}:${port}`, close: () => close(server) };
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
  if (options.hooks !== undefined) addHooks(app, options.hooks, { ...hookLimitsOf(options), log: options.log });
  const { githubHook } = options;
  if (githubHook !== undefined) addGitHubHook(app, githubHook, { ...hookLimitsOf(options), log: options.log });
  const { host = loopback, hosts: names = [] } = options;
  app.use(assertHost({ names: host === loopback ? names : [...names, host], isLoopback: host === loopback }));
  app.use(assertSameOrigin);
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
  const { actions, actionsLimits, isProxied = false } = options;
  if (actions !== undefined) addActions(app, actions, { isProxied, ...actionsLimits, log: options.log });
  app.use('/v1/*', async (context, next) => {
    const person = await personOf(context, options);
    context.set('person', person);
    context.set('operations', options.operations(person));
    context.set('rules', options.rules ?? noRules);
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

async function personOf(context: Context, { identify, isProxied }: ServerOptions): Promise<Person> {
  const [scheme, given = ''] = (context.req.header('authorization') ?? '').split(' ');
  const person =
    scheme?.toLowerCase() === 'bearer' && given !== ''
      ? await identify(given, sourceOf(context, isProxied))
      : undefined;
  if (person !== undefined) return person;
  throw new TerminalError('The API wants a bearer token that is good: of `pawl up`, of an admin, or of the provider.', {
    code: 'api.unauthorised',
    help: 'Run the command as the user of the running `pawl up`, or set PAWL_TOKEN_FILE.',
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

function hookLimitsOf({ hookLimits, isProxied = false }: ServerOptions): HookLimits {
  return { ...hookLimits, isProxied };
}

function listen(app: Api, { port, host = loopback, tls }: ServerOptions): Promise<ServerType> {
  const limits = { requestTimeout: requestMs, headersTimeout: 10_000 };
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: app.fetch,
        hostname: host,
        port,
        ...(tls === undefined
          ? { serverOptions: limits }
          : { createServer, serverOptions: { ...limits, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' } }),
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
