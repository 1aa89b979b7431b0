import { Cron } from 'croner';
import { describe, expect, test } from 'vitest';
import { cronFinding, shortestGapMinutes } from '../../src/manifest/cron.ts';

const from = '2024-01-01T00:00:00Z';
const startsOf = (text: string, count: number) =>
  new Cron(text, { mode: '5-part', paused: true, timezone: 'UTC' }).nextRuns(count, from);

const days = ['*', '31', '30,31', '29', '1-5', '*/10'];
const months = ['*', '2', '4,6,9,11', 'FEB', '2,4', 'JAN'];
const weekdays = ['*', 'MON', '7', '1-5'];
const schedules = days.flatMap((day) =>
  months.flatMap((month) => weekdays.map((weekday) => `0 3,15 ${day} ${month} ${weekday}`)),
);

describe('a schedule', () => {
  test.each(schedules)('%s comes where its next start says so', (text) => {
    expect(cronFinding(text) === undefined).toBe(startsOf(text, 1).length > 0);
  });

  test.each([
    ['* * * * *', 1],
    ['*/15 * * * *', 15],
    ['0,50 * * * *', 10],
    ['0 9 * * MON-FRI', 1_440],
    ['0 9 * * MON', 7 * 1_440],
    ['0 1,23 * * *', 120],
    ['0 0 1,31 * *', 1_440],
    ['0 0 28 2 *', 365 * 1_440],
    ['0 0 29 2 *', Number.POSITIVE_INFINITY],
  ])('%s has starts at least %d minutes apart', (text, minutes) => {
    expect(shortestGapMinutes(text)).toBe(minutes);
    const starts = startsOf(text, 100).map((start) => start.getTime() / 60_000);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    if (Number.isFinite(minutes)) expect(Math.min(...gaps)).toBe(minutes);
  });

  test('is checked in bounded time, also by the thousand', () => {
    const impossible = Array.from({ length: 1_000 }, (_none, index) => `${index % 60} * 31,${30 + (index % 2)} 2 *`);
    expect(new Set(impossible.map((text) => cronFinding(text)?.code))).toEqual(new Set(['manifest.cron_never']));
  });
});
