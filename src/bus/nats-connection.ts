import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import type { NatsOptions } from './nats-options.ts';

const connectMs = 2_000;
const requestMs = 2_000;
const retryMs = [250, 500, 1_000, 2_000, 5_000] as const;

export interface Link {
  readonly connection: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
}

/**
 * One connection to NATS that is always there or being sought. Nobody waits for it: who finds none uses another way,
 * and those who listen are told each time that there is one again.
 */
export class NatsLink {
  readonly #options: NatsOptions;
  readonly #name: string;
  readonly #closing = new AbortController();
  readonly #onUp = new Set<(link: Link) => void>();
  #link: Link | undefined;
  #isUp = false;
  #seeking: Promise<void> | undefined;

  constructor(options: NatsOptions, name: string) {
    this.#options = options;
    this.#name = name;
  }

  /** The connection where it is up; begins to seek one. */
  get(): Link | undefined {
    if (this.#closing.signal.aborted) return undefined;
    if (this.#link === undefined) this.#seek();
    return this.#isUp ? this.#link : undefined;
  }

  /** Calls back now where there is a connection, and after each time that one was made, until the returned function is called. */
  whenUp(callback: (link: Link) => void): () => void {
    this.#onUp.add(callback);
    const link = this.get();
    if (link !== undefined) callback(link);
    return () => this.#onUp.delete(callback);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#onUp.clear();
    await this.#seeking;
    await this.#link?.connection.close();
  }

  #seek(): void {
    this.#seeking ??= this.#connect().finally(() => {
      this.#seeking = undefined;
    });
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        this.#link = await openLink(this.#options, this.#name);
        if (signal.aborted) return await this.#link.connection.close();
        this.#up();
        void this.#follow(this.#link);
        return;
      } catch {
        // Away: whoever needs a wake-up meanwhile goes another way, and this looks again.
        const ms = retryMs[Math.min(attempt, retryMs.length - 1)] ?? 0;
        await delay(ms * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The client connects again by itself; what it says of that decides whether it is used. */
  async #follow({ connection }: Link): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#isUp = false;
      if (status.type === 'reconnect') this.#up();
    }
    // It was closed, by us or because the server refused it for good.
    this.#isUp = false;
    this.#link = undefined;
    if (!this.#closing.signal.aborted) this.#seek();
  }

  #up(): void {
    this.#isUp = true;
    const link = this.#link;
    if (link !== undefined) for (const callback of this.#onUp) callback(link);
  }
}

async function openLink(options: NatsOptions, name: string): Promise<Link> {
  // Loaded when used: most processes have no NATS.
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect(await connectionOptions(options, name));
  try {
    const manager = await jetstreamManager(connection, { timeout: requestMs });
    return { connection, streams: jetstream(connection, { timeout: requestMs }), manager };
  } catch (cause) {
    await connection.close();
    throw cause;
  }
}

async function connectionOptions(options: NatsOptions, name: string): Promise<NodeConnectionOptions> {
  const { servers, tls, caFile, login } = options;
  return {
    name,
    servers: [...servers],
    timeout: connectMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs[0],
    reconnectJitter: retryMs[0],
    ...(tls ? { tls: caFile === undefined ? {} : { caFile } } : {}),
    ...(login === undefined ? {} : await loginOptions(login)),
  };
}

async function loginOptions(login: NonNullable<NatsOptions['login']>): Promise<NodeConnectionOptions> {
  if (login.kind === 'password') return { user: login.user, pass: login.password };
  if (login.kind === 'token') return { token: login.token };
  const { credsAuthenticator } = await import('@nats-io/transport-node');
  return { authenticator: credsAuthenticator(await readFile(login.file)) };
}

/** Says what the server is, or throws why it cannot be used: unreachable, refused, no JetStream. */
export async function inspectNats(
  options: NatsOptions,
): Promise<{ readonly version: string; readonly server: string }> {
  const { connection } = await openLink(options, 'pawl doctor');
  try {
    return { version: connection.info?.version ?? '', server: connection.getServer() };
  } finally {
    await connection.close();
  }
}
