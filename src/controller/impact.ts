import type { Impact } from '../plan/beside.ts';
import { impactOf, systemsReached } from '../plan/impact.ts';
import { readRunsInFlight } from '../store/runs-in-flight.ts';
import type { BesideInput } from './beside-input.ts';

/** What the plan reaches, with the runs that are in flight now. */
export async function readImpact({ database, plan, sides, now }: BesideInput): Promise<Impact> {
  const runs = await readRunsInFlight(database.db, plan.environment, systemsReached(plan, sides));
  return impactOf({ plan, sides, runs, now });
}
