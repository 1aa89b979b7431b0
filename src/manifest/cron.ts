import { CronPattern } from 'croner';
import type { Finding } from './text.ts';
import { shownText } from './shown.ts';

/** What is wrong with a schedule of five fields; undefined: nothing is. */
export function cronFinding(text: string): Finding | undefined {
  const parts = text.split(' ');
  if (parts.length !== fields.length) {
    const message = `A schedule has five fields, and this one has ${parts.length}.`;
    const order = 'Minute, hour, day of month, month, day of week: `0 9 * * MON-FRI`.';
    // The sixth that other systems have is seconds, and stands in front.
    const help = parts.length === 6 ? `Remove the seconds, which stand first elsewhere. ${order}` : order;
    return { code: 'manifest.cron', message, help };
  }
  const isPlain = (part: string): boolean => part.split(',').every((one) => term.test(one));
  const pattern = parts.every(isPlain) ? patternOf(text) : undefined;
  if (pattern === undefined) {
    const wrong = parts.findIndex((part, index) => !isPlain(part) || patternOf(alone(part, index)) === undefined);
    return fieldFinding(parts[wrong] ?? text, fields[wrong]);
  }
  if (comes(pattern)) return undefined;
  const message = `The schedule \`${shownText(text)}\` never comes: no such month has such a day.`;
  return { code: 'manifest.cron_never', message, help: 'Correct the day of the month, or the month.' };
}

/** The shortest time between two starts in a row; undefined where the text is no schedule. */
export function shortestGapMinutes(text: string): number | undefined {
  const pattern = patternOf(text);
  if (pattern === undefined) return undefined;
  const times = pattern.hour.flatMap((hour, at) =>
    hour === 0 ? [] : pattern.minute.flatMap((minute, past) => (minute === 0 ? [] : [at * 60 + past])),
  );
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const overnight = shortestDayGap(pattern) * 1_440 + (times[0] ?? 0) - (times.at(-1) ?? 0);
  return Math.min(overnight, ...gaps);
}

/** How often it starts in the leap year that begins on Monday, the first of January 2024; undefined: no schedule. */
export function startsPerYear(text: string): number | undefined {
  const pattern = patternOf(text);
  if (pattern === undefined) return undefined;
  const perDay = sum(pattern.hour) * sum(pattern.minute);
  let [days, today] = [0, 0];
  for (const [month, length] of daysOf.entries()) {
    for (let day = 0; day < length; day += 1, today += 1) {
      if (pattern.month[month] !== 0 && isOn(pattern, day, (today + 1) % 7)) days += 1;
    }
  }
  return days * perDay;
}

function sum(flags: readonly number[]): number {
  return flags.reduce((all, flag) => all + (flag === 0 ? 0 : 1), 0);
}

interface Field {
  readonly name: string;
  readonly bounds: string;
}

const fields: readonly Field[] = [
  { name: 'minute', bounds: '0 to 59' },
  { name: 'hour', bounds: '0 to 23' },
  { name: 'day of the month', bounds: '1 to 31' },
  { name: 'month', bounds: '1 to 12, or JAN to DEC' },
  { name: 'day of the week', bounds: '0 to 7, or SUN to SAT; 0 and 7 are both Sunday' },
];

/** `*`, numbers and names, ranges, steps and lists: `L`, `W`, `#` and `?` mean other things elsewhere. */
const term = /^(?:\*|[0-9]+(?:-[0-9]+)?|[A-Za-z]{3}(?:-[A-Za-z]{3})?)(?:\/[0-9]+)?$/;

/** Each field is tried alone, so that the one that is wrong can be named. */
function alone(part: string, index: number): string {
  return fields.map((_field, at) => (at === index ? part : '*')).join(' ');
}

function fieldFinding(part: string, field: Field | undefined): Finding {
  const message = `\`${shownText(part)}\` is no ${field?.name ?? 'field'} of a schedule.`;
  const forms = '`*` for any, `1-5` for a range, `*/2` or `1-5/2` for steps, commas between several.';
  return { code: 'manifest.cron', message, help: `${field?.bounds ?? 'Numbers'}; ${forms}` };
}

function patternOf(text: string): CronPattern | undefined {
  try {
    return new CronPattern(text, 'UTC', { mode: '5-part' });
  } catch {
    // Whatever it says, it says in its own counting: months from 0, days from -1.
    return undefined;
  }
}

const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether one of the months has one of the days; where days of the week are named too, either is enough. Asking for the
 * next start would say the same after a search of 20 ms, and a file can hold thousands of schedules.
 */
function comes({ day, month, starDOW }: CronPattern): boolean {
  return !starDOW || daysOf.some((days, at) => month[at] === 1 && day.slice(0, days).includes(1));
}

/** The fewest days from one day with a start to the next, in four years from Monday, the first of January 2024. */
function shortestDayGap(pattern: CronPattern): number {
  let shortest = Number.POSITIVE_INFINITY;
  let last: number | undefined;
  let today = 0;
  for (let year = 0; year < 4; year += 1) {
    for (const [month, days] of daysOf.entries()) {
      const length = month === 1 && year > 0 ? 28 : days;
      for (let day = 0; day < length; day += 1, today += 1) {
        if (pattern.month[month] === 0 || !isOn(pattern, day, (today + 1) % 7)) continue;
        if (last !== undefined) shortest = Math.min(shortest, today - last);
        last = today;
      }
    }
  }
  return shortest;
}

function isOn({ day: days, dayOfWeek, starDOM, starDOW }: CronPattern, day: number, weekday: number): boolean {
  const byDay = days[day] === 1;
  const byWeekday = dayOfWeek[weekday] !== 0;
  return starDOM || starDOW ? byDay && byWeekday : byDay || byWeekday;
}
