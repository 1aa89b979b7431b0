import { RetryableError } from '../errors.ts';
import type { BundleOAuth } from '../manifest/bundle-secret.ts';
import { sha256 } from '../manifest/digest.ts';
import type { Network } from './connect.ts';
import type { EgressRules } from './egress-url.ts';
import { askForToken, type Token } from './oauth-token.ts';

/** How a server of tokens may be reached, and for how long it is waited for. */
export interface TokenReach {
  /** Absent: the origin of `tokenUrl`, which is its own declaration, on public addresses. */
  readonly hosts?: readonly string[] | undefined;
  readonly allowPrivate: boolean;
  readonly within?: EgressRules['within'];
  readonly network?: Network | undefined;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** Tokens in use, in memory alone: no row, no file, no log ever holds one. */
const held = new Map<string, Token>();
const asked = new Map<string, Promise<Token>>();

const heldMax = 1_000;
/** A server of tokens that takes longer is not answering; it is asked once for all calls that wait for it. */
const tokenDeadlineMs = 10_000;

/**
 * A token of the client whose credential is `client_id:client_secret`: the one that is held, else a new one. Callers that
 * need the same one at the same time wait for one request.
 */
export async function accessToken(auth: BundleOAuth, credential: string, reach: TokenReach): Promise<string> {
  const rules = rulesFor(auth, reach);
  // Whoever may not connect to the server gets no token that somebody else got there.
  const key = sha256(JSON.stringify([auth.tokenUrl, credential, auth.scopes ?? [], rules]));
  const known = held.get(key);
  if (known !== undefined && performance.now() < known.freshUntilMs) return known.text;
  held.delete(key);
  let asking = asked.get(key);
  if (asking === undefined) {
    const signal = AbortSignal.timeout(tokenDeadlineMs);
    const request = { auth, credential, rules, network: reach.network, signal, deadlineMs: tokenDeadlineMs };
    asking = askForToken(request)
      .then((token) => hold(key, token))
      .finally(() => asked.delete(key));
    asked.set(key, asking);
  }
  return (await waitFor(asking, reach)).text;
}

/** What the other side refused is not sent again, whoever holds it. */
export function forgetToken(text: string): void {
  for (const [key, token] of held) if (token.text === text) held.delete(key);
}

function rulesFor({ tokenUrl }: BundleOAuth, { hosts, allowPrivate, within }: TokenReach): EgressRules {
  return { hosts: hosts ?? [new URL(tokenUrl).origin], allowPrivate, ...(within === undefined ? {} : { within }) };
}

function hold(key: string, token: Token): Token {
  if (token.freshUntilMs <= performance.now()) return token;
  const [oldest] = held.keys();
  if (held.size >= heldMax && oldest !== undefined) held.delete(oldest);
  held.set(key, token);
  return token;
}

/** A caller that gives up leaves the request to those that still wait. */
async function waitFor(asking: Promise<Token>, { signal, deadlineMs }: TokenReach): Promise<Token> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const end = AbortSignal.any([signal, deadline]);
  let stop: () => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.aborted ? givenUp() : late(deadlineMs));
    if (end.aborted) stop();
    else end.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([asking, ended]);
  } finally {
    end.removeEventListener('abort', stop);
  }
}

function givenUp(): RetryableError {
  return new RetryableError('The call was given up by its worker before it had a token.', { code: 'tool.aborted' });
}

function late(deadlineMs: number): RetryableError {
  return new RetryableError(`The call had no token after ${deadlineMs} ms.`, { code: 'tool.timeout' });
}
