import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** The next COMMIT loses its connection: before the server gets it, or after, so that only the answer is lost. */
  cutNextCommit(when: 'before' | 'after'): void;
  /** Nothing passes any more, either way, and no connection is closed: a link that has died without a word. */
  stall(): void;
  /** What was held back passes, and everything after it. */
  resume(): void;
  close(): Promise<void>;
}

/** Stands between a client and PostgreSQL, and cuts the connection where a network does it at the worst moment. */
export async function cuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let cut: 'before' | 'after' | undefined;
  let isStalled = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      if (isStalled) socket.pause();
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      const isCommit = cut !== undefined && bytes.includes('commit\0');
      if (!isCommit) {
        upstream.write(bytes);
        return;
      }
      const when = cut;
      cut = undefined;
      client.destroy();
      if (when === 'before') upstream.destroy();
      else upstream.end(bytes);
    });
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(serverUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutNextCommit(when) {
      cut = when;
    },
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
