import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import type { JsonObject } from '../manifest/json.ts';
import { own } from '../manifest/json.ts';
import type { Prove, Proved } from './identity.ts';

export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that a person is named by. */
  readonly nameClaim: string;
  readonly now?: () => Date;
}

/** Signatures that a public key checks: with a shared secret, whoever can check could also sign. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const tokenBytesMax = 16 * 1024;
const answerBytesMax = 512 * 1024;
const answerMs = 5_000;
const keysAgeMs = 600_000;
/** Between two looks at the keys for one that is not there. */
const cooldownMs = 30_000;
const clockToleranceSeconds = 60;

/** Tokens of an identity provider, by its published keys: for this audience, of this issuer, in their time. */
export function oidcTokens(options: OidcOptions): Prove {
  const provider = new Provider(options.issuer);
  return async (token) => {
    // What is no such token costs no look at the provider.
    if (token.length > tokenBytesMax || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return { refused: 'unknown' };
    try {
      const { payload } = await jwtVerify(token, await provider.keys(), {
        issuer: options.issuer,
        audience: options.audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
        ...(options.now === undefined ? {} : { currentDate: options.now() }),
      });
      return personOf(payload, options);
    } catch (error) {
      return { refused: `oidc ${reasonOf(error)}` };
    }
  };
}

/** Why the keys of a provider cannot be had; undefined: they can. */
export async function providerFault(issuer: string): Promise<string | undefined> {
  try {
    const keys = await new Provider(issuer).keys();
    await keys.reload();
    return undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    const why = error instanceof Error ? error.message : String(error);
    return why === 'fetch failed' ? 'it does not answer' : why;
  }
}

function personOf(payload: JWTPayload, { issuer, nameClaim }: OidcOptions): Proved {
  const values = payload as JsonObject;
  const claimed = own(values, nameClaim);
  if (typeof claimed !== 'string' || !isName(claimed)) return { refused: `oidc without a usable ${nameClaim}` };
  // Whoever may choose their address there unverified could take another's name here.
  if (nameClaim === 'email' && own(values, 'email_verified') !== true) return { refused: 'oidc email_verified' };
  // Anything but a verified address could be written like a login of GitHub or the owner of a token.
  const name = nameClaim === 'email' ? claimed : `oidc:${claimed}`;
  return { person: { name, proof: 'oidc', groups: [], claims: { issuer, values }, roles: [] } };
}

function isName(text: string): boolean {
  return text.length <= 200 && text.trim() === text && text !== '' && !/[\p{Cc}\p{Cf}]/u.test(text);
}

/** Names of checks, never a part of the token. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `claim ${error.claim}`;
  if (error instanceof errors.JOSEError) return error.code;
  return 'provider unreachable';
}

/** Where an issuer publishes its keys, found once; the keys themselves are kept for a while, and looked for again. */
class Provider {
  readonly #issuer: string;
  #keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  async keys(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    this.#keys ??= this.#discover();
    try {
      return await this.#keys;
    } catch (error) {
      // The next token asks again; sources that fail are held back before they come here.
      this.#keys = undefined;
      throw error;
    }
  }

  async #discover(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    const at = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await boundedFetch(at, { headers: { accept: 'application/json' } });
    const found = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
    if (!response.ok || found.issuer !== this.#issuer)
      throw new TypeError('the discovery document is another issuer’s');
    return createRemoteJWKSet(this.#keysAddress(found.jwks_uri), {
      timeoutDuration: answerMs,
      cooldownDuration: cooldownMs,
      cacheMaxAge: keysAgeMs,
      [customFetch]: boundedFetch,
    });
  }

  /** As safe as the issuer's own address: a document cannot send us to plain text. */
  #keysAddress(address: unknown): URL {
    const url = new URL(String(address));
    const isPlain = url.protocol === 'http:' && new URL(this.#issuer).origin === url.origin;
    if (url.protocol !== 'https:' && !isPlain) throw new TypeError('the keys are not at an https address');
    return url;
  }
}

/** No redirect, a total deadline, and no more bytes than keys have. */
async function boundedFetch(address: string, init: RequestInit): Promise<Response> {
  const deadline = AbortSignal.timeout(answerMs);
  const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
  const response = await fetch(address, { ...init, redirect: 'error', signal });
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true as const, value: undefined };
    if (done) break;
    bytes += value.byteLength;
    if (bytes > answerBytesMax) {
      await reader?.cancel();
      throw new TypeError('the provider answered with more than keys have');
    }
    chunks.push(value);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
}
