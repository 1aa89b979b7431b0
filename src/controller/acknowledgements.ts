import { broughtBy } from '../apply/brought.ts';
import { isUngoverned } from '../plan/approvers.ts';
import type { Acknowledgement } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import { exclusionOf } from '../plan/excluded.ts';
import { gatedOf } from '../plan/outstanding.ts';
import { type GivenAcknowledgement, readAcknowledgements } from '../store/acknowledgement.ts';
import type { Database } from '../store/database.ts';

/** Who has agreed to what of the plan already, under the ids that this plan shows. */
export async function acknowledgementsOf(database: Database, plan: Plan): Promise<readonly Acknowledgement[]> {
  const gated = gatedOf(plan, plan.targetRules);
  const shown = new Map(gated.map((one) => [`${one.class} ${one.content}`, one.id]));
  const given = await readAcknowledgements(database.db, plan, gated);
  const brought = await broughtBy(database.db, plan, given);
  // Shown would be what apply does not count.
  const isOthers = ({ by: name, membership, at, ...about }: GivenAcknowledgement): boolean =>
    (membership.github === undefined && isUngoverned(plan.targetRules)) ||
    exclusionOf({ name, ...membership }, at, brought(about)) === undefined;
  return given.filter(isOthers).map(({ class: kind, content, shownId, by, at, reason, planDigest }) => {
    return { id: shown.get(`${kind} ${content}`) ?? shownId, by, at: at.toISOString(), reason, planDigest };
  });
}
