import { Cron } from 'croner';
import type { Finding } from './text.ts';
import { shownText } from './shown.ts';

/** What is wrong with a schedule of five fields; undefined: nothing is. The zone is one that `timeZoneFinding` accepts. */
export function cronFinding(text: string): Finding | undefined {
  const known = findings.get(text);
  if (known !== undefined) return known === 'sound' ? undefined : known;
  const found = findingOf(text);
  // Schedules repeat from document to document, and finding out that one never comes takes 20 ms.
  if (findings.size >= keptMax) findings.clear();
  findings.set(text, found ?? 'sound');
  return found;
}

/** The shortest time between two starts in a row, of the next few; undefined where there is only one. */
export function shortestGapMs(text: string): number | undefined {
  const starts = new Cron(text, options).nextRuns(startsLookedAt, from);
  const gaps = starts.slice(1).map((start, index) => start.getTime() - (starts[index]?.getTime() ?? 0));
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}

const keptMax = 2_000;
const findings = new Map<string, Finding | 'sound'>();
const options = { mode: '5-part', paused: true, timezone: 'UTC' } as const;

// Any fixed time will do: what comes at all comes within the years that are looked through, leap years included.
const from = '2024-01-01T00:00:00Z';
const startsLookedAt = 50;

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

function findingOf(text: string): Finding | undefined {
  const parts = text.split(' ');
  if (parts.length !== fields.length) {
    const message = `A schedule has five fields, and this one has ${parts.length}.`;
    return {
      code: 'manifest.cron',
      message,
      help: 'Minute, hour, day of month, month, day of week: `0 9 * * MON-FRI`.',
    };
  }
  for (const [index, part] of parts.entries()) {
    const field = fields[index];
    if (field === undefined || (part.split(',').every((one) => term.test(one)) && isValid(index, part))) continue;
    const message = `\`${shownText(part)}\` is no ${field.name} of a schedule.`;
    const help = `${field.bounds}; \`*\` for any, \`1-5\` for a range, \`*/2\` or \`1-5/2\` for steps, commas between several.`;
    return { code: 'manifest.cron', message, help };
  }
  if (new Cron(text, options).nextRun(from) !== null) return undefined;
  const message = `The schedule \`${shownText(text)}\` never comes: no such month has such a day.`;
  return { code: 'manifest.cron_never', message, help: 'Correct the day of the month, or the month.' };
}

/** Each field is tried alone, so that the one that is wrong can be named. */
function isValid(index: number, part: string): boolean {
  const alone = fields.map((_field, at) => (at === index ? part : '*')).join(' ');
  try {
    return new Cron(alone, options) instanceof Cron;
  } catch {
    // Whatever it says, it says in its own counting: months from 0, days from -1.
    return false;
  }
}
