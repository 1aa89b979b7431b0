import type { Socket } from 'node:net';
import { FirstBytesReader } from './client-hello.ts';

/** Of one connection of a program. */
export interface TunnelLimits {
  /** Both ways together. */
  readonly bytesMax: number;
  /** Without a byte either way. */
  readonly idleMs: number;
  readonly lifeMs: number;
  /** Until the program has said with whom it speaks. */
  readonly helloMs: number;
}

export interface Tunnel {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What the program sent along with its request. */
  readonly head: Buffer;
  /** The host that it may speak TLS with and nothing else; absent: it may send what it likes. */
  readonly tls?: string;
  readonly limits: TunnelLimits;
  readonly counted: (bytes: number) => void;
}

/** Carries bytes between a program and a host; resolves when that is over, with why where it was cut. */
export async function carry(tunnel: Tunnel): Promise<string | undefined> {
  const { client, upstream, limits } = tunnel;
  const cut = new Cut([client, upstream], limits);
  try {
    const first = tunnel.tls === undefined ? tunnel.head : await hello(tunnel, tunnel.tls);
    if (typeof first === 'string') return first;
    const count = (chunk: Buffer) => {
      tunnel.counted(chunk.byteLength);
      cut.count(chunk.byteLength);
    };
    if (first.byteLength > 0) {
      count(first);
      upstream.write(first);
    }
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', count);
      from.pipe(to);
    }
    await Promise.all([closed(client), closed(upstream)]);
    return cut.why;
  } finally {
    cut.end();
  }
}

/** What the program says first, once it is known to be TLS with the host that it asked for; else why not. */
async function hello({ client, head, limits }: Tunnel, host: string): Promise<Buffer | string> {
  const said = [head];
  const reader = new FirstBytesReader();
  const late = AbortSignal.timeout(limits.helloMs);
  for (let chunk = head; ; ) {
    const read = reader.read(chunk);
    if (read.kind === 'noTls') return 'it did not speak TLS';
    if (read.kind === 'hello')
      return read.name === host || (read.name === undefined && /^[\d.]+$|:/.test(host))
        ? Buffer.concat(said)
        : `it began TLS with ${read.name ?? 'nobody by name'}`;
    const more = await nextBytes(client, late);
    if (more === undefined) return 'it said nothing';
    said.push(more);
    chunk = more;
  }
}

function nextBytes(client: Socket, late: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (bytes: Buffer | undefined) => {
      client.off('data', onData);
      client.off('close', onEnd);
      client.off('end', onEnd);
      late.removeEventListener('abort', onEnd);
      client.pause();
      resolve(bytes);
    };
    const onData = (bytes: Buffer) => settle(bytes);
    const onEnd = () => settle(undefined);
    if (late.aborted || client.destroyed) return resolve(undefined);
    late.addEventListener('abort', onEnd, { once: true });
    client.once('data', onData);
    client.once('close', onEnd);
    client.once('end', onEnd);
    client.resume();
  });
}

/** Ends a connection that takes too much or too long, whichever side is at fault. */
class Cut {
  why: string | undefined;
  readonly #sockets: readonly Socket[];
  readonly #limits: TunnelLimits;
  readonly #life: NodeJS.Timeout;
  #bytes = 0;

  constructor(sockets: readonly Socket[], limits: TunnelLimits) {
    this.#sockets = sockets;
    this.#limits = limits;
    this.#life = setTimeout(() => this.#cut('it took too long'), limits.lifeMs);
    const [client] = sockets;
    client?.setTimeout(limits.idleMs, () => this.#cut('nothing was said'));
  }

  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytesMax) this.#cut('it carried too much');
  }

  end(): void {
    clearTimeout(this.#life);
    for (const socket of this.#sockets) socket.destroy();
  }

  #cut(why: string): void {
    this.why ??= why;
    this.end();
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once('close', () => resolve());
  });
}
