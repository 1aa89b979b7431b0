import type { Budget } from './authority.ts';
import type { Spent, Usage } from './context.ts';
import type { Reservation } from './decision.ts';
import { type Denial, deny, type Revisions } from './effective.ts';

const nothing: Spent = { calls: 0, tokens: 0, cost: 0 };

/** Calls `check` for each budget of both revisions: one that is in both must hold under both of its limits. */
export function firstOverBudget(
  revisions: Revisions,
  usage: Usage,
  check: (budget: Budget, spent: Spent) => Denial | undefined,
): Denial | undefined {
  for (const budget of revisions.pinned.budgets) {
    const denial = check(budget, usage.budgets.get(budget.id) ?? nothing);
    if (denial !== undefined) return denial;
  }
  // Mostly live is what the run is pinned to.
  if (revisions.live === undefined || revisions.live === revisions.pinned) return undefined;
  for (const budget of revisions.live.budgets) {
    const denial = check(budget, usage.budgets.get(budget.id) ?? nothing);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** Refuses what does not fit. Written so that a figure that is not a number refuses too. */
export function overBudget(budget: Budget, spent: Spent, reserve: Reservation): Denial | undefined {
  const [used, need] = amounts(budget, spent, reserve);
  return used + need <= budget.limit ? undefined : exhausted(budget, used);
}

function amounts(budget: Budget, spent: Spent, reserve: Reservation): readonly [number, number] {
  switch (budget.unit) {
    case 'calls':
      return [spent.calls, reserve.calls];
    case 'tokens':
      return [spent.tokens, reserve.tokens];
    case 'usd':
      return [spent.cost, reserve.cost];
  }
}

export function exhausted(budget: Budget, used: number): Denial {
  const unit = budget.unit === 'usd' ? 'micro-USD' : budget.unit;
  const message = `The budget ${budget.id} has ${used} of ${budget.limit} ${unit} used or held in this run; the call needs more than is left.`;
  return deny('budget.exhausted', budget.id, message);
}
