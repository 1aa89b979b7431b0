import { randomUUID } from 'node:crypto';
import { type Bus, channels, type FedEvent } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store/database-port.ts';
import {
  leaveFeed,
  markPublished,
  numberRunEvents,
  readRunEventFeed,
  readRunEventsAfter,
  type RunEventRow,
  sweepRunEvents,
  takeFeed,
} from '../store/run-event.ts';
import { Periodic } from './periodic.ts';

/** How long an event takes at most to be told, where nothing stands in the way. */
const everyMs = 250;
/** Looking whether somebody wants events at all. */
const idleMs = 5_000;
/** After the bus did not take any. */
const pauseMs = 1_000;
const batch = 500;
/** More than one turn of a relay brings goes with the next one. */
const batchesMax = 20;
/** Well under the time in which a stream takes the same event for the same. */
const feedMs = 30_000;
const sweepMs = 60_000;
const sweptMax = 10_000;

/** For how long events are kept. */
export const keptDays = 7;

export interface EventRelayOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
}

/** One event, as it is told: what `schemas/output/run-event.schema.json` describes. */
export function runEventOf({ position, at, event, environment, system, run, detail }: RunEventRow) {
  return { position, at: at.toISOString(), event, environment, system, run, detail };
}

/**
 * Tells what became of runs: gives events their positions, wakes those who follow, and feeds the bus that keeps them. Any
 * number of processes may do it. Each event is told at least once, those of one run in order: a stream takes what two
 * processes give it, or one gives it again, as one.
 */
export class EventRelay {
  readonly #options: EventRelayOptions;
  readonly #periodic: readonly Periodic[];
  readonly #id = randomUUID();
  readonly #stopping = new AbortController();
  #idleUntil = 0;
  #isCutOff = false;

  constructor(options: EventRelayOptions) {
    this.#options = options;
    const { log, database } = options;
    this.#periodic = [
      new Periodic({ name: 'events', everyMs, log, work: () => this.#turn() }),
      new Periodic({
        name: 'sweep of events',
        everyMs: sweepMs,
        log,
        work: () => sweepRunEvents(database.db, keptDays, sweptMax),
      }),
    ];
  }

  start(): void {
    for (const periodic of this.#periodic) periodic.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#periodic.map((periodic) => periodic.stop()));
  }

  /** One look, whenever the last one was. */
  async tick(): Promise<void> {
    const { database, bus } = this.#options;
    const { isOn, position, published } = await readRunEventFeed(database.db);
    const isBehind = bus.feed !== undefined && published < position;
    this.#idleUntil = isOn || isBehind ? 0 : performance.now() + idleMs;
    // Also while they are off: what was kept before that is told to its end.
    const numbered = await this.#number();
    if (numbered > 0) await bus.notify(channels.told, '').catch(() => undefined);
    if (isBehind || (bus.feed !== undefined && numbered > 0)) await this.#feed();
  }

  async #turn(): Promise<void> {
    if (performance.now() >= this.#idleUntil) await this.tick();
  }

  async #number(): Promise<number> {
    let total = 0;
    for (let turn = 0; turn < batchesMax && !this.#stopping.signal.aborted; turn += 1) {
      const numbered = await numberRunEvents(this.#options.database, batch);
      total += numbered;
      if (numbered < batch) break;
    }
    return total;
  }

  async #feed(): Promise<void> {
    const { db } = this.#options.database;
    const published = await takeFeed(db, { owner: this.#id, forMs: 2 * feedMs });
    if (published === undefined) return;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(feedMs)]);
    try {
      await this.#feedFrom(published, signal);
      this.#isCutOff = false;
    } catch (cause) {
      // They stay owed; it is said once, and asked again and again.
      if (!this.#isCutOff)
        this.#options.log.warn({ err: cause }, 'events of runs are not taken; they are kept and given again');
      this.#isCutOff = true;
      this.#idleUntil = performance.now() + pauseMs;
    } finally {
      await leaveFeed(db, this.#id);
    }
  }

  /** One process at a time: two would each be in order, and a new stream still not. */
  async #feedFrom(published: number, signal: AbortSignal): Promise<void> {
    const { database, bus, log } = this.#options;
    let from = published;
    for (let turn = 0; turn < batchesMax && !signal.aborted; turn += 1) {
      const rows = await readRunEventsAfter(database.db, from, batch);
      const last = rows.at(-1);
      if (last === undefined) return;
      const became = await bus.feed?.(rows.map(fedOf), signal);
      if (became === 'anew' && from > 0)
        log.warn({ from }, 'the stream of events is new: all that are kept are told again');
      from = became === 'anew' ? 0 : last.position;
      await markPublished(database.db, { owner: this.#id, published: from });
    }
  }
}

function fedOf(row: RunEventRow): FedEvent {
  const { position, environment, event } = row;
  return { position, subject: `${tokenOf(environment)}.${event}`, body: JSON.stringify(runEventOf(row)) };
}

/** Names of environments may hold what has a meaning to a bus. */
function tokenOf(environment: string): string {
  return environment.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}
