import type { Consumer, ConsumerMessages } from '@nats-io/jetstream';
import type { Link } from './nats-connection.ts';

const nanosecondsPerMs = 1_000_000;
/** Beyond it a ticket is worth nothing: the sweeper has put another one there. */
const ticketMs = 10 * 60_000;
/** A worker that died with a ticket gives it back after this. */
const ackMs = 10_000;
/** A ticket says that a pool has work, not how much: more than there may be workers are for nothing. */
const ticketsMax = 1_024;
const deliveriesMax = 5;

/**
 * The work queue of all pools: one stream, one subject and one consumer for each pool, because consumers of a work
 * queue may not overlap and a server before 2.10 filters by one subject. Whatever is missing is made, again after the
 * server lost its store.
 */
export class Tickets {
  readonly #link: Link;
  readonly #prefix: string;
  readonly #stream: string;
  readonly #consumers = new Map<string, Consumer>();

  constructor(link: Link, prefix: string) {
    this.#link = link;
    this.#prefix = `${prefix}.ready`;
    this.#stream = `${prefix.replaceAll('.', '_').toUpperCase()}_RUNS`;
  }

  /** Puts a ticket there; resolves when the server holds it. */
  async offer(pool: string): Promise<void> {
    const subject = this.#subject(pool);
    try {
      await this.#link.streams.publish(subject);
    } catch {
      // No stream yet, or no longer.
      await this.#makeStream();
      await this.#link.streams.publish(subject);
    }
  }

  /** Waits for one ticket, for `ms` at most; who stops the messages gets none. */
  async pull(pool: string, ms: number): Promise<ConsumerMessages> {
    const consumer = this.#consumers.get(pool) ?? (await this.#found(pool));
    this.#consumers.set(pool, consumer);
    return consumer.fetch({ max_messages: 1, expires: ms });
  }

  /** Looks for the consumer again at the next pull: the server may have lost it. */
  forget(pool: string): void {
    this.#consumers.delete(pool);
  }

  /** Whether a ticket of the pool waits to be taken. */
  async holds(pool: string): Promise<boolean> {
    try {
      const { num_pending: pending } = await this.#link.manager.consumers.info(this.#stream, this.#consumer(pool));
      return pending > 0;
    } catch {
      return false;
    }
  }

  async #found(pool: string): Promise<Consumer> {
    const { consumers } = this.#link.streams;
    const name = this.#consumer(pool);
    return consumers.get(this.#stream, name).catch(async () => {
      await this.#makeStream();
      await this.#makeConsumer(pool);
      return consumers.get(this.#stream, name);
    });
  }

  async #makeStream(): Promise<void> {
    // Made twice with the same settings it is made once.
    await this.#link.manager.streams.add({
      name: this.#stream,
      subjects: [`${this.#prefix}.*`],
      retention: 'workqueue',
      storage: 'file',
      discard: 'old',
      max_msgs_per_subject: ticketsMax,
      max_age: ticketMs * nanosecondsPerMs,
    });
  }

  async #makeConsumer(pool: string): Promise<void> {
    await this.#link.manager.consumers.add(this.#stream, {
      durable_name: this.#consumer(pool),
      filter_subject: this.#subject(pool),
      ack_policy: 'explicit',
      ack_wait: ackMs * nanosecondsPerMs,
      max_deliver: deliveriesMax,
    });
  }

  #subject(pool: string): string {
    return `${this.#prefix}.${tokenOf(pool)}`;
  }

  #consumer(pool: string): string {
    return tokenOf(pool);
  }
}

/** Names of pools are DNS labels, with a namespace before a slash or without: nothing that has a meaning to NATS. */
function tokenOf(pool: string): string {
  if (!/^[a-z0-9-]{1,63}(\/[a-z0-9-]{1,63})?$/.test(pool)) throw new TypeError(`'${pool}' is not the name of a pool`);
  return pool.replace('/', '_');
}
