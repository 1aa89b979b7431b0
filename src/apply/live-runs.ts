import type { Plan } from '../plan/change.ts';
import type { GuardRefusal } from '../plan/guard.ts';
import { deletedFromRuns, liveRunGuards } from '../plan/live-runs.ts';
import type { Database } from '../store/database.ts';
import { readOpenRuns } from '../store/open-runs.ts';

/** What refuses the plan because runs use what it deletes: at this moment, which is another one when it is applied. */
export async function liveRunRefusals(db: Database['db'], plan: Plan): Promise<readonly GuardRefusal[]> {
  const addresses = deletedFromRuns(plan.changes);
  return liveRunGuards(plan.changes, await readOpenRuns(db, plan.environment, addresses));
}
