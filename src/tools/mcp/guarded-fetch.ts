import { isPawlError, RetryableError } from '../../errors.ts';
import { EgressDenied, type Network, systemNetwork } from '../connect.ts';
import { type BegunExchange, beginExchange, NotStarted } from '../egress-exchange.ts';
import { type EgressRules, vetUrl } from '../egress-url.ts';
import { McpFault, notStarted } from './fault.ts';
import { wholeLines } from './whole-lines.ts';

/** On what terms one request of a session is made. */
export interface FetchTerms {
  readonly rules: EgressRules;
  readonly network?: Network | undefined;
  /** Ends the request and whatever is still read of its answer: one deadline over all of it. */
  readonly signal: AbortSignal;
  readonly responseBytesMax: number;
  /** Asked before anything is written; absent: it may. */
  readonly mayStart?: (() => boolean) | undefined;
  /** Read for each request: a value exists only from here to the socket. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Of all requests that one ask becomes by redirects: what the first did, the failure of the next does not undo. */
  readonly trip: Trip;
  /** The body of an answer came to its end, or broke off; not told of a status that is an error or a redirect. */
  readonly ended: (fault: McpFault | undefined) => void;
}

/** Whether anything was written that may have reached the server. */
export interface Trip {
  sent: boolean;
}

/** Why an answer is read no further: what was asked for has come. The SDK is told of an end, and of no failure. */
export const answered = new McpFault('The answer is there.', { code: 'tool.aborted', sent: true, retryable: false });

type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * The only way by which the SDK reaches the network: vetted URL and addresses, the peer checked, no proxy, a cap on what
 * is read. It follows no redirect: the SDK asks again for one within the origin, and that is vetted like the first.
 */
export function guardedFetch(termsOf: (init: RequestInit | undefined) => FetchTerms): GuardedFetch {
  return async (url, init) => {
    const terms = termsOf(init);
    const signal = init?.signal ? AbortSignal.any([terms.signal, init.signal]) : terms.signal;
    try {
      const begun = await begin({ url, init, terms, signal });
      return respond(begun, terms, signal);
    } catch (cause) {
      const { sent } = terms.trip;
      // A secret that is not there is the manifest's fault and says so itself, unless a request went out before.
      throw isPawlError(cause) && !sent ? cause : faultOf(cause, { sent, signal });
    }
  };
}

interface Outgoing {
  readonly url: string | URL;
  readonly init: RequestInit | undefined;
  readonly terms: FetchTerms;
  readonly signal: AbortSignal;
}

async function begin({ url, init, terms, signal }: Outgoing): Promise<BegunExchange> {
  const { rules, network = systemNetwork, mayStart, trip } = terms;
  const vetted = vetUrl(url.toString(), rules);
  if (vetted.kind === 'denied') throw new EgressDenied(vetted.message.replace(/\.$/, ''));
  const headers = { ...Object.fromEntries(new Headers(init?.headers).entries()), ...(await terms.headers()) };
  return await beginExchange(
    { method: init?.method ?? 'GET', headers, body: typeof init?.body === 'string' ? init.body : undefined },
    vetted.url,
    { network, allowPrivate: rules.allowPrivate, signal, mayStart, connected: () => void (trip.sent = true) },
  );
}

/** Statuses that have no body, as the Fetch standard has it. */
const bodiless = new Set([204, 205, 304]);

function respond(begun: BegunExchange, terms: FetchTerms, signal: AbortSignal): Response {
  const { status, headers } = begun;
  if (bodiless.has(status)) {
    begun.end();
    return new Response(null, { status, headers });
  }
  const isStream = /^text\/event-stream\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
  const capped = cappedBody(begun.body, terms.responseBytesMax);
  const chunks = (isStream ? wholeLines(capped) : capped)[Symbol.asyncIterator]();
  const ended = (fault?: McpFault) => {
    if (status >= 200 && status < 300) terms.ended(fault);
  };
  let isGivenUp = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const next = await chunks.next();
        if (isGivenUp) return;
        if (next.done !== true) return controller.enqueue(next.value);
        begun.end();
        controller.close();
        ended();
      } catch (cause) {
        begun.end();
        if (isGivenUp) return;
        if (signal.reason === answered) return controller.close();
        const fault = faultOf(cause, { sent: true, signal });
        controller.error(fault);
        ended(fault);
      }
    },
    cancel: () => {
      isGivenUp = true;
      begun.end();
      ended();
    },
  });
  return new Response(stream, { status, headers });
}

async function* cappedBody(chunks: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw unreadable('result.too_large', `is longer than ${bytesMax} bytes`);
    try {
      // Only looked at: whoever reads it next would put U+FFFD in place of bytes without a word.
      decoder.decode(chunk, { stream: true });
    } catch {
      throw unreadable('result.invalid', 'is not UTF-8');
    }
    yield chunk;
  }
}

function unreadable(code: string, what: string): McpFault {
  return new McpFault(`The MCP server’s answer ${what}.`, { code, sent: true, retryable: false, isAnswer: true });
}

function faultOf(cause: unknown, { sent, signal }: { readonly sent: boolean; readonly signal: AbortSignal }): McpFault {
  if (cause instanceof McpFault) return cause;
  if (isPawlError(cause))
    return new McpFault(cause.message, { code: cause.code, sent, retryable: cause instanceof RetryableError });
  if (cause instanceof EgressDenied)
    return new McpFault(`Refused: ${cause.message}.`, { code: 'egress.denied', sent, retryable: false });
  if (cause instanceof NotStarted) return notStarted(sent);
  // Whoever aborted knows why, and says it in its own words.
  if (signal.aborted && signal.reason instanceof McpFault)
    return new McpFault(signal.reason.message, { code: signal.reason.code, sent, retryable: true });
  const what = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'it broke';
  return new McpFault(`The connection to the MCP server failed: ${what}.`, {
    code: 'tool.network',
    sent,
    retryable: true,
  });
}
