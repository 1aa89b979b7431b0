import { channels } from '../bus/bus.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { isPawlError } from '../errors.ts';
import type { Person } from '../policy/person.ts';
import { newRunId } from '../run/run-id.ts';
import { desiredWorkers } from '../run/scaling.ts';
import { heldBack, type TierStanding } from '../run/tier-standing.ts';
import type { Database } from '../store/database.ts';
import { type PoolState, readPoolStates } from '../store/pool-state.ts';
import { readDeadLetters, retryRun, runAgain } from '../store/retry.ts';
import type { RunRow } from '../store/run.ts';
import { readTierStandings } from '../store/worker-tiers.ts';
import type { Operations } from './operations.ts';
import type { PoolRecord, RedriveRecord, RedriveRequest, RetryOperations, RetryRequest } from './operations-retry.ts';
import { runRecords } from './records.ts';

/** `known` refuses the name of an environment that is neither declared nor live. */
export function retryOperations(
  { database }: ControlPlane,
  { name: by }: Person,
  known: (name: string) => Promise<string>,
): RetryOperations & Pick<Operations, 'retry'> {
  return {
    retry: async (id, request) => {
      const row = await startAgain(database, { id, by, ...request });
      const [record] = await runRecords(database, [row]);
      if (record === undefined) throw new TypeError('one record was asked for and none came');
      return record;
    },
    redrive: async (request) => redrive(database, { ...request, environment: await known(request.environment), by }),
    pools: async (environment) => {
      const states = await readPoolStates(database, await known(environment));
      const named = states.map((state) => ({
        state,
        of: { environment: state.pool.environment, pool: state.pool.name },
      }));
      const standingOf = await readTierStandings(
        database,
        named.map(({ of }) => of),
      );
      return named.map(({ state, of }) => poolRecord(state, standingOf(of)));
    },
  };
}

async function startAgain(
  database: Database,
  { id, by, fromStart = false }: RetryRequest & { readonly id: string; readonly by: string },
): Promise<RunRow> {
  const row = fromStart
    ? await runAgain(database, { run: id, by }, newRunId())
    : await retryRun(database, { run: id, by });
  // Losing it is harmless: workers also look by themselves.
  await database.notify(channels.ready, row.pool).catch(() => undefined);
  return row;
}

async function redrive(database: Database, request: RedriveRequest & { readonly by: string }): Promise<RedriveRecord> {
  const { dryRun = false, by, ...filter } = request;
  const found = await readDeadLetters(database, filter);
  if (dryRun) return { runs: found, refused: [] };
  const [runs, refused, pools]: [string[], { run: string; message: string }[], Set<string>] = [[], [], new Set()];
  for (const run of found) {
    try {
      pools.add((await retryRun(database, { run, by })).pool);
      runs.push(run);
    } catch (cause) {
      // Somebody else started it again, or it is gone; the others are not held up by it.
      if (!isPawlError(cause) || cause.code !== 'run.not_retryable') throw cause;
      refused.push({ run, message: cause.message });
    }
  }
  for (const pool of pools) await database.notify(channels.ready, pool).catch(() => undefined);
  return { runs, refused };
}

function poolRecord({ pool, measured }: PoolState, standing: TierStanding | undefined): PoolRecord {
  const held = standing && heldBack(standing);
  const { queueDepth, oldestQueuedAge, activeRuns, runsPerSecond, workers, slots } = measured;
  return {
    environment: pool.environment,
    pool: pool.name,
    queued: queueDepth,
    oldestQueuedAge,
    activeRuns,
    runsPerSecond,
    workers,
    slots,
    minWorkers: pool.minWorkers,
    maxWorkers: pool.maxWorkers,
    desiredWorkers: desiredWorkers(pool, measured),
    isolation: pool.isolation ?? [],
    ...(held === undefined ? {} : { held }),
  };
}
