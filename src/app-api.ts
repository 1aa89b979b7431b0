import { readFile } from 'node:fs/promises';
import type { AccessRules } from './api/authorise.ts';
import { createClient } from './api/client.ts';
import { type Identify, ownToken, storedTokens, waysIn } from './api/identity.ts';
import { oidcTokens } from './api/oidc.ts';
import type { Operations } from './api/operations.ts';
import { type ServerOptions, startServer } from './api/server.ts';
import { newToken, removeServerFile, writeServerFile } from './api/server-file.ts';
import { actionsDoor } from './app-actions.ts';
import { webhookDoor } from './app-triggers.ts';
import type { Closers } from './closers.ts';
import { gitHubHook } from './app-github.ts';
import { secretsOf } from './app-secrets.ts';
import type { Config } from './config.ts';
import { isLoopback, type ServerChoice } from './config-api.ts';
import type { ControlPlane } from './controller/planning.ts';
import { exitCodes, TerminalError } from './errors.ts';
import { type Log, subsystemLog } from './log.ts';
import { parseRules } from './manifest/rules-of.ts';
import { localPerson, type Person } from './policy/person.ts';
import { countTokens } from './store/api-token.ts';
import type { Database } from './store/database.ts';
import { listEnvironments, readEnvironment } from './store/environment.ts';
import { assertSchema } from './store/migrate.ts';
import { packageVersion } from './version.ts';

export interface ApiStart {
  /** Of each repository. */
  readonly planes: readonly ControlPlane[];
  readonly database: Database;
  readonly log: Log;
  readonly stack: Closers;
  readonly port: number;
  readonly operations: (person: Person) => Operations;
}

/** The API of `pawl up`: on the loopback address, with a token for its user in `.pawl`. Gives its address. */
export async function startOwnApi(config: Config, start: ApiStart): Promise<string> {
  const { stack } = start;
  const token = newToken();
  const own = ownToken(token, localPerson(config.actor));
  const server = await startServer({ ...optionsOf(config, start, own), port: start.port });
  stack.add(() => server.close());
  const found = { address: server.address, pid: process.pid, version: packageVersion() };
  await writeServerFile(config.stateDirectory, found, token);
  stack.add(() => removeServerFile(config.stateDirectory, process.pid));
  return server.address;
}

/** The API of `pawl serve`: for whoever a token of the database or of the identity provider proves. Gives its address. */
export async function serveApi(config: Config, start: ApiStart & { readonly host: string }): Promise<string> {
  const { database, host, log } = start;
  const { api } = config;
  if (!isLoopback(host)) await assertGuarded(config, database);
  if (!isLoopback(host) && api.tls === undefined) {
    log.warn({ host, proxied: api.isProxied }, 'the API listens without TLS of its own');
  }
  const tls = api.tls && {
    certificate: await readFile(api.tls.certificateFile),
    key: await readFile(api.tls.keyFile),
  };
  const server = await startServer({
    ...optionsOf(config, start, undefined),
    port: start.port,
    host,
    ...(tls === undefined ? {} : { tls }),
  });
  start.stack.add(() => server.close());
  return server.address;
}

function optionsOf(
  config: Config,
  { planes, database, log, operations }: ApiStart,
  own: Identify | undefined,
): Omit<ServerOptions, 'port'> {
  const { oidc, hosts, isProxied } = config.api;
  const apiLog = subsystemLog(log, 'api');
  const others = [storedTokens(database), ...(oidc === undefined ? [] : [oidcTokens(oidc)])];
  return {
    operations,
    identify: waysIn({ ...(own === undefined ? {} : { own }), others, database, log: apiLog }),
    rules: accessRules(database),
    version: packageVersion(),
    log: apiLog,
    ready: () => assertSchema(database.db),
    hooks: webhookDoor(database, secretsOf(config, database)),
    githubHook: gitHubHook(config, database, apiLog),
    actions: actionsDoor(config.actions, { planes, database, log: apiLog }),
    hosts,
    isProxied,
  };
}

/** Of the commits that are live, as they were kept when they were applied: what is merged and not applied gives nothing. */
export function accessRules({ db }: Pick<Database, 'db'>): AccessRules {
  return {
    of: async (environment) => parseRules((await readEnvironment(db, environment))?.rules ?? null),
    all: async () => (await listEnvironments(db)).flatMap(({ rules }) => parseRules(rules) ?? []),
  };
}

/** Off the loopback address nobody is let in unproved, and no token goes over the wire for all to read. */
async function assertGuarded({ api }: Config, database: Database): Promise<void> {
  if (api.oidc === undefined && (await countTokens(database.db)) === 0) {
    throw refused('cli.serve_no_identity', {
      message: 'Nobody could prove who they are: there is no token, and no identity provider is set.',
      help: 'Make one with `pawl token create`, or set PAWL_OIDC_ISSUER and PAWL_OIDC_AUDIENCE.',
    });
  }
  if (api.tls !== undefined || api.isProxied || api.allowsPlainText) return;
  throw refused('cli.serve_plain_text', {
    message: 'Tokens would cross the network in plain text.',
    help: 'Set PAWL_TLS_CERT_FILE and PAWL_TLS_KEY_FILE, or PAWL_TRUSTED_PROXY=1 behind a proxy that ends TLS.',
  });
}

function refused(code: string, { message, help }: { readonly message: string; readonly help: string }): TerminalError {
  return new TerminalError(message, { code, help, exit: exitCodes.usage });
}

/** Asks another machine's pawl; the token is read when it is needed, and goes to that address alone. */
export async function remoteClient({ address, token }: ServerChoice): Promise<Operations> {
  const text = token.kind === 'text' ? token.text : (await readToken(token.path)).trim();
  return createClient({ address, token: text, version: packageVersion() });
}

async function readToken(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TerminalError('The file of PAWL_TOKEN_FILE cannot be read.', {
      code: 'config.invalid',
      help: 'Set it to the file that holds the token.',
      exit: exitCodes.usage,
      cause: error,
    });
  }
}
