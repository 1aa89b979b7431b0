import { channels } from '../bus/bus.ts';
import type { ControlPlane } from '../controller/planning.ts';
import type { TaskSchedule, TaskWebhook } from '../manifest/types.gen.ts';
import type { Person } from '../policy/person.ts';
import { startByHand } from '../run/start-by-hand.ts';
import { specIn } from '../run/task.ts';
import type { Database } from '../store/database-port.ts';
import { endedRuns, listSchedules, listWebhooks } from '../store/trigger-list.ts';
import type { Operations } from './operations.ts';
import type { ScheduleRecord, TaskOperations, WebhookRecord } from './operations-task.ts';
import { runRecords } from './records.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function taskOperations(
  { database }: Pick<ControlPlane, 'database'>,
  { name: actor }: Person,
  known: (name: string) => Promise<string>,
): TaskOperations & Pick<Operations, 'startTask'> {
  return {
    startTask: async (request) => {
      const row = await startByHand(database, { ...request, environment: await known(request.environment), actor });
      await database.notify(channels.ready, row.pool).catch(() => undefined);
      const [record] = await runRecords(database, [row]);
      if (record === undefined) throw new TypeError('a run was started and has no record');
      return record;
    },
    schedules: async (environment) => schedules(database, await known(environment)),
    webhooks: async (environment) => webhooks(database, await known(environment)),
  };
}

async function schedules(database: Database, environment: string): Promise<readonly ScheduleRecord[]> {
  const rows = await listSchedules(database.db, environment);
  return Promise.all(rows.map((row) => scheduleRecord(database, row)));
}

async function scheduleRecord(
  database: Database,
  row: Awaited<ReturnType<typeof listSchedules>>[number],
): Promise<ScheduleRecord> {
  const spec = specIn<TaskSchedule['spec']>(row.body);
  const limits = { succeeded: 10, failed: 10, ...spec?.historyLimits };
  const ended = row.id === null ? [] : await endedRuns(database.db, row.id, limits);
  return {
    schedule: row.name,
    cron: spec?.cron ?? '',
    timeZone: spec?.timeZone ?? 'UTC',
    suspended: spec?.suspend === true,
    nextAt: row.next_at?.toISOString(),
    last: row.last === null ? undefined : lastOf(row.last),
    missed: row.missed ?? 0,
    ended: ended.map(({ run, state, tick }) => ({ run, state, tick: tick.toISOString() })),
  };
}

function lastOf({ tick, outcome, run, code }: NonNullable<Awaited<ReturnType<typeof listSchedules>>[number]['last']>) {
  return { tick: new Date(tick).toISOString(), outcome, run: run ?? undefined, code: code ?? undefined };
}

async function webhooks(database: Database, environment: string): Promise<readonly WebhookRecord[]> {
  return (await listWebhooks(database.db, environment)).map(({ name, body, last }) => {
    const spec = specIn<TaskWebhook['spec']>(body);
    return {
      webhook: name,
      path: `/hooks/${environment}/${name}`,
      profile: spec?.auth.profile ?? '',
      suspended: spec?.suspend === true,
      last:
        last === null
          ? undefined
          : {
              delivery: last.delivery,
              outcome: last.outcome,
              run: last.run ?? undefined,
              code: last.code ?? undefined,
              at: new Date(last.at).toISOString(),
            },
    };
  });
}
