import type { Bus } from './bus.ts';

/** NOTIFY inside every step's transaction costs 6 to 26 times; one for all of a few milliseconds costs nothing. */
const windowMsDefault = 5;

/** Wake-ups of one process, sent together: the same one once per window, whoever asks for it and however often. */
export class CoalescedWakeUps {
  readonly #bus: Bus;
  readonly #windowMs: number;
  readonly #pending = new Map<string, readonly [channel: string, payload: string]>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(bus: Bus, windowMs = windowMsDefault) {
    this.#bus = bus;
    this.#windowMs = windowMs;
  }

  /** Never fails and never waits: those who miss it find the row when they look. */
  wake(channel: string, payload: string): void {
    this.#pending.set(`${channel} ${payload}`, [channel, payload]);
    this.#timer ??= setTimeout(() => void this.flush(), this.#windowMs);
  }

  /** Sends what is pending now; a process calls it before it ends. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const wakeUps = [...this.#pending.values()];
    this.#pending.clear();
    this.#sending = this.#sending.then(() => this.#send(wakeUps));
    await this.#sending;
  }

  async #send(wakeUps: readonly (readonly [string, string])[]): Promise<void> {
    for (const [channel, payload] of wakeUps) {
      // A wake-up that cannot be sent is a wake-up that is lost, which everybody must bear.
      await this.#bus.notify(channel, payload).catch(() => undefined);
    }
  }
}
