import type { Window } from '../../src/policy/account.ts';

/** One account: the key and the start of its window, `…#agent-tokens-day support/triage 2026-11-21T00:00Z`. */
export function accountId(key: string, start: Date): string {
  return `${key} ${start.toISOString().slice(0, 16)}Z`;
}

/** When the window began that `at` is in, in UTC: on the hour, at midnight, on Monday, on the first. */
export function windowStart(window: Window, at: Date): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (window) {
    case 'hour':
      return new Date(Date.UTC(year, month, day, at.getUTCHours()));
    case 'day':
      return new Date(Date.UTC(year, month, day));
    case 'week':
      return new Date(Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7)));
    case 'month':
      return new Date(Date.UTC(year, month));
  }
}

/** When the window that began at `start` is over. */
export function windowEnd(window: Window, start: Date): Date {
  if (window === 'month') return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
  return new Date(start.getTime() + windowMs[window]);
}

const hourMs = 3_600_000;
const windowMs = { hour: hourMs, day: 24 * hourMs, week: 7 * 24 * hourMs } as const;
