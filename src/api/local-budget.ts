import type { ControlPlane } from '../controller/planning.ts';
import { accountKey, parseAccount, sharedBudget } from '../policy/account.ts';
import type { Authority } from '../policy/authority.ts';
import { type DeclaredAccount, readAccounts } from '../store/account.ts';
import { currentAuthorities } from '../store/bundle.ts';
import type { BudgetOperations } from './operations-budget.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function budgetOperations(
  { database }: ControlPlane,
  known: (name: string) => Promise<string>,
): BudgetOperations {
  return {
    budgets: async (named) => {
      const environment = await known(named);
      const declared = declaredIn(await currentAuthorities(database.db, environment));
      const rows = await readAccounts(database, environment, { declared });
      return rows.flatMap(({ id, ends_at, lim, used, drawn }) => {
        const name = parseAccount(id);
        if (name === undefined) return [];
        const { budget, sharedBy, unit } = name;
        return [{ budget, sharedBy, unit, endsAt: ends_at.toISOString(), limit: lim, used, drawn }];
      });
    },
  };
}

/** The accounts that the budgets of all systems have; one that several share stands under the limit of all. */
function declaredIn(authorities: readonly Authority[]): readonly DeclaredAccount[] {
  const accounts = new Map<string, DeclaredAccount>();
  const budgets = authorities.flatMap(({ subjects }) => Object.values(subjects).flatMap((row) => row.budgets));
  for (const budget of budgets) {
    const shared = sharedBudget(budget);
    if (shared === undefined) continue;
    const key = accountKey(shared);
    const lim = Math.min(shared.limit, accounts.get(key)?.lim ?? shared.limit);
    accounts.set(key, { key, span: shared.window, lim });
  }
  return [...accounts.values()];
}
