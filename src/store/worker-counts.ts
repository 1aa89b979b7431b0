import { desiredWorkers } from '../run/scaling.ts';
import type { Database } from './database-port.ts';
import { readPoolStates } from './pool-state.ts';

/** Workers that are live and workers that there should be, over pools; undefined `names`: over all of them. */
export async function readWorkerCounts(
  database: Database,
  environment: string,
  names: readonly string[] | undefined,
): Promise<{ readonly live: number; readonly desired: number }> {
  const states = await readPoolStates(database, environment);
  const chosen = states.filter(({ pool }) => names === undefined || names.includes(pool.name));
  return {
    live: chosen.reduce((sum, { measured }) => sum + measured.workers, 0),
    desired: chosen.reduce((sum, { pool, measured }) => sum + desiredWorkers(pool, measured), 0),
  };
}
