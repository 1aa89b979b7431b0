import type { FedEvent } from './bus.ts';
import type { Link } from './nats-connection.ts';

const nanosecondsPerMs = 1_000_000;
/** As long as the rows that they come from are kept. */
const keepMs = 7 * 24 * 3_600_000;
const messagesMax = 1_000_000;
/** What is published again within it is the same message. */
const sameMs = 10 * 60_000;

/** The stream of what became of runs: kept for whoever reads it, whether or not anybody does. */
export class EventStream {
  readonly #link: Link;
  readonly #prefix: string;
  readonly #stream: string;

  constructor(link: Link, prefix: string) {
    this.#link = link;
    this.#prefix = `${prefix}.events`;
    this.#stream = `${prefix.replaceAll('.', '_').toUpperCase()}_EVENTS`;
  }

  /**
   * Publishes in order, one after the other, until the server holds all of them. `anew`: there was no stream, or no longer;
   * there is an empty one now, and nothing was published.
   */
  async publish(events: readonly FedEvent[], signal: AbortSignal): Promise<'taken' | 'anew'> {
    if (!(await this.#exists())) {
      await this.#make();
      return 'anew';
    }
    for (const { position, subject, body } of events) {
      signal.throwIfAborted();
      await this.#link.streams.publish(`${this.#prefix}.${subject}`, body, { msgID: String(position) });
    }
    return 'taken';
  }

  async #exists(): Promise<boolean> {
    try {
      await this.#link.manager.streams.info(this.#stream);
      return true;
    } catch (cause) {
      if (isNotFound(cause)) return false;
      throw cause;
    }
  }

  async #make(): Promise<void> {
    // Made twice with the same settings it is made once.
    await this.#link.manager.streams.add({
      name: this.#stream,
      subjects: [`${this.#prefix}.>`],
      retention: 'limits',
      storage: 'file',
      discard: 'old',
      max_msgs: messagesMax,
      max_age: keepMs * nanosecondsPerMs,
      duplicate_window: sameMs * nanosecondsPerMs,
    });
  }
}

function isNotFound(cause: unknown): boolean {
  return cause instanceof Error && /stream not found/i.test(cause.message);
}
