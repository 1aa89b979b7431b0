import { Cron } from 'croner';

/** When a schedule comes, as its author wrote it: valid by `cronFinding` and `timeZoneFinding`. */
export interface CronTimes {
  readonly cron: string;
  readonly timeZone: string;
}

/**
 * The first time after `after`; undefined where none ever comes. Where clocks go forward, a time within the hour that is
 * left out comes at its end; where they go back, a single time comes in the first of the two hours, and a repeated one
 * (every hour, every ten minutes) in both.
 */
export function nextTime(times: CronTimes, after: Date): Date | undefined {
  return cronOf(times).nextRun(after) ?? undefined;
}

/** The last time before `before`, that moment itself not included; undefined where none ever came. */
export function lastTime(times: CronTimes, before: Date): Date | undefined {
  return cronOf(times).previousRuns(1, before)[0];
}

/** Paused: it sets no timer. */
function cronOf({ cron, timeZone }: CronTimes): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' });
}
