import type { Impact } from '../plan/beside.ts';
import { impactOf, systemsReached } from '../plan/impact.ts';
import { readOpenRollouts } from '../store/rollout.ts';
import { readRunsInFlight } from '../store/runs-in-flight.ts';
import type { BesideInput } from './beside-input.ts';

/** What the plan reaches, with the runs that are in flight and the rollouts that are under way now. */
export async function readImpact({
  database: { db },
  plan,
  sides,
  live,
  now,
  isRollback,
}: BesideInput): Promise<Impact> {
  const [runs, rows] = await Promise.all([
    readRunsInFlight(db, plan.environment, systemsReached(plan, sides)),
    readOpenRollouts(db, plan.environment),
  ]);
  const open = new Map(
    rows.map((row) => {
      const { system, from, plan: steps, step, state } = row;
      return [system, { from: from.bundle, plan: steps, step, isAborted: state === 'aborted' }];
    }),
  );
  return impactOf({ plan, sides, runs, rollouts: { bundles: live.bundles, open, isRollback }, now });
}
