import type { ActionsDoor } from './api/actions.ts';
import { type ActionsJob, actionsTokens } from './api/actions-identity.ts';
import { actionsPlans } from './api/actions-plan.ts';
import type { ActionsSettings } from './config-actions.ts';
import type { ControlPlane } from './controller/planning.ts';
import type { Log } from './log.ts';
import { spendActionsToken } from './store/actions-token.ts';
import type { Database } from './store/database.ts';

interface Answering {
  /** Of each repository. */
  readonly planes: readonly ControlPlane[];
  readonly database: Database;
  readonly log: Log;
}

/** Answers jobs of GitHub Actions, those of several repositories each from its own; undefined: none is configured. */
export function actionsDoor(
  settings: ActionsSettings | undefined,
  { planes, database, log }: Answering,
): ActionsDoor | undefined {
  if (settings === undefined) return undefined;
  // What a pull request would make is compiled beside what is live, and pushes nothing of that out of memory.
  const own = planes.map((plane): ControlPlane => ({ ...plane, memory: new Map() }));
  const planeOf = ({ repository }: ActionsJob) => (own.length === 1 ? own[0] : own.find(isOf(repository)));
  const prove = actionsTokens(settings);
  return {
    prove: async (token) => {
      const proved = await prove(token);
      const isKnown = !('job' in proved) || planeOf(proved.job) !== undefined;
      return isKnown ? proved : { refused: 'repository' };
    },
    spend: (job) => spendActionsToken(database, job),
    plans: async (request) => {
      const plane = planeOf(request.job);
      // Whoever is proved has one.
      return plane === undefined ? [] : actionsPlans(plane, request, log);
    },
  };
}

/** Which number may ask was looked at before; GitHub says what that repository is called, and planes go by addresses. */
function isOf(repository: string): (plane: ControlPlane) => boolean {
  return ({ source }) => source.slice(source.indexOf('/') + 1).toLowerCase() === repository.toLowerCase();
}
