import { openStore } from './app-database.ts';
import type { WorkersService } from './cli/app-port.ts';
import { assertShared } from './cli/refusals.ts';
import type { Config } from './config.ts';
import { Fleet } from './run/fleet.ts';
import { desiredWorkers, Steady } from './run/scaling.ts';
import { startWorkerProcess } from './run/worker-process.ts';
import type { Database } from './store/database.ts';
import { assertSchema } from './store/migrate.ts';
import { readAllPoolStates } from './store/pool-state.ts';
import { readWorkersPool } from './store/worker-pool.ts';

const everyMs = 2_000;
/** A worker takes ten seconds at most, and then some to say so. */
const graceMs = 15_000;

interface Autoscaling {
  readonly pool: string;
  readonly cwd: string;
  readonly report: (sentence: string) => void;
}

/** Workers of a pool in processes of their own, as many as the environment that asks for the most of them does. */
export async function autoscale(config: Config, options: Autoscaling): Promise<WorkersService> {
  assertShared(config, 'worker');
  const database = await openStore(config);
  try {
    await assertSchema(database.db);
    const { name } = await readWorkersPool(database, options.pool);
    const fleet = fleetOf(database, { ...options, pool: name });
    return { pool: name, run: (signal) => fleet.run(signal), close: () => database.close() };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function fleetOf(database: Database, { pool, cwd, report }: Autoscaling): Fleet {
  const steady = new Map<string, Steady>();
  const wanted = async (): Promise<number> => {
    const states = (await readAllPoolStates(database)).filter((state) => state.pool.name === pool);
    const wishes = states.map(({ pool: live, measured }) => {
      const known = steady.get(live.environment) ?? new Steady(live.scaling?.scaleDownAfterMs ?? 0);
      steady.set(live.environment, known);
      return known.follow(desiredWorkers(live, measured), performance.now());
    });
    return Math.max(0, ...wishes);
  };
  return new Fleet({ start: () => startWorkerProcess(pool, cwd), wanted, everyMs, graceMs, report });
}
