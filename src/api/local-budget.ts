import type { ControlPlane } from '../controller/planning.ts';
import { accountKey, parseAccount, sharedBudget } from '../policy/account.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import { type DeclaredAccount, readAccounts } from '../store/account.ts';
import { currentAuthorities } from '../store/bundle.ts';
import type { Database } from '../store/database.ts';
import type { BudgetOperations } from './operations-budget.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function budgetOperations(
  { database }: ControlPlane,
  known: (name: string) => Promise<string>,
): BudgetOperations {
  return {
    budgets: async (named) => {
      const environment = await known(named);
      const { accounts, isOnTrial } = await liveBudgets(database, environment);
      const rows = await readAccounts(database, environment, { declared: accounts });
      return rows.flatMap(({ id, ends_at, lim, used, drawn }) => {
        const name = parseAccount(id);
        if (name === undefined) return [];
        const { budget, sharedBy, unit } = name;
        const onTrial = isOnTrial(accountKey({ id: budget, sharedBy })) ? { onTrial: true } : {};
        return [{ budget, sharedBy, unit, endsAt: ends_at.toISOString(), limit: lim, used, drawn, ...onTrial }];
      });
    },
  };
}

/** Budgets of which runs used more than they may: a provider took more than was held, or a limit was lowered. */
export async function overrunIn(
  database: Database,
  environment: string,
): Promise<{ readonly overrun?: readonly string[] }> {
  const over = (await readAccounts(database, environment)).filter(({ used, lim }) => used > lim);
  if (over.length === 0) return {};
  const { isOnTrial } = await liveBudgets(database, environment);
  const names = over
    .flatMap(({ id }) => parseAccount(id) ?? [])
    .map(({ budget, sharedBy }) => {
      const trial = isOnTrial(accountKey({ id: budget, sharedBy })) ? ' (on trial)' : '';
      return `${budget} of ${sharedBy}${trial}`;
    });
  return names.length === 0 ? {} : { overrun: names };
}

interface LiveBudgets {
  readonly accounts: readonly DeclaredAccount[];
  /** Of an account's key: only policies that are on trial have its budget. */
  readonly isOnTrial: (key: string) => boolean;
}

async function liveBudgets(database: Database, environment: string): Promise<LiveBudgets> {
  const rows = rowsOf(await currentAuthorities(database.db, environment));
  const [enforced, tried] = [declaredIn(rows), declaredIn(rows.flatMap(({ audit }) => audit ?? []))];
  return {
    accounts: [...new Map([...tried, ...enforced]).values()],
    isOnTrial: (key) => tried.has(key) && !enforced.has(key),
  };
}

/** By key, the accounts that the budgets of all systems have; one that several share stands under the limit of all. */
function declaredIn(rows: readonly SubjectAuthority[]): ReadonlyMap<string, DeclaredAccount> {
  const accounts = new Map<string, DeclaredAccount>();
  for (const budget of rows.flatMap(({ budgets }) => budgets)) {
    const shared = sharedBudget(budget);
    if (shared === undefined) continue;
    const key = accountKey(shared);
    const lim = Math.min(shared.limit, accounts.get(key)?.lim ?? shared.limit);
    accounts.set(key, { key, span: shared.window, lim });
  }
  return accounts;
}

function rowsOf(authorities: readonly Authority[]): readonly SubjectAuthority[] {
  return authorities.flatMap(({ subjects }) => Object.values(subjects));
}
