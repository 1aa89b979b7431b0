import { assertChannel, type Bus, type Listener } from './bus.ts';

/** The bus of one process: a wake-up is heard in a turn of its own, as one from another process would be. */
export class EmitterBus implements Bus {
  readonly #channels = new Map<string, Set<Listener>>();

  async notify(channel: string, payload: string): Promise<void> {
    setImmediate(() => {
      for (const listener of this.#channels.get(channel) ?? []) listener(payload);
    });
  }

  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    assertChannel(channel);
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners);
    listeners.add(listener);
    return async () => {
      listeners.delete(listener);
    };
  }
}
