import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import { Client } from 'undici';
import { connectTo, type Network, vettedAddresses } from './connect.ts';

export interface ExchangeRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface ExchangeGuard {
  readonly network: Network;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  /** Asked when the connection stands, before anything is written to it; absent: it may. */
  readonly mayStart?: (() => boolean) | undefined;
  /** From here on the request may reach somebody. */
  readonly connected: () => void;
}

/** Nothing was written: whoever wanted it may not begin anything any more. */
export class NotStarted extends Error {
  constructor() {
    super('nothing was sent: the lease of the worker was not renewed in time');
  }
}

export interface BegunExchange {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up, read to its end or not. Nothing is told more by waiting for it. */
  readonly end: () => void;
}

/**
 * Makes one request of a vetted URL on one connection of its own, so that the peer that was vetted is the peer that is
 * used. The caller reads the body, and ends the exchange whatever happens.
 */
export async function beginExchange(
  request: ExchangeRequest,
  url: URL,
  { network, allowPrivate, signal, mayStart, connected }: ExchangeGuard,
): Promise<BegunExchange> {
  const addresses = await raced(vettedAddresses(url, { network, allowPrivate }), signal);
  let isConnected = false;
  const open = callbackify(async (): Promise<Socket> => {
    // A client whose socket broke asks for another; this one has no second connection to give.
    if (isConnected) throw new Error('the connection broke');
    isConnected = true;
    const socket = await connectTo({ url, addresses, network, signal });
    // As late as can be: resolving and connecting take time, and the process may have been stopped meanwhile.
    if (mayStart?.() === false) {
      socket.destroy();
      throw new NotStarted();
    }
    connected();
    return socket;
  });
  const client = new Client(url.origin, {
    connect: (_options, callback) => open((cause, socket) => (cause ? callback(cause, null) : callback(null, socket))),
    // The total deadline rules; these would only cut a slow answer that is still within it.
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 0,
  });
  const end = () => client.destroy(null, () => undefined);
  try {
    const answer = await client.request({
      method: request.method as 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { 'accept-encoding': 'identity', ...request.headers },
      body: request.body ?? null,
      signal,
    });
    return { status: answer.statusCode, headers: headersOf(answer.headers), body: answer.body, end };
  } catch (cause) {
    end();
    throw cause;
  }
}

/** A resolver cannot be interrupted, only no longer waited for. */
async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error('aborted while resolving'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function headersOf(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  return headers;
}
