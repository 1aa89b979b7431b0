import { EgressDenied, type Network, systemNetwork } from './connect.ts';
import { beginExchange, NotStarted } from './egress-exchange.ts';
import { type EgressRules, vetUrl } from './egress-url.ts';

export interface EgressRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Names of headers that carry credentials beyond the usual ones; none crosses to another origin. */
  readonly credentials: readonly string[];
  /** One deadline over resolving, connecting, waiting, redirects and reading: a slow drip passes every other timeout. */
  readonly deadlineMs: number;
  readonly responseBytesMax: number;
  /** How many redirects are followed; absent: `redirectsMax`. With 0 a redirect is the answer. */
  readonly redirects?: number;
  readonly signal: AbortSignal;
  /** Asked before anything is written to a connection; absent: it may. */
  readonly mayStart?: (() => boolean) | undefined;
}

/** `sent`: the request, or one that it redirected from, may have reached somebody. */
export type EgressOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      readonly body: Uint8Array;
      /** Another URL than the first one answered. */
      readonly redirected?: true;
    }
  | {
      readonly kind: 'denied' | 'tooLarge' | 'timeout' | 'aborted' | 'network';
      readonly message: string;
      readonly sent: boolean;
    };

export const redirectsMax = 3;

/** Makes one HTTP exchange under the egress rules. Never throws, never retries, reads no proxy variable. */
export async function egress(
  request: EgressRequest,
  rules: EgressRules,
  network: Network = systemNetwork,
): Promise<EgressOutcome> {
  const deadline = AbortSignal.timeout(request.deadlineMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  const trip: Trip = { sent: false };
  try {
    return await follow(request, { rules, network, signal, trip });
  } catch (cause) {
    const { sent } = trip;
    if (request.signal.aborted) return { kind: 'aborted', message: 'The call was given up by its worker.', sent };
    if (deadline.aborted)
      return { kind: 'timeout', message: `The call took longer than ${request.deadlineMs} ms.`, sent };
    if (cause instanceof NotStarted)
      return { kind: 'aborted', message: `The call was given up: ${cause.message}.`, sent };
    if (cause instanceof EgressDenied) return { kind: 'denied', message: `Refused: ${cause.message}.`, sent };
    if (cause instanceof TooLarge) return { kind: 'tooLarge', message: cause.message, sent };
    return { kind: 'network', message: `The connection failed: ${briefly(cause)}.`, sent };
  }
}

class TooLarge extends Error {}

interface Trip {
  sent: boolean;
}

interface Guard {
  readonly rules: EgressRules;
  readonly network: Network;
  readonly signal: AbortSignal;
  readonly trip: Trip;
}

/** Redirects are followed by hand, each held against the same rules as the first URL. */
async function follow(first: EgressRequest, guard: Guard): Promise<EgressOutcome> {
  let request = first;
  for (let redirects = 0; ; redirects += 1) {
    const vetted = vetUrl(request.url, guard.rules);
    if (vetted.kind === 'denied') throw new EgressDenied(vetted.message.replace(/\.$/, ''));
    const answer = await exchange(request, vetted.url, guard);
    const location = answer.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === null)
      return redirects === 0 ? answer : { ...answer, redirected: true };
    if (first.redirects === 0) return answer;
    if (redirects === (first.redirects ?? redirectsMax)) throw new EgressDenied(`more than ${redirects} redirects`);
    request = redirected(request, { from: vetted.url, location, status: answer.status });
  }
}

const alwaysCredentials = ['authorization', 'cookie', 'proxy-authorization'];

function redirected(
  request: EgressRequest,
  { from, location, status }: { readonly from: URL; readonly location: string; readonly status: number },
): EgressRequest {
  if (!URL.canParse(location, from.href)) throw new EgressDenied('a redirect to something that is not a URL');
  const to = new URL(location, from);
  const dropped = new Set<string>();
  if (to.origin !== from.origin)
    for (const name of [...alwaysCredentials, ...request.credentials]) dropped.add(name.toLowerCase());
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST';
  if (becomesGet) for (const name of ['content-type', 'content-length']) dropped.add(name);
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !dropped.has(name.toLowerCase())),
  );
  const { body, ...rest } = request;
  if (becomesGet) return { ...rest, url: to.href, method: 'GET', headers };
  return { ...rest, url: to.href, headers, ...(body === undefined ? {} : { body }) };
}

/** One request on one connection of its own, read to its end. */
async function exchange(
  request: EgressRequest,
  url: URL,
  { rules, network, signal, trip }: Guard,
): Promise<Extract<EgressOutcome, { kind: 'answered' }>> {
  const connected = () => void (trip.sent = true);
  const { mayStart } = request;
  const { allowPrivate } = rules;
  const begun = await beginExchange(request, url, { network, allowPrivate, signal, mayStart, connected });
  try {
    const body = await readBody(begun.body, request.responseBytesMax);
    return { kind: 'answered', status: begun.status, headers: begun.headers, body };
  } finally {
    begun.end();
  }
}

async function readBody(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new TooLarge(`The answer is longer than ${bytesMax} bytes.`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** A code such as ECONNREFUSED or CERT_HAS_EXPIRED; messages of the network stack may repeat what was sent. */
function briefly(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'unknown';
}
