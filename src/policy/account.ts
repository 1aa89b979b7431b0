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

/** What a budget's accounts have in common; the id of one has the start of its window too, `… 2026-11-21T00:00Z`. */
export function accountKey({ id, sharedBy }: Pick<SharedBudget, 'id' | 'sharedBy'>): string {
  return `${id} ${sharedBy}`;
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
