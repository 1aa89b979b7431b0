/**
 * Carries wake-ups, never facts: losing every one of them may slow pawl down and never make it wrong. Whoever is
 * woken looks at the rows.
 */
export interface Bus {
  /** Sends a wake-up; nothing may depend on its arrival. */
  notify(channel: string, payload: string): Promise<void>;
  /**
   * Hears wake-ups of a channel until the returned function is called. An empty payload says that some may have been
   * missed: look at everything.
   */
  listen(channel: string, listener: Listener): Promise<() => Promise<void>>;
  /**
   * Hands a pool's ready runs to one of its workers at a time, until the returned function is called. Absent: every
   * worker hears of them by \`channels.ready\` (see serve.ts).
   */
  serve?(pool: string, taker: Taker): Promise<() => Promise<void>>;
  /**
   * Keeps events for readers outside, in order; rejects unless all of them are held. `anew`: what it held before is gone and
   * nothing was taken, so that they are to be given from the first. Absent: readers read the rows, woken by \`channels.told\`.
   */
  feed?(events: readonly FedEvent[], signal: AbortSignal): Promise<'taken' | 'anew'>;
}

/** One event, as a stream of messages holds it. */
export interface FedEvent {
  /** Rises from event to event; given twice, it is the same event. */
  readonly position: number;
  /** Words between dots: `production.run.failed`. */
  readonly subject: string;
  readonly body: string;
}

/** A worker, as a bus sees it that hands work out. */
export interface Taker {
  /** Resolves when the worker could begin another run; rejects when the signal aborts. */
  room(signal: AbortSignal): Promise<void>;
  /** Claims what is ready. \`more\`: as much as there was room for, so that there may be more for others. `others`: all that it
   * may take, and some of the pool's runs it may not. */
  look(): Promise<'more' | 'all' | 'others'>;
}

export type Listener = (payload: string) => void;

/** Names of the channels. */
export const channels = {
  /** An environment has a new revision; the payload is its name. */
  applied: 'pawl_applied',
  /** Somebody acknowledged a risk or a guard; the payload is the environment. */
  acknowledged: 'pawl_acknowledged',
  /** Something may have moved: an environment is wanted anew, or a webhook came; the payload is the environment, `owner/name` of a forge's repository, or empty. */
  hint: 'pawl_hint',
  /** A pool has runs that are ready; the payload is its name. */
  ready: 'pawl_ready',
  /** A halt began or ended; the payload is the environment. */
  halted: 'pawl_halted',
  /** There are new events of runs; the payload is empty. */
  told: 'pawl_told',
} as const;

/** Refuses what is not a plain name: the name goes into LISTEN as it is. */
export function assertChannel(channel: string): void {
  if (!/^[a-z][a-z_]{0,61}$/.test(channel)) throw new TypeError(`'${channel}' is not a channel name`);
}
