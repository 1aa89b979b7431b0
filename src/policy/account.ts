import type { Budget } from './authority.ts';

/** A budget that many runs share: it has a window, and somebody who shares it. */
export type SharedBudget = Budget & Required<Pick<Budget, 'window' | 'sharedBy'>>;

export type Window = NonNullable<Budget['window']>;

/** Refuses a budget that says neither when it starts anew nor who shares it: nothing could be held on it. */
export function sharedBudget(budget: Budget): SharedBudget | undefined {
  if (budget.scope === 'run') return undefined;
  const { window, sharedBy } = budget;
  if (window === undefined || sharedBy === undefined) throw new TypeError(`${budget.id} has no account`);
  return { ...budget, window, sharedBy };
}

/** What a budget's accounts have in common, window after window. */
export function accountKey({ id, sharedBy }: Pick<SharedBudget, 'id' | 'sharedBy'>): string {
  return `${id} ${sharedBy}`;
}

/** One account: the key and the start of its window, `…#agent-tokens-day support/triage 2026-11-21T00:00Z`. */
export function accountId(key: string, start: Date): string {
  return `${key} ${start.toISOString().slice(0, 16)}Z`;
}

export interface AccountName {
  /** `AgentPolicy/ns/name#scope-unit-window`. */
  readonly budget: string;
  /** Agent or system `ns/name`, or a namespace. */
  readonly sharedBy: string;
  readonly scope: SharedBudget['scope'];
  readonly unit: Budget['unit'];
  readonly window: Window;
}

/** What an account's id or key says of it; undefined: it is no account's. */
export function parseAccount(id: string): AccountName | undefined {
  const found = /^(\S+#(agent|system|namespace)-(tokens|usd|calls)-(hour|day|week|month)) (\S+)(?: \S+)?$/.exec(id);
  if (found === null) return undefined;
  const [, budget = '', scope, unit, window, sharedBy = ''] = found;
  // The pattern holds these words and no others.
  return {
    budget,
    sharedBy,
    scope: scope as AccountName['scope'],
    unit: unit as Budget['unit'],
    window: window as Window,
  };
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
