import { compareText } from '../manifest/problem.ts';
import type { BudgetFigure } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import { budgetFigures } from '../plan/spend.ts';
import { readBundles } from '../store/bundle.ts';
import { readRecordedSpend, readRunRates } from '../store/recorded-spend.ts';
import type { BesideInput } from './beside-input.ts';

/** Systems whose figures are worked out; the rest are counted. */
const systemsMax = 30;
/** Recorded runs that are looked at, of all systems together; each has a few rows. */
const runsMax = 1_000;
/** Of one system no more: a median is no better for it. */
const runsOfSystemMax = 200;

/** What the systems that the plan compiles anew may cost, and are expected to by what recorded runs used. */
export async function readBudget({ database, plan, live, now }: BesideInput): Promise<readonly BudgetFigure[]> {
  const systems = spendingSystems(plan).slice(0, systemsMax);
  if (systems.length === 0) return [];
  const { db } = database;
  const digests = systems.flatMap((system) => live.bundles.get(system) ?? []);
  const asked = { environment: plan.environment, systems, now };
  const limit = Math.min(runsOfSystemMax, Math.ceil(runsMax / systems.length));
  const [bundles, rates, rows] = await Promise.all([
    readBundles(db, digests),
    readRunRates(db, asked),
    readRecordedSpend(db, { ...asked, limit }),
  ]);
  const stored = new Map(bundles.map((bundle) => [bundle.digest, bundle]));
  const before = systems.flatMap((system) => {
    const bundle = stored.get(live.bundles.get(system) ?? '');
    return bundle === undefined ? [] : [[system, bundle] as const];
  });
  const after = plan.bundles.filter(({ system }) => systems.includes(system)).map((one) => [one.system, one] as const);
  return budgetFigures({ before: new Map(before), after: new Map(after), rates, rows, now });
}

export function budgetsLeftOut(plan: Plan): number | undefined {
  const more = spendingSystems(plan).length - systemsMax;
  return more > 0 ? more : undefined;
}

function spendingSystems(plan: Plan): readonly string[] {
  return [...new Set([...plan.bundles.map(({ system }) => system), ...plan.removedSystems])].sort(compareText);
}
