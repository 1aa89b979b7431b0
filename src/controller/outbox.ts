import type { Log } from '../log.ts';
import type { AlertReceiver } from '../manifest/types.gen.ts';
import type { Database } from '../store/database-port.ts';
import {
  type ClaimedMessage,
  claimMessages,
  dropMessage,
  markDelivered,
  markFailed,
  sweepOutbox,
} from '../store/outbox.ts';
import { readReceivers } from '../store/receiver.ts';
import { type Answer, type Delivering, post } from './delivering.ts';

export interface OutboxOptions extends Delivering {
  readonly database: Database;
  readonly log: Log;
  /** In [0, 1): how much of a pause is left to chance. */
  readonly random?: () => number;
}

/** Receivers that are sent to at once: one that is dead holds one of them for its deadline. */
const togetherMax = 8;
const roundsMax = 50;
/** Longer than any deadline of a request: then another takes it. */
const leaseMs = 60_000;
const pauseMsMin = 5_000;
const pauseMsMax = 3_600_000;
const abandonAfterMs = 3 * 24 * 3_600_000;

/**
 * Sends what the outbox owes: at least once, each receiver in the order of its alerts, and no receiver waits for another.
 * A message is owed until its receiver has said that it has it. Whoever dies between sending and noting it sends it
 * again, under the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Sends everything that is due; gives how many messages were delivered. */
  async tick(signal: AbortSignal = new AbortController().signal): Promise<number> {
    const { database } = this.#options;
    let delivered = 0;
    for (let round = 0; round < roundsMax && !signal.aborted; round += 1) {
      const claimed = await claimMessages(database.db, { limit: togetherMax, leaseMs });
      if (claimed.length === 0) break;
      const outcomes = await Promise.all(claimed.map((message) => this.#send(message, signal)));
      delivered += outcomes.filter(Boolean).length;
    }
    await sweepOutbox(database.db);
    return delivered;
  }

  async #send(claimed: ClaimedMessage, signal: AbortSignal): Promise<boolean> {
    const { database } = this.#options;
    const { environment, receiver: name } = claimed;
    const [receiver] = await readReceivers(database.db, environment, [name]);
    if (receiver === undefined || !isPosted(receiver.spec)) {
      await dropMessage(database.db, claimed);
      return false;
    }
    const answer = await post(this.#options, { ...claimed, receiver, signal });
    if (answer.kind === 'delivered') await markDelivered(database.db, claimed);
    else await this.#fail(claimed, answer);
    return answer.kind === 'delivered';
  }

  async #fail(claimed: ClaimedMessage, answer: Extract<Answer, { kind: 'failed' }>): Promise<void> {
    const { database, log, random = Math.random } = this.#options;
    const { environment, receiver, key, attempts } = claimed;
    const asked = answer.retryAfterMs;
    const retryInMs = asked === undefined ? pauseMs(attempts, random) : Math.min(asked, pauseMsMax);
    const isAbandoned = await markFailed(database.db, claimed, {
      error: answer.message,
      reached: answer.reached,
      retryInMs,
      isPause: asked !== undefined,
      abandonAfterMs,
    });
    const said = { environment, receiver, alert: key, attempts, reason: answer.message };
    if (isAbandoned) log.error(said, 'alert given up: its receiver took nothing for days');
    else if (attempts === 1) log.warn(said, 'alert could not be delivered and is tried again');
  }
}

/** Issues are kept by the loop that writes to GitHub. */
function isPosted({ type }: AlertReceiver['spec']): boolean {
  return type === 'slack' || type === 'webhook';
}

/** Twice as long each time, up to an hour; between half of it and all of it, so that many do not come back together. */
export function pauseMs(attempts: number, random: () => number): number {
  const whole = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(attempts - 1, 20));
  return Math.round(whole * (0.5 + 0.5 * random()));
}
