import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { contradiction, type Environment, invalid, listOf, textOf } from './environment.ts';

/** Another machine's pawl, which commands ask in place of a database. */
export interface ServerChoice {
  /** `https://host[:port]` */
  readonly address: string;
  readonly token: { readonly kind: 'text'; readonly text: string } | { readonly kind: 'file'; readonly path: string };
}

/** An identity provider whose tokens the API takes. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that a person is named by. */
  readonly nameClaim: string;
}

/** How the API of this process is reached. */
export interface ApiSettings {
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** Names beside addresses that a Host header may carry. */
  readonly hosts: readonly string[];
  /** A proxy in front ends TLS and says in X-Forwarded-For who asks. */
  readonly isProxied: boolean;
  /** Requests and tokens may go in plain text off the loopback address. */
  readonly allowsPlainText: boolean;
  readonly oidc: OidcSettings | undefined;
  /** Where people reach this pawl: what alerts and comments link to. Undefined: they link to nothing. */
  readonly publicUrl: string | undefined;
}

export function readApiSettings(environment: Environment): ApiSettings {
  return {
    tls: readTls(environment),
    hosts: listOf(environment, 'PAWL_ALLOWED_HOSTS').map((host) => host.toLowerCase()),
    isProxied: readSwitch(environment, 'PAWL_TRUSTED_PROXY'),
    allowsPlainText: readSwitch(environment, 'PAWL_ALLOW_HTTP'),
    oidc: readOidc(environment),
    publicUrl: readPublicUrl(environment),
  };
}

function readPublicUrl(environment: Environment): string | undefined {
  const text = textOf(environment, 'PAWL_PUBLIC_URL');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && url.username + url.password + url.search + url.hash === '';
  if (isPlain && ['http:', 'https:'].includes(url.protocol)) return url.href.replace(/\/+$/, '');
  // Whatever stands there may hold a password, so the message does not show it.
  throw invalid('PAWL_PUBLIC_URL is no address of pages.', 'Set it to https://host[:port], as people type it.');
}

/** The server that commands ask, where one is set; its token never is a word of a command line. */
export function readServerChoice(environment: Environment): ServerChoice | undefined {
  const text = textOf(environment, 'PAWL_SERVER');
  if (text === undefined) return undefined;
  for (const name of ['DATABASE_URL', 'PAWL_DATABASE_URL']) {
    if (textOf(environment, name) !== undefined) throw contradiction('PAWL_SERVER', name);
  }
  return { address: addressOf(text, readSwitch(environment, 'PAWL_ALLOW_HTTP')), token: tokenOf(environment) };
}

function addressOf(text: string, allowsPlainText: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWhole =
    url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isWhole || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/') {
    // Whatever stands there may hold a password, so the message does not show it.
    throw invalid('PAWL_SERVER is not the address of a server.', 'Set it to https://host[:port], without a path.');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !allowsPlainText) {
    throw invalid(
      'PAWL_SERVER is http, and would be sent the token in plain text.',
      'Use https, or set PAWL_ALLOW_HTTP=1 where nobody else can listen.',
    );
  }
  return url.origin;
}

function tokenOf(environment: Environment): ServerChoice['token'] {
  const [text, path] = [textOf(environment, 'PAWL_TOKEN'), textOf(environment, 'PAWL_TOKEN_FILE')];
  if (text !== undefined && path !== undefined) throw contradiction('PAWL_TOKEN', 'PAWL_TOKEN_FILE');
  if (path !== undefined) return { kind: 'file', path: resolve(path) };
  if (text !== undefined) return { kind: 'text', text };
  throw invalid('PAWL_SERVER is set and no token is.', 'Set PAWL_TOKEN_FILE to the file that holds it, or PAWL_TOKEN.');
}

function readTls(environment: Environment): ApiSettings['tls'] {
  const [certificate, key] = [textOf(environment, 'PAWL_TLS_CERT_FILE'), textOf(environment, 'PAWL_TLS_KEY_FILE')];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw invalid('TLS needs a certificate and its key.', 'Set both PAWL_TLS_CERT_FILE and PAWL_TLS_KEY_FILE.');
  }
  return { certificateFile: resolve(certificate), keyFile: resolve(key) };
}

function readOidc(environment: Environment): OidcSettings | undefined {
  const [issuer, audience] = [textOf(environment, 'PAWL_OIDC_ISSUER'), textOf(environment, 'PAWL_OIDC_AUDIENCE')];
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || audience === undefined) {
    throw invalid('An identity provider needs two settings.', 'Set both PAWL_OIDC_ISSUER and PAWL_OIDC_AUDIENCE.');
  }
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url === undefined || !isSafe || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(
      'PAWL_OIDC_ISSUER is not the address of an issuer.',
      'Set it to https://…, as the provider writes it.',
    );
  }
  return { issuer, audience, nameClaim: textOf(environment, 'PAWL_OIDC_NAME_CLAIM') ?? 'sub' };
}

function readSwitch(environment: Environment, name: string): boolean {
  const text = textOf(environment, name);
  if (text === undefined || text === '0') return false;
  if (text === '1') return true;
  throw invalid(`${name} is neither 1 nor 0.`, `Set ${name}=1, or unset it.`);
}

/** Whether a host is this machine alone. A name is so only by definition: what it leads to is for others to say. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
