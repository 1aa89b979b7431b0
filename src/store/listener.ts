import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { assertChannel, type Listener as Heard } from '../bus/bus.ts';
import { storeError } from './failure.ts';
import { jitteredMs } from './transaction.ts';

/**
 * One connection that LISTENs for the whole process. It is opened by the first listener and opened again, with
 * jitter, whenever it is lost; then every listener hears an empty payload, because wake-ups may have been missed.
 */
export class Listener {
  readonly #config: pg.ClientConfig;
  readonly #channels = new Map<string, Set<Heard>>();
  readonly #closing = new AbortController();
  #client: Promise<pg.Client> | undefined;
  #reconnecting: Promise<void> | undefined;

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  async listen(channel: string, heard: Heard): Promise<() => Promise<void>> {
    assertChannel(channel);
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners);
    listeners.add(heard);
    if (listeners.size === 1) {
      try {
        this.#client ??= this.#open();
        await (await this.#client).query(`listen ${channel}`);
      } catch (error) {
        listeners.delete(heard);
        throw storeError(error);
      }
    }
    return () => this.#unlisten(channel, heard);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#channels.clear();
    await this.#reconnecting;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #unlisten(channel: string, heard: Heard): Promise<void> {
    const listeners = this.#channels.get(channel);
    listeners?.delete(heard);
    if (listeners === undefined || listeners.size > 0 || this.#closing.signal.aborted) return;
    this.#channels.delete(channel);
    // On a connection that is just lost there is nothing to take back.
    const client = await this.#client?.catch(() => undefined);
    await client?.query(`unlisten ${channel}`).catch(() => undefined);
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('notification', ({ channel, payload }) => this.#tell(channel, payload ?? ''));
    // 'end' follows and does the work; without a listener an 'error' would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
    client.on('end', () => this.#lost());
    return client;
  }

  #lost(): void {
    this.#client = undefined;
    if (this.#closing.signal.aborted) return;
    this.#reconnecting = this.#reconnect().finally(() => {
      this.#reconnecting = undefined;
    });
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await delay(jitteredMs(attempt), undefined, { signal });
        this.#client = this.#open();
        const client = await this.#client;
        for (const channel of this.#channels.keys()) await client.query(`listen ${channel}`);
        for (const channel of this.#channels.keys()) this.#tell(channel, '');
        return;
      } catch {
        // Still away, or closing: the loop looks again for as long as somebody may listen.
      }
    }
  }

  #tell(channel: string, payload: string): void {
    for (const heard of this.#channels.get(channel) ?? []) heard(payload);
  }
}
