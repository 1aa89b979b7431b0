import { createHash } from 'node:crypto';
import { type CronTimes, lastTime, nextTime } from '../manifest/cron-time.ts';

export interface ScheduleTimes extends CronTimes {
  /** `environment/namespace/name`: each schedule has its own jitter. */
  readonly schedule: string;
  /** Each start is put off by up to so much, always by the same for the same time. */
  readonly jitterMs: number;
  /** How late a start may be. */
  readonly deadlineMs: number;
}

/** A time of a schedule, and how many it stands for. */
export interface DueTime {
  readonly tick: Date;
  readonly times: number;
}

export interface Due {
  /** The newest time that is not too late: all that came since are made up for by one run. */
  readonly start: DueTime | undefined;
  /** What is too late, by its newest time. */
  readonly missed: DueTime | undefined;
  /** When the schedule is to be looked at again, and for which of its times. */
  readonly next: { readonly tick: Date; readonly at: Date } | undefined;
  /** Times up to here need no further look. */
  readonly decidedAt: Date;
}

/** Times that are counted one by one after a long absence: beyond it, there were at least so many. */
const countedMax = 200;

/** What is to become of the times after `after`, now. */
export function dueTimes(times: ScheduleTimes, { after, now }: { readonly after: Date; readonly now: Date }): Due {
  const newest = newestDue(times, now);
  if (newest === undefined || newest <= after) {
    return { start: undefined, missed: undefined, next: nextOf(times, after), decidedAt: after };
  }
  const isLate = (tick: Date) => startOf(times, tick).getTime() + times.deadlineMs < now.getTime();
  const { early, late } = tally(times, { after, newest, isLate });
  const next = nextOf(times, newest);
  const missed = late === undefined ? undefined : { tick: late.tick, times: late.times };
  if (isLate(newest)) return { start: undefined, missed, next, decidedAt: newest };
  return { start: { tick: newest, times: Math.max(1, early) }, missed, next, decidedAt: newest };
}

/** A time with its jitter. */
export function startOf({ schedule, jitterMs }: ScheduleTimes, tick: Date): Date {
  if (jitterMs === 0) return tick;
  const hash = createHash('sha256').update(`${schedule} ${tick.toISOString()}`).digest();
  return new Date(tick.getTime() + Math.floor((hash.readUInt32BE(0) / 2 ** 32) * (jitterMs + 1)));
}

/** The newest time whose start has come. Jitter is shorter than any gap between two, so that one step back is enough. */
function newestDue(times: ScheduleTimes, now: Date): Date | undefined {
  // The library leaves the moment itself out and counts in whole seconds.
  const newest = lastTime(times, new Date(Math.floor(now.getTime() / 1_000) * 1_000 + 1_000));
  if (newest === undefined || startOf(times, newest) <= now) return newest;
  return lastTime(times, newest);
}

interface Tallied {
  readonly early: number;
  readonly late: DueTime | undefined;
}

function tally(
  times: ScheduleTimes,
  { after, newest, isLate }: { readonly after: Date; readonly newest: Date; readonly isLate: (tick: Date) => boolean },
): Tallied {
  let early = 0;
  let late: DueTime | undefined;
  let tick = nextTime(times, after);
  for (let counted = 0; tick !== undefined && tick <= newest && counted < countedMax; counted += 1) {
    if (isLate(tick)) late = { tick, times: (late?.times ?? 0) + 1 };
    else early += 1;
    tick = nextTime(times, tick);
  }
  return { early, late };
}

function nextOf(times: ScheduleTimes, after: Date): Due['next'] {
  const tick = nextTime(times, after);
  return tick && { tick, at: startOf(times, tick) };
}
