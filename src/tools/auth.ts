import { TerminalError } from '../errors.ts';
import type { BundleAuth } from '../manifest/bundle-secret.ts';
import type { EgressOutcome } from './egress.ts';
import { accessToken, forgetToken, type TokenReach } from './oauth.ts';
import type { Secrets } from './secrets.ts';

export interface AuthHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/**
 * The header that authenticates a call; the value exists only from here to the socket. `reach`: how a token is got
 * where the profile needs one.
 */
export async function authHeader(auth: BundleAuth, secrets: Secrets, reach: TokenReach): Promise<AuthHeader> {
  const value = await secrets.resolve(auth.secret);
  switch (auth.profile) {
    case 'bearer':
      return { name: 'authorization', value: `Bearer ${asHeader(value, auth.secret.secret)}` };
    case 'basic':
      return { name: 'authorization', value: `Basic ${Buffer.from(value, 'utf8').toString('base64')}` };
    case 'apiKeyHeader':
      return { name: (auth.headerName ?? 'x-api-key').toLowerCase(), value: asHeader(value, auth.secret.secret) };
    case 'oauth2ClientCredentials': {
      const token = await accessToken(auth, value, reach);
      secrets.remember(token);
      return { name: 'authorization', value: `Bearer ${token}` };
    }
  }
}

export interface Authorising extends TokenReach {
  readonly secrets: Secrets;
}

/**
 * Makes an exchange as `auth` says. A token that the other side refuses (401) is renewed, and the exchange made once
 * more: what was refused had no effect. After a redirect nobody knows that, and it is not. `deadlineMs` is over all of it.
 */
export async function authorised(
  auth: BundleAuth | undefined,
  { secrets, ...reach }: Authorising,
  send: (header: AuthHeader | undefined, deadlineMs: number) => Promise<EgressOutcome>,
): Promise<EgressOutcome> {
  if (auth === undefined) return send(undefined, reach.deadlineMs);
  const endMs = performance.now() + reach.deadlineMs;
  const leftMs = () => Math.max(1, Math.ceil(endMs - performance.now()));
  const header = await authHeader(auth, secrets, reach);
  const outcome = await send(header, leftMs());
  if (auth.profile !== 'oauth2ClientCredentials' || outcome.kind !== 'answered') return outcome;
  if (outcome.status !== 401 || outcome.redirected === true) return outcome;
  forgetToken(header.value.slice('Bearer '.length));
  const renewed = await authHeader(auth, secrets, { ...reach, deadlineMs: leftMs() });
  return renewed.value === header.value ? outcome : send(renewed, leftMs());
}

function asHeader(value: string, secret: string): string {
  if (/^[\u0020-\u007e\u0080-\u00ff]*$/.test(value)) return value;
  throw new TerminalError(`Secret/${secret} holds a character that no header may hold.`, {
    code: 'secret.unavailable',
    help: 'Store the value as the other side takes it in a header, or use `basic`.',
  });
}
