import { type Bus, channels } from '../bus/bus.ts';
import { isPawlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store/database-port.ts';
import { forgetDeliveries } from '../store/delivery.ts';
import { type DueSchedule, dueSchedules, postponeSchedule, untilNextSchedule } from '../store/schedule.ts';
import { type Fired, fireSchedule } from './schedule.ts';

export interface SchedulerOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
}

/** A wake-up that was lost is made up for after so long. */
const pollMs = 5_000;
const batchMax = 100;
/** At once, where the database can: each is a transaction of its own. */
const togetherMax = 4;
const postponeMs = 5_000;
const forgetMs = 600_000;

/**
 * Starts the runs of schedules when their times come. Any number may do so at once: the row of a schedule lets one in.
 * It sleeps until the nearest time, and an apply wakes it.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #unlisten: (() => Promise<void>) | undefined;
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#options.bus.listen(channels.applied, () => this.#wake());
    this.#wake();
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#unlisten?.();
    await this.#turn;
  }

  /** Decides what is due. `now` is the database's unless a test says another. */
  async tick(now?: Date): Promise<readonly Fired[]> {
    const fired: Fired[] = [];
    const tried = new Set<number>();
    while (!this.#stopped) {
      const due = await dueSchedules(this.#options.database.db, { limit: batchMax, now });
      const fresh = due.filter(({ id }) => !tried.has(id));
      if (fresh.length === 0) return fired;
      for (let at = 0; at < fresh.length; at += togetherMax) {
        const some = fresh.slice(at, at + togetherMax);
        for (const { id } of some) tried.add(id);
        fired.push(...(await Promise.all(some.map((one) => this.#fire(one, now)))).flat());
      }
    }
    return fired;
  }

  async #fire(due: DueSchedule, now: Date | undefined): Promise<readonly Fired[]> {
    const { database, bus, log } = this.#options;
    try {
      const fired = await fireSchedule(database, due, now);
      if (fired === undefined) return [];
      const { run, outcome, error } = fired;
      const said = { environment: due.environment, schedule: fired.name, tick: fired.tick, error };
      if (run !== undefined) await bus.notify(channels.ready, run.pool).catch(() => undefined);
      if (outcome === 'failed' || outcome === 'later') log.warn(said, 'schedule could not start its run');
      else if (outcome === 'missed' || outcome === 'skipped') log.warn(said, `time of a schedule was ${outcome}`);
      return [fired];
    } catch (error) {
      // Others are not held up by it, and the next look is not a hot loop.
      log.warn({ err: error, environment: due.environment, schedule: due.id }, 'schedule could not be looked at');
      if (!isPawlError(error) || error.code !== 'store.unavailable') {
        await postponeSchedule(database.db, due.id, postponeMs).catch(() => undefined);
      }
      return [];
    }
  }

  #wake(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    if (this.#turn !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#turn = this.#look().then((pauseMs) => {
      this.#turn = undefined;
      if (this.#stopped) return;
      if (this.#again) this.#wake();
      else this.#timer = setTimeout(() => this.#wake(), pauseMs);
    });
  }

  async #look(): Promise<number> {
    const { database, log } = this.#options;
    try {
      await this.tick();
      await this.#forget();
      const ms = await untilNextSchedule(database.db);
      // One that is due and was not decided is somebody else's just now.
      return ms === undefined ? pollMs : Math.min(pollMs, Math.max(ms, 50));
    } catch (error) {
      log.warn({ err: error }, 'schedules could not be read');
      return pollMs;
    }
  }

  async #forget(): Promise<void> {
    if (performance.now() - this.#forgotAt < forgetMs) return;
    this.#forgotAt = performance.now();
    await forgetDeliveries(this.#options.database.db);
  }
}
