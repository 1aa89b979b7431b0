import type { WorkersService } from './cli/app-port.ts';
import { Fleet } from './run/fleet.ts';
import { desiredWorkers, Steady } from './run/scaling.ts';
import { startWorkerProcess } from './run/worker-process.ts';
import type { Database } from './store/database.ts';
import { readAllPoolStates } from './store/pool-state.ts';
import { readWorkersPool } from './store/worker-pool.ts';

const everyMs = 2_000;
/** A worker takes ten seconds at most, and then some to say so. */
const graceMs = 15_000;

/** Workers of a pool in processes of their own, as many as the environments that declare it ask for together. */
export async function autoscale(
  database: Database,
  { pool, cwd, report }: { readonly pool: string; readonly cwd: string; readonly report: (sentence: string) => void },
): Promise<WorkersService> {
  const { name } = await readWorkersPool(database, pool);
  const steady = new Map<string, Steady>();
  const fleet = new Fleet({
    start: () => startWorkerProcess(name, cwd),
    everyMs,
    graceMs,
    report,
    wanted: async () => {
      const states = (await readAllPoolStates(database)).filter((state) => state.pool.name === name);
      const wishes = states.map(({ pool: live, measured }) => {
        const known = steady.get(live.environment) ?? new Steady(live.scaling?.scaleDownAfterMs ?? 0);
        steady.set(live.environment, known);
        return known.follow(desiredWorkers(live, measured), performance.now());
      });
      return Math.max(0, ...wishes);
    },
  });
  return { pool: name, run: (signal) => fleet.run(signal), close: () => database.close() };
}
