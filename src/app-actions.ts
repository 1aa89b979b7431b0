import type { ActionsDoor } from './api/actions.ts';
import { actionsTokens } from './api/actions-identity.ts';
import { actionsPlans } from './api/actions-plan.ts';
import type { ActionsSettings } from './config-actions.ts';
import type { ControlPlane } from './controller/planning.ts';
import type { Log } from './log.ts';
import { spendActionsToken } from './store/actions-token.ts';

/** Answers jobs of GitHub Actions; undefined: none is configured. */
export function actionsDoor(
  settings: ActionsSettings | undefined,
  plane: ControlPlane,
  log: Log,
): ActionsDoor | undefined {
  if (settings === undefined) return undefined;
  // What a pull request would make is compiled beside what is live, and pushes nothing of that out of memory.
  const own: ControlPlane = { ...plane, memory: new Map() };
  return {
    prove: actionsTokens(settings),
    spend: (job) => spendActionsToken(plane.database, job),
    plans: (request) => actionsPlans(own, request, log),
  };
}
