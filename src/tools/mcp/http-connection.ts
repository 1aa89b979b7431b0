import { AsyncLocalStorage } from 'node:async_hooks';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { authHeader } from '../auth.ts';
import type { Network } from '../connect.ts';
import { forgetToken } from '../oauth.ts';
import type { Connection, RequestTerms } from './connection.ts';
import { authOf, headersOf, type HttpServer } from './credentials.ts';
import { McpFault, misconduct } from './fault.ts';
import { answered, type FetchTerms, guardedFetch, type Trip } from './guarded-fetch.ts';

/** An endpoint that speaks streamable HTTP. */
export async function connectHttp(
  server: HttpServer,
  opener: RequestTerms,
  network: Network | undefined,
): Promise<Connection> {
  const { StreamableHTTPClientTransport: Transport } = await import(
    '@modelcontextprotocol/sdk/client/streamableHttp.js'
  );
  return new HttpConnection(server, { opener, network, Transport });
}

interface HttpConnectionParts {
  readonly opener: RequestTerms;
  readonly network: Network | undefined;
  readonly Transport: typeof StreamableHTTPClientTransport;
}

/** What a server says beside its answers: that its tools changed, and little else. Beyond it the stream is given up. */
const newsBytesMax = 1024 * 1024;
/** For a word that nobody waits for, such as that a call was given up. */
const wordDeadlineMs = 5_000;
const tokenDeadlineMs = 10_000;
const bearer = 'Bearer ';

/** What a server asks for within one answer is replied to with a request each: more at once are a flood of our own. */
const repliesMax = 16;

interface Asked {
  readonly terms: RequestTerms;
  readonly replies: { underWay: number };
  readonly trip: Trip;
  /** Ends the answer that is still read. */
  readonly stop: (fault: McpFault) => void;
  readonly lost: (fault: McpFault) => void;
}

/** Every request is made on the terms, and with the credentials, of the call that makes it. */
class HttpConnection implements Connection {
  readonly told = new Set<string>();
  readonly transport: StreamableHTTPClientTransport;
  readonly #server: HttpServer;
  readonly #network: Network | undefined;
  readonly #asked = new AsyncLocalStorage<Asked>();
  readonly #closing = new AbortController();
  readonly #origin: string;
  #latest: RequestTerms;

  constructor(server: HttpServer, { opener, network, Transport }: HttpConnectionParts) {
    this.#server = server;
    this.#network = network;
    this.#latest = opener;
    const url = new URL(server.gateway?.url ?? server.url);
    this.#origin = url.origin;
    this.transport = new Transport(url, { fetch: this.#fetch, reconnectionOptions: noReconnection });
  }

  async ask<T>(terms: RequestTerms, send: () => Promise<T>, lost: (fault: McpFault) => void): Promise<T> {
    this.#latest = terms;
    // A server may leave its answer open once the result is in it: nothing else would ever close that connection.
    const over = new AbortController();
    const signal = AbortSignal.any([terms.signal, over.signal]);
    const stop = (fault: McpFault) => {
      over.abort(fault);
      lost(fault);
    };
    try {
      const asked = { terms: { ...terms, signal }, lost, stop, replies: { underWay: 0 }, trip: { sent: false } };
      return await this.#asked.run(asked, send);
    } finally {
      over.abort(answered);
    }
  }

  async close(): Promise<void> {
    // The server may forget the session; whether it does is its own affair.
    await this.transport.terminateSession().catch(() => undefined);
    this.#closing.abort(new McpFault('The session is over.', { code: 'tool.aborted', sent: true, retryable: true }));
    await this.transport.close();
  }

  readonly #fetch = async (to: string | URL, init?: RequestInit): Promise<Response> => {
    const now = this.#asked.getStore();
    if (now === undefined || kindOf(init) !== 'reply') return await this.#fetchTwice(to, init);
    if (now.replies.underWay >= repliesMax) {
      const fault = misconduct(`The MCP server asked for more than ${repliesMax} things at once within one answer.`);
      now.stop(fault);
      throw fault;
    }
    now.replies.underWay += 1;
    try {
      return await this.#fetchTwice(to, init);
    } finally {
      now.replies.underWay -= 1;
    }
  };

  readonly #fetchTwice = async (to: string | URL, init?: RequestInit): Promise<Response> => {
    const trip = this.#tripOf(init);
    const wasSent = trip?.sent ?? false;
    const answer = await this.#fetchOnce(to, init);
    if (answer.status !== 401 || authOf(this.#server)?.profile !== 'oauth2ClientCredentials') return answer;
    // A token that is refused was not used for anything: the request is made once more, with a new one.
    await answer.body?.cancel();
    if (trip !== undefined) trip.sent = wasSent;
    for (const token of this.told) forgetToken(token);
    return await this.#fetchOnce(to, init);
  };

  readonly #fetchOnce = guardedFetch((init) => this.#termsFor(init));

  /** Undefined: it is no request that somebody waits for. */
  #tripOf(init: RequestInit | undefined): Trip | undefined {
    return kindOf(init) === 'request' ? this.#asked.getStore()?.trip : undefined;
  }

  #termsFor(init: RequestInit | undefined): FetchTerms {
    const now = this.#asked.getStore();
    const kind = kindOf(init);
    const isAsked = kind === 'request' && now !== undefined;
    const { egress } = now?.terms ?? this.#latest;
    const ownSignal = isAsked ? now.terms.signal : this.#closing.signal;
    const mayStart = isAsked ? now.terms.mayStart : undefined;
    const isWord = kind === 'word' || kind === 'reply';
    const signal = isWord ? AbortSignal.timeout(wordDeadlineMs) : ownSignal;
    const rules = { hosts: [this.#origin], allowPrivate: this.#server.allowPrivate };
    return {
      rules: egress === undefined ? rules : { ...rules, within: egress },
      network: this.#network,
      signal,
      mayStart,
      responseBytesMax: isAsked ? now.terms.answerBytesMax : newsBytesMax,
      trip: this.#tripOf(init) ?? { sent: false },
      headers: () => this.#headers({ ...(now?.terms ?? this.#latest), signal }),
      ended: (fault) => {
        if (isAsked) afterwards(() => now.lost(fault ?? silence));
      },
    };
  }

  async #headers({ secrets, egress, signal }: RequestTerms): Promise<Readonly<Record<string, string>>> {
    const headers = await headersOf(this.#server, secrets);
    const auth = authOf(this.#server);
    if (auth === undefined) return headers;
    const { allowPrivate } = this.#server;
    const reach = { allowPrivate, within: egress, network: this.#network, signal, deadlineMs: tokenDeadlineMs };
    const { name, value } = await authHeader(auth, secrets, reach);
    if (auth.profile === 'oauth2ClientCredentials') this.told.add(value.slice(bearer.length));
    return { ...headers, [name]: value };
  }
}

/** A stream that breaks is not taken up again: how often and when would be the server's choice. */
const noReconnection = {
  maxRetries: 0,
  initialReconnectionDelay: 0,
  maxReconnectionDelay: 0,
  reconnectionDelayGrowFactor: 1,
};

const silence = new McpFault('The MCP server ended its answer without a result.', {
  code: 'tool.failed',
  sent: true,
  retryable: true,
});

/** A request has an answer; `news` is what the server says by itself; a word is a notification or a farewell. */
function kindOf(init: RequestInit | undefined): 'request' | 'reply' | 'news' | 'word' {
  if (init?.method === 'GET' || init?.method === undefined) return 'news';
  if (typeof init.body !== 'string') return 'word';
  const message: unknown = JSON.parse(init.body);
  if (typeof message !== 'object' || message === null || !('id' in message)) return 'word';
  return 'method' in message ? 'request' : 'reply';
}

/** The last of a stream is read in steps that each follow the one before at once: none is left after these turns. */
function afterwards(then: () => void): void {
  setImmediate(() => setImmediate(() => setImmediate(then)));
}
