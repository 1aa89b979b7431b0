import { liveRunRefusals } from '../apply/live-runs.ts';
import { preflight } from '../apply/preflight.ts';
import type { Log } from '../log.ts';
import { refusesPlan } from '../manifest/problem.ts';
import type { Beside } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import { sidesOf } from '../plan/sides.ts';
import { tierLacksOf } from '../plan/tier-lacks.ts';
import type { Database } from '../store/database.ts';
import { readPlainStanding } from '../store/worker-tiers.ts';
import { databaseClock } from '../store/clock.ts';
import { backtestOf } from './backtest.ts';
import { acknowledgementsOf } from './acknowledgements.ts';
import type { BesideInput, Planned } from './beside-input.ts';
import { readImpact } from './impact.ts';
import { readMemories } from './memories.ts';
import { budgetsLeftOut, readBudget } from './spend.ts';

type Readers = { readonly [Member in keyof Beside]-?: (input: BesideInput) => Promise<Beside[Member]> };

/** Each member by itself: what it needs of the database, put into a pure function of `plan/`. */
const readers: Partial<Readers> = {
  impact: readImpact,
  budget: readBudget,
  moreBudget: async ({ plan }) => budgetsLeftOut(plan),
  acknowledgements: ({ database, plan }) => acknowledgementsOf(database, plan),
  guards: ({ database, plan }) => liveRunRefusals(database.db, plan),
  backtest: ({ database, plan }) => backtestOf(database, plan),
  tiers: async ({ database, plan }) => {
    const standing = await readPlainStanding(database, plan.environment);
    return standing && tierLacksOf(plan.bundles, standing);
  },
  memories: readMemories,
  preflight: async ({ database, plan, isRehearsed }) => (isRehearsed ? preflight(database, plan) : undefined),
};

export interface BesideOptions {
  readonly log?: Log | undefined;
  /** By default the database's clock. */
  readonly now?: Date;
  /** Also applies the plan in a transaction that is rolled back. */
  readonly isRehearsed?: boolean;
  /** The plan is to be applied as a rollback. */
  readonly isRollback?: boolean;
}

/**
 * The plan with what is shown beside it and varies by the hour. For those who read plans: control loops need none of
 * it. A member that cannot be read is absent, because the plan holds without it.
 */
export async function besideOf(database: Database, planned: Planned, options: BesideOptions = {}): Promise<Plan> {
  const { plan, snapshot, live, bodies } = planned;
  // Resources with errors are missing from the target, so that whatever was said of it would be wrong.
  if (plan.problems.some(refusesPlan)) return plan;
  const { log, now = await databaseClock(database.db), isRehearsed = false, isRollback = false } = options;
  const sides = sidesOf(snapshot, live, { changes: plan.changes, bodies });
  const input: BesideInput = { ...planned, database, sides, now, isRehearsed, isRollback };
  const members = Object.entries(readers).map(async ([member, read]) => {
    try {
      return [member, await read(input)] as const;
    } catch (error) {
      if (isMistakeOfOurs(error)) throw error;
      log?.warn({ member, environment: plan.environment, err: error }, 'a part beside the plan could not be read');
      return [member, undefined] as const;
    }
  });
  const read = (await Promise.all(members)).filter(([, value]) => value !== undefined);
  return { ...plan, beside: Object.fromEntries(read) };
}

/** Hiding these would hide a bug; what the database or the world refuses comes as other errors. */
function isMistakeOfOurs(error: unknown): boolean {
  return [TypeError, ReferenceError, RangeError, SyntaxError].some((mistake) => error instanceof mistake);
}
