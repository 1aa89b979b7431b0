import { RetryableError, TerminalError } from '../errors.ts';
import type { BundleOAuth } from '../manifest/bundle-secret.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { Network } from './connect.ts';
import { type EgressOutcome, egress } from './egress.ts';
import type { EgressRules } from './egress-url.ts';
import { scrubbedLengthMin } from './scrub.ts';

export interface Token {
  readonly text: string;
  /** By the clock of this process; in the past: it is used once. */
  readonly freshUntilMs: number;
}

export interface TokenRequest {
  readonly auth: BundleOAuth;
  /** `client_id:client_secret`. */
  readonly credential: string;
  readonly rules: EgressRules;
  readonly network: Network | undefined;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** More than any token takes. */
const answerBytesMax = 64 * 1024;
const tokenLengthMax = 16_384;

/** Used up to this long before it ends, so that a call under way does not outlive it. */
const marginMs = 30_000;
/** Of a server that does not say how long a token lives. */
const unsaidSeconds = 300;
const livesSecondsMax = 24 * 3_600;

/** Asks a server for a token (RFC 6749, section 4.4). No message repeats anything that the server says but its code. */
export async function askForToken(request: TokenRequest): Promise<Token> {
  const { auth, rules, network, signal, deadlineMs } = request;
  const askedMs = performance.now();
  const outcome = await egress(
    {
      method: 'POST',
      url: auth.tokenUrl,
      headers: {
        authorization: `Basic ${clientOf(request)}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        'user-agent': 'pawl',
      },
      body: bodyOf(auth),
      credentials: ['authorization'],
      deadlineMs,
      responseBytesMax: answerBytesMax,
      // The credential of the client is for this server, and for none that it names.
      redirects: 0,
      signal,
    },
    rules,
    network,
  );
  return tokenIn(answerOf(outcome, auth), { auth, askedMs });
}

/** As forms are written (section 2.3.1), so that neither half can hold the colon between them. */
function clientOf({ auth, credential }: TokenRequest): string {
  const colon = credential.indexOf(':');
  if (colon < 1 || colon === credential.length - 1) {
    const { secret, key } = auth.secret;
    throw new TerminalError(`Secret/${secret} key ${key} is not \`client_id:client_secret\`.`, {
      code: 'secret.unavailable',
      help: 'Store the id and the secret of the OAuth client in one value, with a colon between them.',
    });
  }
  const [id, secret] = [credential.slice(0, colon), credential.slice(colon + 1)].map(formText);
  return Buffer.from(`${id}:${secret}`, 'utf8').toString('base64');
}

function formText(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function bodyOf({ scopes = [] }: BundleOAuth): string {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return form.toString();
}

/** What a server may say of a client (section 5.2); anything else that it says is not repeated. */
const refusals: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

function answerOf(outcome: EgressOutcome, auth: BundleOAuth): Readonly<Record<string, Json>> {
  if (outcome.kind === 'denied') {
    throw new TerminalError(`${server(auth)} is not reached. ${outcome.message}`, {
      code: 'egress.denied',
      help: 'List the host in `egress.hosts` of the Tool and of the policies; in your own network it needs `allowPrivate`.',
    });
  }
  if (outcome.kind === 'tooLarge') throw unusable(auth, `with more than ${answerBytesMax} bytes`);
  if (outcome.kind !== 'answered') throw unavailable(`${server(auth)} did not answer. ${outcome.message}`);
  const { status } = outcome;
  if (status === 429 || status === 408 || status >= 500) throw unavailable(`${server(auth)} answered with ${status}.`);
  const said = parsed(outcome.body);
  if (status === 200) {
    if (said === undefined) throw unusable(auth, 'with something that is no JSON object');
    return said;
  }
  const word = said?.['error'];
  const code = typeof word === 'string' && refusals.has(word) ? ` (${word})` : '';
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  throw new TerminalError(`${server(auth)} gave no token: it answered with ${status}${redirect}${code}.`, {
    code: 'auth.token_refused',
    help: 'Check `auth` of the resource (tokenUrl, scopes) and the client’s id and secret in its Secret.',
  });
}

function parsed(body: Uint8Array): Readonly<Record<string, Json>> | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    return undefined; // Bytes that are no text are no answer of a server of tokens.
  }
  const strict = parseStrictJson(text, { bytes: answerBytesMax, depth: 16, values: 1_000 });
  return strict.kind === 'parsed' && isJsonObject(strict.value) ? strict.value : undefined;
}

interface Asked {
  readonly auth: BundleOAuth;
  readonly askedMs: number;
}

function tokenIn(answer: Readonly<Record<string, Json>>, { auth, askedMs }: Asked): Token {
  const { access_token: text, token_type: type, expires_in: lives } = answer;
  if (typeof text !== 'string') throw unusable(auth, 'without an `access_token`');
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer'))
    throw unusable(auth, 'with a token that is no bearer token');
  if (text.length > tokenLengthMax) throw unusable(auth, `with a token of more than ${tokenLengthMax} characters`);
  // A shorter one could not be taken out of what comes back without shredding it.
  if (text.length < scrubbedLengthMin)
    throw unusable(auth, `with a token of fewer than ${scrubbedLengthMin} characters`);
  if (!/^[\u0021-\u007e]+$/.test(text)) throw unusable(auth, 'with a token that no header may hold');
  return { text, freshUntilMs: askedMs + lifeMs(lives) };
}

function lifeMs(lives: Json | undefined): number {
  const said = typeof lives === 'string' && /^\d{1,15}$/.test(lives) ? Number(lives) : lives;
  const seconds = typeof said === 'number' && Number.isFinite(said) ? said : unsaidSeconds;
  const ms = Math.min(Math.max(seconds, 0), livesSecondsMax) * 1000;
  return ms - Math.min(marginMs, ms / 2);
}

function server({ tokenUrl, secret }: BundleOAuth): string {
  return `The token server ${new URL(tokenUrl).host} (for Secret/${secret.secret})`;
}

function unavailable(message: string): RetryableError {
  return new RetryableError(message, { code: 'auth.token_unavailable' });
}

/** For the caller to throw. */
function unusable(auth: BundleOAuth, what: string): TerminalError {
  return new TerminalError(`${server(auth)} answered ${what}.`, {
    code: 'auth.token_invalid',
    help: 'Check that `auth.tokenUrl` is the token endpoint of an OAuth 2.0 server.',
  });
}
