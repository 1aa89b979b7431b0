import type { RemoteAddress } from './address.ts';
import type { Surroundings } from './reader.ts';

/** What a fetch is given, whichever program does it. */
export interface FetchRequest {
  readonly gitDirectory: string;
  readonly address: RemoteAddress;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal | undefined;
}

/** The forges take a token as the password of any user. */
export function authorizationOf(token: string): string {
  return `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
}
