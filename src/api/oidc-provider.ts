import { createRemoteJWKSet, customFetch } from 'jose';

const answerBytesMax = 512 * 1024;
const answerMs = 5_000;
const keysAgeMs = 600_000;
/** Between two looks at the keys for one that is not there. */
const cooldownMs = 30_000;

/** Where an issuer publishes its keys, found once; the keys themselves are kept for a while, and looked for again. */
export class OidcProvider {
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
