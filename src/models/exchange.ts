import { RetryableError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { systemNetwork } from '../tools/connect.ts';
import { type EgressOutcome, egress } from '../tools/egress.ts';
import { type AuthHeader, authorised } from '../tools/auth.ts';
import { assertThroughGateway } from './gateway.ts';
import { type ModelCallOptions, modelDeadlineMs } from './options.ts';

/** More than any answer within `maxOutputTokens` takes; a server that sends more is not answering. */
const responseBytesMax = 8 * 1024 * 1024;

export interface ExchangePlan {
  readonly model: BundleModel;
  readonly baseUrl: string;
  /** Undefined: no header that would hold it is sent. */
  readonly key: string | undefined;
  /** PEM of the endpoint's own authority. */
  readonly ca: string | undefined;
  /** Throws what must not be sent. */
  readonly check: (body: string) => void;
  readonly options: ModelCallOptions;
}

/** Where the providers' packages put the key. */
const keyHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token'];

/** The only way by which a provider's package reaches the network: under the egress guard, once, within the deadline. */
export class Exchange {
  readonly #plan: ExchangePlan;
  #outcome: EgressOutcome | undefined;
  #refusal: Error | undefined;

  constructor(plan: ExchangePlan) {
    this.#plan = plan;
  }

  /** What came of it; undefined: nothing was sent. Throws what `check` did. */
  outcome(): EgressOutcome | undefined {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#outcome;
  }

  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    // A package that asked twice would pay twice, past the gate.
    if (this.#outcome !== undefined) throw new Error('one exchange to a call');
    const body = typeof init?.body === 'string' ? init.body : undefined;
    const address = url instanceof Request ? url.url : url.toString();
    try {
      this.#plan.check(body ?? '');
      assertThroughGateway(address, this.#plan);
    } catch (cause) {
      this.#refusal = cause instanceof Error ? cause : new Error(String(cause), { cause });
      throw cause;
    }
    this.#outcome = await this.#authorised(address, body, new Headers(init?.headers));
    const outcome = this.#outcome;
    if (outcome.kind !== 'answered') throw new Error(outcome.message);
    return new Response(outcome.body.byteLength === 0 ? null : Buffer.from(outcome.body), {
      status: outcome.status,
      headers: outcome.headers,
    });
  };

  /** As the endpoint's Gateway wants it; without one, or without its word on that: with the key, or with nothing. */
  async #authorised(url: string, body: string | undefined, headers: Headers): Promise<EgressOutcome> {
    const { model, options } = this.#plan;
    const { secrets, signal, network, deadlineMs = modelDeadlineMs } = options;
    const reach = { allowPrivate: model.allowPrivate, secrets, signal, network, deadlineMs };
    try {
      return await authorised(model.gateway?.auth, reach, (auth, leftMs) =>
        this.#send({ url, body, headers: new Headers(headers), auth, deadlineMs: leftMs }),
      );
    } catch (cause) {
      this.#refusal = asModelFailure(cause);
      throw cause;
    }
  }

  async #send({ url, body, headers, auth, deadlineMs }: Sending): Promise<EgressOutcome> {
    const { model, baseUrl, key, ca, options } = this.#plan;
    if (key === undefined) for (const name of keyHeaders) headers.delete(name);
    if (auth !== undefined) headers.set(auth.name, auth.value);
    // Never in place of what the protocol or the key needs.
    for (const [name, value] of Object.entries(model.headers ?? {})) if (!headers.has(name)) headers.set(name, value);
    const { protocol, host } = new URL(baseUrl);
    const network = options.network ?? systemNetwork;
    return await egress(
      {
        method: 'POST',
        url,
        headers: Object.fromEntries(headers.entries()),
        ...(body === undefined ? {} : { body }),
        credentials: [...keyHeaders, ...(auth === undefined ? [] : [auth.name]), ...Object.keys(model.headers ?? {})],
        deadlineMs,
        responseBytesMax,
        signal: options.signal,
        mayStart: options.mayStart,
      },
      // The author's `baseUrl` is the declaration: this host, by this scheme, and no other.
      { hosts: [`${protocol}//${host}`], allowPrivate: model.allowPrivate },
      ca === undefined ? network : { ...network, ca },
    );
  }
}

interface Sending {
  readonly url: string;
  readonly body: string | undefined;
  readonly headers: Headers;
  readonly auth: AuthHeader | undefined;
  readonly deadlineMs: number;
}

/** What kept a token from the call is told in the words of models, so that another endpoint may be asked. */
function asModelFailure(cause: unknown): Error {
  if (!(cause instanceof RetryableError)) return cause instanceof Error ? cause : new Error(String(cause), { cause });
  const code = modelWords[cause.code] ?? 'model.unavailable';
  return new RetryableError(cause.message, { code });
}

const modelWords: Readonly<Record<string, string>> = {
  'tool.aborted': 'model.aborted',
  'tool.timeout': 'model.timeout',
};
