import type { ControlPlane } from '../controller/planning.ts';
import type { SideFigures } from '../policy/rollout.ts';
import { orderRollout } from '../run/rollouts.ts';
import type { Database } from '../store/database.ts';
import { listRollouts, readFigures, type RolloutRow } from '../store/rollout.ts';
import type { Person } from '../policy/person.ts';
import type { RolloutOperations, RolloutRecord } from './operations-rollout.ts';
import type { EnvironmentStatus, RolloutStanding } from './operations-status.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function rolloutOperations(
  { database }: ControlPlane,
  { name: actor }: Person,
  known: (name: string) => Promise<string>,
): RolloutOperations {
  return {
    rollouts: async (environment) => listed(database, await known(environment)),
    orderRollout: async (request) => {
      const environment = await known(request.environment);
      const system = await orderRollout(database, { ...request, environment, actor });
      const row = (await listRollouts(database.db, environment)).find((one) => one.system === system);
      if (row === undefined) throw new TypeError(`the rollout of ${system} is gone`);
      return rolloutRecord(database, row);
    },
  };
}

/** Those under way, for the status; reads no figures. */
export async function rolloutsUnderWay(
  { db }: Pick<Database, 'db'>,
  environment: string,
): Promise<Pick<EnvironmentStatus, 'rollouts'>> {
  const rollouts = (await listRollouts(db, environment)).flatMap(standingOf);
  return rollouts.length === 0 ? {} : { rollouts };
}

function standingOf({ system, plan, state, endedAt, ...row }: RolloutRow): readonly RolloutStanding[] {
  if (endedAt !== undefined || !(state === 'progressing' || state === 'paused' || state === 'aborted')) return [];
  const [step, steps, stepSince] = [row.step + 1, plan.steps.length, row.stepSince.toISOString()];
  const { strategy } = plan;
  return [
    {
      system,
      strategy,
      state,
      step,
      steps,
      weight: row.weight,
      stepSince,
      from: row.from.revision,
      to: row.to.revision,
    },
  ];
}

async function listed(database: Database, environment: string): Promise<readonly RolloutRecord[]> {
  const records: RolloutRecord[] = [];
  for (const row of await listRollouts(database.db, environment)) records.push(await rolloutRecord(database, row));
  return records;
}

async function rolloutRecord(database: Database, row: RolloutRow): Promise<RolloutRecord> {
  const none: Partial<SideFigures> = {};
  const isOpen = row.endedAt === undefined;
  const figures = isOpen ? await readFigures(database.db, row) : { from: none, to: none };
  return {
    environment: row.environment,
    system: row.system,
    strategy: row.plan.strategy,
    state: row.state,
    step: row.step + 1,
    steps: row.plan.steps.length,
    weight: row.weight,
    reason: row.reason,
    startedAt: row.startedAt.toISOString(),
    stepSince: row.stepSince.toISOString(),
    endedAt: row.endedAt?.toISOString(),
    from: { revision: row.from.revision, ...figures.from },
    to: { revision: row.to.revision, ...figures.to },
  };
}
