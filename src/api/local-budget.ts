import type { ControlPlane } from '../controller/planning.ts';
import { parseAccount } from '../policy/account.ts';
import { readAccounts } from '../store/account.ts';
import type { BudgetOperations } from './operations-budget.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function budgetOperations(
  { database }: ControlPlane,
  known: (name: string) => Promise<string>,
): BudgetOperations {
  return {
    budgets: async (environment) => {
      const rows = await readAccounts(database, await known(environment));
      return rows.flatMap(({ id, ends_at, lim, used, drawn }) => {
        const name = parseAccount(id);
        if (name === undefined) return [];
        const { budget, sharedBy, unit } = name;
        return [{ budget, sharedBy, unit, endsAt: ends_at.toISOString(), limit: lim, used, drawn }];
      });
    },
  };
}
