import type { AccessAnswer, AccessQuestion } from '../plan/access-answer.ts';
import { authoritiesAt, bundleAt } from '../store/bundle.ts';
import type { Database } from '../store/database.ts';
import { readEnvironment } from '../store/environment.ts';
import { listResourcesAt } from '../store/state-at.ts';
import { answerAccess, worldOfRecords } from './entitlements.ts';

/**
 * Answers by what workers obey: the bundles of the current revision. Names, files and lines are of the record of the
 * same revision. The rows are not read, as an edit of theirs is not in force.
 */
export async function accessInForce(
  { db }: Database,
  environment: string,
  question: AccessQuestion,
): Promise<AccessAnswer> {
  const row = await readEnvironment(db, environment);
  const at = { environment, revision: row?.revision ?? 0 };
  const world = worldOfRecords(await listResourcesAt(db, { environment, at: at.revision }));
  return answerAccess(world, question, {
    authorities: (systems) => authoritiesAt(db, at, systems),
    bundle: (system) => bundleAt(db, at, system),
  });
}
