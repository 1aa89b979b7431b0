import { TerminalError } from '../errors.ts';
import type { BundleAuth } from '../manifest/bundle-secret.ts';
import type { Secrets } from './secrets.ts';

export interface AuthHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** The header that authenticates a call; the value exists only from here to the socket. */
export async function authHeader({ profile, secret, headerName }: BundleAuth, secrets: Secrets): Promise<AuthHeader> {
  const value = await secrets.resolve(secret);
  switch (profile) {
    case 'bearer':
      return { name: 'authorization', value: `Bearer ${asHeader(value, secret.secret)}` };
    case 'basic':
      return { name: 'authorization', value: `Basic ${Buffer.from(value, 'utf8').toString('base64')}` };
    case 'apiKeyHeader':
      return { name: (headerName ?? 'x-api-key').toLowerCase(), value: asHeader(value, secret.secret) };
  }
}

function asHeader(value: string, secret: string): string {
  if (/^[\u0020-\u007e\u0080-\u00ff]*$/.test(value)) return value;
  throw new TerminalError(`Secret/${secret} holds a character that no header may hold.`, {
    code: 'secret.unavailable',
    help: 'Store the value as the other side takes it in a header, or use `basic`.',
  });
}
