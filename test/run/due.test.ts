import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastTime, nextTime } from '../../src/manifest/cron-time.ts';
import { dueTimes, type ScheduleTimes, startOf } from '../../src/run/due.ts';

function times(cron: string, rest: Partial<ScheduleTimes> = {}): ScheduleTimes {
  return { cron, timeZone: 'UTC', schedule: 'production/a/b', jitterMs: 0, deadlineMs: 300_000, ...rest };
}

function at(text: string): Date {
  return new Date(text);
}

/** The times from one moment to another. */
function between(one: ScheduleTimes, from: string, to: string): string[] {
  const found: string[] = [];
  for (let next = nextTime(one, at(from)); next !== undefined && next <= at(to); next = nextTime(one, next)) {
    found.push(next.toISOString().slice(0, 16));
    if (found.length > 500) throw new Error('too many');
  }
  return found;
}

describe('what is due', () => {
  test('before the first time there is nothing to do but to wait for it', () => {
    expect(
      dueTimes(times('0 9 * * *'), { after: at('2026-03-02T08:00Z'), now: at('2026-03-02T08:59:59.999Z') }),
    ).toEqual({
      start: undefined,
      missed: undefined,
      next: { tick: at('2026-03-02T09:00Z'), at: at('2026-03-02T09:00Z') },
      decidedAt: at('2026-03-02T08:00Z'),
    });
  });

  test('a time is due at its very moment, and once it is decided not again', () => {
    const now = at('2026-03-02T09:00:00.000Z');
    const due = dueTimes(times('0 9 * * *'), { after: at('2026-03-02T08:00Z'), now });
    expect(due).toMatchObject({ start: { tick: now, times: 1 }, missed: undefined, decidedAt: now });
    expect(dueTimes(times('0 9 * * *'), { after: due.decidedAt, now })).toMatchObject({
      start: undefined,
      next: { tick: at('2026-03-03T09:00Z') },
    });
  });

  test('every minute after three hours without a scheduler: one run for the last minutes, and the rest is missed', () => {
    const due = dueTimes(times('* * * * *'), { after: at('2026-03-02T09:00Z'), now: at('2026-03-02T12:00:30Z') });
    expect(due.start).toEqual({ tick: at('2026-03-02T12:00Z'), times: 5 });
    expect(due.missed).toEqual({ tick: at('2026-03-02T11:55Z'), times: 175 });
    expect(due.next?.tick).toEqual(at('2026-03-02T12:01Z'));
  });

  test('a daily time that is too late is missed, and the next day comes as if nothing had been', () => {
    const due = dueTimes(times('0 9 * * *'), { after: at('2026-03-01T09:00Z'), now: at('2026-03-02T09:05:00.001Z') });
    expect(due).toMatchObject({ start: undefined, missed: { tick: at('2026-03-02T09:00Z'), times: 1 } });
    expect(due.next?.tick).toEqual(at('2026-03-03T09:00Z'));
    expect(
      dueTimes(times('0 9 * * *'), { after: at('2026-03-01T09:00Z'), now: at('2026-03-02T09:05Z') }).start?.tick,
    ).toEqual(at('2026-03-02T09:00Z'));
  });

  test('after a year without a scheduler it is counted up to a bound, not through the year', () => {
    const due = dueTimes(times('* * * * *'), { after: at('2025-03-02T09:00Z'), now: at('2026-03-02T12:00:30Z') });
    expect(due.start?.tick).toEqual(at('2026-03-02T12:00Z'));
    expect(due.missed?.times).toBe(200);
    expect(due.decidedAt).toEqual(at('2026-03-02T12:00Z'));
  });

  test('a clock that was set back finds nothing due', () => {
    const due = dueTimes(times('* * * * *'), { after: at('2026-03-02T12:00Z'), now: at('2026-03-02T11:00Z') });
    expect(due).toMatchObject({ start: undefined, missed: undefined, next: { tick: at('2026-03-02T12:01Z') } });
  });

  test('jitter puts a start off, always by the same, and each schedule by its own', () => {
    const one = times('*/10 * * * *', { jitterMs: 300_000 });
    const tick = at('2026-03-02T12:10Z');
    const start = startOf(one, tick);
    expect(startOf(one, tick)).toEqual(start);
    expect(startOf({ ...one, schedule: 'production/a/c' }, tick)).not.toEqual(start);
    const after = at('2026-03-02T12:00Z');
    expect(dueTimes(one, { after, now: new Date(start.getTime() - 1) }).start).toBeUndefined();
    expect(dueTimes(one, { after, now: start }).start?.tick).toEqual(tick);
    // How late it may be is counted from the start that was meant.
    expect(dueTimes(one, { after, now: new Date(start.getTime() + 300_000) }).start?.tick).toEqual(tick);
  });
});

describe('when clocks change', () => {
  const daily = (cron: string, timeZone: string) => times(cron, { timeZone });

  test('a time in the hour that is left out comes at its end: Berlin and New York in spring', () => {
    const berlin = between(daily('30 2 * * *', 'Europe/Berlin'), '2026-03-28T12:00Z', '2026-03-30T12:00Z');
    expect(berlin).toEqual(['2026-03-29T01:00', '2026-03-30T00:30']);
    const newYork = between(daily('30 2 * * *', 'America/New_York'), '2026-03-07T12:00Z', '2026-03-09T12:00Z');
    expect(newYork).toEqual(['2026-03-08T07:00', '2026-03-09T06:30']);
  });

  test('a daily time in the hour that is repeated comes once: Berlin and New York in autumn', () => {
    const berlin = between(daily('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00Z', '2026-10-26T12:00Z');
    expect(berlin).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
    const newYork = between(daily('30 1 * * *', 'America/New_York'), '2026-10-31T12:00Z', '2026-11-02T12:00Z');
    expect(newYork).toEqual(['2026-11-01T05:30', '2026-11-02T06:30']);
  });

  test('every half hour goes on through both hours that are called two', () => {
    const found = between(daily('*/30 * * * *', 'Europe/Berlin'), '2026-10-24T23:30Z', '2026-10-25T02:00Z');
    expect(found.map((time) => time.slice(11))).toEqual(['00:00', '00:30', '01:00', '01:30', '02:00']);
  });

  test('the 29th of February comes in leap years alone', () => {
    const found = between(times('0 0 29 2 *'), '2026-01-01T00:00Z', '2033-01-01T00:00Z');
    expect(found).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
  });
});

const cron = fc.constantFrom(
  '* * * * *',
  '*/7 * * * *',
  '30 2 * * *',
  '0,30 1-3 * * *',
  '15 */6 * * 1-5',
  '0 0 29 2 *',
  '59 23 31 * *',
  '5 4 1 * MON',
);
const timeZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
/** Around both changes of clocks as often as anywhere else. */
const moment = fc
  .oneof(
    fc.integer({ min: Date.UTC(2026, 2, 6), max: Date.UTC(2026, 3, 6) }),
    fc.integer({ min: Date.UTC(2026, 9, 20), max: Date.UTC(2026, 10, 3) }),
    fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2029, 0, 1) }),
  )
  .map((ms) => new Date(ms));
const runs = { numRuns: 300, seed: 5 };

describe('for any schedule', () => {
  test('looking forward and looking back find the same times', () => {
    fc.assert(
      fc.property(cron, timeZone, moment, (one, zone, from) => {
        const schedule = times(one, { timeZone: zone });
        const next = nextTime(schedule, from);
        if (next === undefined) throw new Error('it comes again');
        expect(lastTime(schedule, new Date(next.getTime() + 1_000))).toEqual(next);
        const before = lastTime(schedule, next);
        expect(before === undefined || before <= from, `${before?.toISOString()} ${from.toISOString()}`).toBe(true);
      }),
      runs,
    );
  });

  test('however often it is looked at, each time is started or missed once, in order, and none is left out', () => {
    fc.assert(
      fc.property(
        cron,
        timeZone,
        moment,
        fc.array(fc.integer({ min: 1, max: 5_400_000 }), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 30_000),
        (one, zone, from, pauses, jitterMs) => {
          const schedule = times(one, { timeZone: zone, jitterMs, deadlineMs: 600_000 });
          let [after, now, decided] = [from, from.getTime(), 0];
          for (const pause of pauses) {
            now += pause;
            const due = dueTimes(schedule, { after, now: new Date(now) });
            expect(due.decidedAt >= after).toBe(true);
            if (due.start !== undefined) {
              const late = now - startOf(schedule, due.start.tick).getTime();
              expect(late >= 0 && late <= schedule.deadlineMs).toBe(true);
              expect(due.start.tick).toEqual(due.decidedAt);
            }
            decided += (due.start?.times ?? 0) + (due.missed?.times ?? 0);
            expect(due.next === undefined || due.next.at.getTime() > now).toBe(true);
            after = due.decidedAt;
          }
          let came = 0;
          for (
            let tick = nextTime(schedule, from);
            tick !== undefined && tick <= after;
            tick = nextTime(schedule, tick)
          )
            came += 1;
          expect(decided).toBe(came);
        },
      ),
      { ...runs, numRuns: 50 },
    );
  });
});
