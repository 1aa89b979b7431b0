import { setTimeout as delay } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import type { Msg, MsgCallback, Subscription } from '@nats-io/transport-node';
import { type Bus, channels, type FedEvent, type Listener, type Taker } from './bus.ts';
import { type Link, NatsLink } from './nats-connection.ts';
import { EventStream } from './nats-events.ts';
import type { NatsOptions } from './nats-options.ts';
import { Tickets } from './nats-tickets.ts';
import { serveByListening } from './serve.ts';

const pullMs = 5_000;
const sweepMs = 1_000;
const pauseMs = 250;

export interface NatsBusOptions {
  readonly nats: NatsOptions;
  /** Carries wake-ups while NATS is away. */
  readonly fallback: Bus;
  /** Tells databases that share a NATS apart: twelve hex digits. */
  readonly scope: () => Promise<string>;
  /** Pools whose runs have been ready for over a second, for which a ticket may have been lost. */
  readonly overdue: () => Promise<readonly string[]>;
  readonly name: string;
}

/**
 * The bus of many machines. A pool's ready runs are handed to one of its workers by a JetStream work queue, whose
 * tickets say no more than that there is work; other wake-ups are plain messages that everybody hears. NATS may be away
 * or lose all it holds: then the fallback carries wake-ups, and a sweeper puts lost tickets there again.
 */
export class NatsBus implements Bus {
  readonly #options: NatsBusOptions;
  readonly #link: NatsLink;
  readonly #tickets = new WeakMap<Link, Tickets>();
  #scope: Promise<string> | undefined;

  constructor(options: NatsBusOptions) {
    this.#options = options;
    this.#link = new NatsLink(options.nats, options.name);
  }

  async notify(channel: string, payload: string): Promise<void> {
    const link = this.#link.get();
    if (link === undefined) return this.#options.fallback.notify(channel, payload);
    try {
      if (channel === channels.ready) await (await this.#ticketsOf(link)).offer(payload);
      else link.connection.publish(`${await this.#prefix()}.${channel}`, payload);
    } catch {
      await this.#options.fallback.notify(channel, payload);
    }
  }

  async listen(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const unlisten = await this.#options.fallback.listen(channel, listener);
    if (channel === channels.ready) return unlisten;
    const subject = `${await this.#prefix()}.${channel}`;
    const subscriptions = new Map<Link, Subscription>();
    const stop = this.#link.whenUp((link) => {
      // The client subscribes again by itself after it was away; what was sent meanwhile is lost, and may be anything.
      if (subscriptions.has(link)) return listener('');
      const callback: MsgCallback<Msg> = (error, message) => {
        if (error === null) listener(message.string());
      };
      subscriptions.set(link, link.connection.subscribe(subject, { callback }));
    });
    return async () => {
      stop();
      for (const subscription of subscriptions.values()) subscription.unsubscribe();
      await unlisten();
    };
  }

  async serve(pool: string, taker: Taker): Promise<() => Promise<void>> {
    const stopping = new AbortController();
    const unlisten = await serveByListening(this.#options.fallback, pool, taker);
    const working = [this.#pull(pool, taker, stopping.signal), this.#sweep(stopping.signal)];
    return async () => {
      stopping.abort();
      await unlisten();
      await Promise.all(working);
    };
  }

  async feed(events: readonly FedEvent[], signal: AbortSignal): Promise<'taken' | 'anew'> {
    const link = this.#link.get();
    if (link === undefined) throw new Error('NATS is away');
    return new EventStream(link, await this.#prefix()).publish(events, signal);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Takes a ticket whenever the worker has room, looks, and passes a ticket on where there may be more than it took. */
  async #pull(pool: string, taker: Taker, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await taker.room(signal);
        const ticket = await this.#next(pool, signal);
        if (ticket === undefined) continue;
        const found = await taker.look();
        const isForOthers = found === 'others' && !ticket.redelivered;
        // Whoever waits next gets it, once; a run that it stood for is the sweeper's after that.
        if (isForOthers) ticket.nak();
        else ticket.ack();
        if (isForOthers) await delay(pauseMs, undefined, { signal });
        if (found === 'more') await this.notify(channels.ready, pool);
      } catch {
        // The store was wiped, the server went away, or the worker could not look: the next round makes things anew.
        if (!signal.aborted) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #next(pool: string, signal: AbortSignal): Promise<JsMsg | undefined> {
    const link = this.#link.get();
    if (link === undefined) {
      await delay(pauseMs, undefined, { signal });
      return undefined;
    }
    const tickets = await this.#ticketsOf(link);
    const askedAt = performance.now();
    const messages = await tickets.pull(pool, pullMs);
    const stop = () => messages.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const message of messages) {
        if (!signal.aborted) return message;
        // It came while the worker stopped: another one gets it at once.
        message.nak();
      }
      if (performance.now() - askedAt < pauseMs) throw new Error('the server ended the pull at once');
      return undefined;
    } catch (cause) {
      tickets.forget(pool);
      throw cause;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(sweepMs * (0.8 + 0.4 * Math.random()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted || this.#link.get() === undefined) continue;
      await this.#offerOverdue().catch(() => undefined);
    }
  }

  async #offerOverdue(): Promise<void> {
    const link = this.#link.get();
    if (link === undefined) return;
    const tickets = await this.#ticketsOf(link);
    for (const pool of await this.#options.overdue()) if (!(await tickets.holds(pool))) await tickets.offer(pool);
  }

  async #ticketsOf(link: Link): Promise<Tickets> {
    const prefix = await this.#prefix();
    const tickets = this.#tickets.get(link) ?? new Tickets(link, prefix);
    this.#tickets.set(link, tickets);
    return tickets;
  }

  async #prefix(): Promise<string> {
    this.#scope ??= this.#options.scope();
    // A database that was away is asked again.
    this.#scope.catch(() => {
      this.#scope = undefined;
    });
    return `pawl.${await this.#scope}`;
  }
}
