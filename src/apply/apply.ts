import { channels } from '../bus/bus.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import type { Plan } from '../plan/change.ts';
import type { Membership } from '../policy/person.ts';
import { recordAttempt, recordAttemptOnce } from '../store/attempt.ts';
import type { Database } from '../store/database.ts';
import { inTransaction } from '../store/transaction.ts';
import { lockEnvironment } from '../store/environment.ts';
import { refreshStatistics } from '../store/resource.ts';
import { readRevision } from '../store/revision.ts';
import { assertApplicable } from './precondition.ts';
import type { OverrideOrder } from './override.ts';
import type { RollbackOrder } from './rollback.ts';
import { type AppliedRevision, type Checkpoint, type Step, write } from './write.ts';

const commitsMax = 3;
/** From here on the planner's statistics are worth the 50 ms that they take. */
const manyChanges = 500;

/** Makes the plan live in one transaction, or throws and leaves live as it was. */
export async function apply(database: Database, plan: Plan, by: string | Applicant): Promise<AppliedRevision> {
  const applicant = typeof by === 'string' ? { by } : by;
  return await applyWatched({ database, plan, ...applicant, checkpoint: () => undefined });
}

/** Who applies, and what of the plan's risks and guards they acknowledge with it, in the same transaction. */
export interface Applicant {
  readonly by: string;
  /** What is proved of their groups; absent: nothing. */
  readonly membership?: Membership | undefined;
  readonly acknowledge?: readonly string[];
  /** Set where the plan returns to a revision's stored content. */
  readonly rollback?: RollbackOrder;
  /** Set where the plan brings an override or takes one back. */
  readonly override?: OverrideOrder;
  /** By a controller: not while sync is suspended, and it comes back by itself to a plan that has become stale. */
  readonly isAutomatic?: true;
  /** The plan only ends what a hand had put over it: its target was live before, and was agreed to then. */
  readonly returns?: boolean;
}

/** `apply`, which calls `checkpoint` between its steps: tests of crashes end the process there. */
export async function applyWatched(options: {
  readonly database: Database;
  readonly plan: Plan;
  readonly by: string;
  readonly membership?: Membership | undefined;
  readonly acknowledge?: readonly string[];
  readonly rollback?: RollbackOrder;
  readonly override?: OverrideOrder;
  readonly isAutomatic?: true;
  readonly returns?: boolean;
  readonly checkpoint: Checkpoint;
}): Promise<AppliedRevision> {
  const { database, plan, acknowledge = [], checkpoint } = options;
  try {
    assertApplicable(plan);
    const applied = await commit(database, { ...options, acknowledge });
    await checkpoint('committed');
    // Neither of the two can undo the apply, and neither is missed for long.
    if (plan.changes.length >= manyChanges) await refreshStatistics(database.db).catch(() => undefined);
    await database.notify(channels.applied, plan.environment).catch(() => undefined);
    return applied;
  } catch (error) {
    if (!(options.isAutomatic === true && isOvertaken(error))) await recordFailure(database, plan, error);
    throw error;
  }
}

/** Another controller was first, or somebody suspended sync at this moment: nothing is wrong with the commit. */
function isOvertaken(error: unknown): boolean {
  return isPawlError(error) && (error.code === 'plan.stale' || error.code === 'sync.suspended');
}

/** A COMMIT whose answer was lost is settled by looking for its revision; when that is not there, it is done again. */
async function commit(database: Database, step: Step): Promise<AppliedRevision> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(database, (trx) => write(trx, step), {
        beforeCommit: () => step.checkpoint('committing'),
      });
    } catch (error) {
      const isUnknown = error instanceof RetryableError && error.code === 'store.commit_unknown';
      if (!isUnknown || attempt === commitsMax) throw error;
      const settled = await lookUp(database, step.plan);
      if (settled !== undefined) return settled;
    }
  }
}

/** Waits for the row that the lost transaction may still hold, so that what is seen afterwards is final. */
async function lookUp(database: Database, plan: Plan): Promise<AppliedRevision | undefined> {
  return await inTransaction(database, async (trx) => {
    await lockEnvironment(trx, plan.environment);
    const revision = await readRevision(trx, plan.environment, plan.base.revision + 1);
    if (revision?.plan_digest !== plan.digest || revision.commit_id !== plan.target.commit) return undefined;
    return {
      outcome: 'applied',
      environment: plan.environment,
      revision: revision.revision,
      root: revision.root,
      commit: revision.commit_id,
    };
  });
}

async function recordFailure(database: Database, plan: Plan, error: unknown): Promise<void> {
  const code = isPawlError(error) ? error.code : undefined;
  const outcome = code?.startsWith('plan.') || code === 'apply.root_mismatch' ? 'refused' : 'failed';
  const { environment, target } = plan;
  // The first line says what; the rest is for whoever reads the refusal itself.
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const attempt = {
    environment,
    commit_id: target.commit,
    outcome,
    code: code ?? null,
    message,
    revision: null,
  } as const;
  // The caller gets the error itself; a database that is away cannot hold the record of that.
  const record = code === 'plan.unacknowledged' || code === 'plan.quarantined' ? recordAttemptOnce : recordAttempt;
  await record(database.db, attempt).catch(() => undefined);
}
