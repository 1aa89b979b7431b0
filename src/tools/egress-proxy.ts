import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as Listener, Socket } from 'node:net';
import { connectTo, EgressDenied, type Network, systemNetwork, vettedAddresses } from './connect.ts';
import { forward } from './egress-forward.ts';
import { carry, type TunnelLimits } from './egress-tunnel.ts';
import { bareHost, type EgressRules, type VettedUrl, vetUrl } from './egress-url.ts';

export interface ProxyLimits extends TunnelLimits {
  /** At once. */
  readonly connectionsMax: number;
  readonly connectMs: number;
}

export const proxyLimits: ProxyLimits = {
  connectionsMax: 32,
  connectMs: 10_000,
  helloMs: 10_000,
  idleMs: 120_000,
  lifeMs: 1_800_000,
  bytesMax: 256 * 1024 * 1024,
};

/** What a program made of one host. */
export interface HostUse {
  /** `https://api.example.com`, with its port where that is not the scheme's; `undeclared hosts`: all of those. */
  readonly host: string;
  readonly connections: number;
  readonly bytes: number;
  /** Connections that were refused or cut. */
  readonly refused: number;
}

export interface ProxyOptions {
  readonly rules: EgressRules;
  readonly network?: Network | undefined;
  readonly limits?: ProxyLimits | undefined;
}

/** Hosts that are told of: a program can make up any number of names. */
const hostsMax = 64;
const messageCharactersMax = 300;

/**
 * The one way out of a program without a network: a proxy that connects to declared hosts alone, each of them resolved
 * and vetted anew. It carries TLS for `https` hosts without reading it, and plain requests for `http` hosts.
 */
export class EgressProxy {
  readonly #rules: EgressRules;
  readonly #network: Network;
  readonly #limits: ProxyLimits;
  readonly #http: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listeners: Listener[] = [];
  readonly #uses = new Map<string, { connections: number; bytes: number; refused: number }>();
  readonly #over = new AbortController();
  #clients = 0;
  /** Connections to hosts. */
  #open = 0;

  constructor({ rules, network = systemNetwork, limits = proxyLimits }: ProxyOptions) {
    this.#rules = rules;
    this.#network = network;
    this.#limits = limits;
    // A server that listens nowhere itself holds nobody to its own times.
    this.#http = createServer({ maxHeaderSize: 32_768 });
    this.#http.on('connect', (request, socket, head) => void this.#tunnel(request, socket as Socket, head));
    this.#http.on('request', (request, response) => void this.#forward(request, response));
    this.#http.on('upgrade', (_request, socket) => socket.destroy());
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Serves whoever connects there. */
  serve(listener: Listener): void {
    this.#listeners.push(listener);
    // As servers of HTTP have it: a client may say that it has said all, and listen on. A listener that was handed over
    // from another process has no option for it.
    Object.assign(listener, { allowHalfOpen: true });
    listener.on('connection', (socket: Socket) => {
      // Twice as many as may be used at once: those that ask for nothing are bounded too.
      if (this.#clients >= 2 * this.#limits.connectionsMax || this.#over.signal.aborted) return socket.destroy();
      this.#clients += 1;
      socket.once('close', () => (this.#clients -= 1));
      this.#keep(socket);
      socket.setTimeout(this.#limits.idleMs, () => socket.destroy());
      this.#http.emit('connection', socket);
      return undefined;
    });
    listener.on('error', () => undefined);
  }

  /** By host, those that were refused too. */
  uses(): readonly HostUse[] {
    return [...this.#uses].map(([host, use]) => ({ host, ...use }));
  }

  /** Ends every connection, for good. */
  close(): void {
    this.#over.abort();
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** `CONNECT host:port`: with a declared `https` host TLS alone, with an `http` one whatever the program says. */
  async #tunnel({ url = '' }: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
    client.on('error', () => undefined);
    const vetted = vetAuthority(url, this.#rules);
    if (vetted.kind === 'denied') return refuse(client, this.#denied(nameOf(url, this.#rules), vetted.message));
    const { url: target } = vetted;
    const answer = await this.#connected(target, async (upstream) => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const tls = target.protocol === 'https:' ? { tls: bareHost(target) } : {};
      const counted = (bytes: number) => void (this.#use(target.origin).bytes += bytes);
      const cut = await carry({ client, upstream, head, ...tls, limits: this.#limits, counted });
      if (cut !== undefined) this.#use(target.origin).refused += 1;
    });
    if (answer !== undefined) refuse(client, answer);
  }

  /** `GET http://host/path`: one request of a declared `http` host. What it redirects to is asked for anew. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request;
    response.on('error', () => undefined);
    const vetted = /^http:\/\//i.test(url) ? vetUrl(url, this.#rules) : notProxied;
    if (vetted.kind === 'denied') return answerWith(response, this.#denied(nameOf(url, this.#rules), vetted.message));
    const target = vetted.url;
    const answer = await this.#connected(target, (upstream) =>
      forward({ request, response, target, upstream }, this.#limits, (bytes) => {
        this.#use(target.origin).bytes += bytes;
      }),
    );
    if (answer !== undefined) answerWith(response, answer);
  }

  /** Works with a connection to the host; gives the refusal where there is none. */
  async #connected(target: URL, work: (upstream: Socket) => Promise<void>): Promise<Refusal | undefined> {
    if (this.#open >= this.#limits.connectionsMax)
      return this.#denied(target.origin, `More than ${this.#limits.connectionsMax} connections at once.`, 503);
    this.#open += 1;
    try {
      const upstream = await this.#connect(target);
      this.#keep(upstream);
      this.#use(target.origin).connections += 1;
      try {
        await work(upstream);
      } finally {
        upstream.destroy();
      }
      return undefined;
    } catch (cause) {
      if (cause instanceof EgressDenied) return this.#denied(target.origin, `${cause.message}.`);
      return this.#denied(target.origin, `${target.origin} cannot be reached.`, 502);
    } finally {
      this.#open -= 1;
    }
  }

  async #connect(target: URL): Promise<Socket> {
    // A signal of its own, which is left alone once there is a connection: it would end that whenever it aborts, and
    // what is derived from the proxy's is held by it for as long as the program runs.
    const late = new AbortController();
    const stop = () => late.abort();
    const timer = setTimeout(stop, this.#limits.connectMs);
    this.#over.signal.addEventListener('abort', stop, { once: true });
    const network = this.#network;
    try {
      const addresses = await vettedAddresses(target, { network, allowPrivate: this.#rules.allowPrivate });
      if (this.#over.signal.aborted) stop();
      // The program speaks TLS itself: to the host this is a plain connection, to the same port.
      const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
      const url = new URL(`http://${target.hostname}:${port}`);
      return await connectTo({ url, addresses, network, signal: late.signal });
    } finally {
      clearTimeout(timer);
      this.#over.signal.removeEventListener('abort', stop);
    }
  }

  #denied(host: string, message: string, status = 403): Refusal {
    this.#use(host).refused += 1;
    return { status, message: `egress.denied: ${message}`.slice(0, messageCharactersMax) };
  }

  #use(host: string): { connections: number; bytes: number; refused: number } {
    const known = this.#uses.get(host) ?? (this.#uses.size < hostsMax ? undefined : this.#uses.get(others));
    if (known !== undefined) return known;
    const use = { connections: 0, bytes: 0, refused: 0 };
    this.#uses.set(this.#uses.size < hostsMax - 1 ? host : others, use);
    return use;
  }
}

const others = 'others';
const undeclared = 'undeclared hosts';

const notProxied = {
  kind: 'denied',
  message: 'Only `CONNECT host:port` and requests of `http://` addresses are carried.',
} as const;

/** The declared host behind `host:port`. */
function vetAuthority(authority: string, rules: EgressRules): VettedUrl {
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/.test(authority))
    return { kind: 'denied', message: 'That is no `host:port`.' };
  return vetHost(authority, rules);
}

/** TLS goes before, where both are declared. */
function vetHost(host: string, rules: EgressRules): VettedUrl {
  const secure = vetUrl(`https://${host}/`, rules);
  if (secure.kind === 'vetted') return secure;
  const plain = vetUrl(`http://${host}/`, rules);
  return plain.kind === 'vetted' ? plain : secure;
}

/**
 * What is told of a request that was refused: its host where it is a declared one. Whatever else a program names it has
 * made up, out of secrets if it likes.
 */
function nameOf(url: string, { hosts, allowPrivate }: EgressRules): string {
  const authority = /^(?:[a-z]+:\/\/)?([^/?#\s]{1,512})/i.exec(url)?.[1] ?? '';
  const vetted = vetHost(authority.slice(authority.lastIndexOf('@') + 1), { hosts, allowPrivate });
  return vetted.kind === 'vetted' ? vetted.url.origin : undeclared;
}

interface Refusal {
  readonly status: number;
  readonly message: string;
}

const reasons: Readonly<Record<number, string>> = { 403: 'Forbidden', 502: 'Bad Gateway', 503: 'Service Unavailable' };

function refuse(client: Socket, { status, message }: Refusal): void {
  const body = `${message}\n`;
  client.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Refused'}\r\ncontent-type: text/plain\r\nconnection: close\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function answerWith(response: ServerResponse, { status, message }: Refusal): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${message}\n`);
}
