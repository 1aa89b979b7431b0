import type { Acknowledgement } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import { gatedOf } from '../plan/outstanding.ts';
import { readAcknowledgements } from '../store/acknowledgement.ts';
import type { Database } from '../store/database.ts';

/** Who has agreed to what of the plan already, under the ids that this plan shows. */
export async function acknowledgementsOf(database: Database, plan: Plan): Promise<readonly Acknowledgement[]> {
  const gated = gatedOf(plan, plan.targetRules);
  const shown = new Map(gated.map((one) => [`${one.class} ${one.content}`, one.id]));
  const given = await readAcknowledgements(database.db, plan, gated);
  return given.map(({ class: kind, content, shownId, by, at, reason, planDigest }) => {
    return { id: shown.get(`${kind} ${content}`) ?? shownId, by, at: at.toISOString(), reason, planDigest };
  });
}
