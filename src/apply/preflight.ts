import { isPawlError } from '../errors.ts';
import type { Preflight } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import type { Database } from '../store/database.ts';
import { inRolledBackTransaction } from '../store/transaction.ts';
import { assertApplicable } from './precondition.ts';
import { write } from './write.ts';

/**
 * Applies the plan in a transaction that is rolled back, and says what the apply would meet: a live that has moved,
 * rows that do not add up, a constraint, a full disk. Nothing of it can be seen by anybody; numbers that the database
 * gave to rows are not given again. Who has acknowledged what is for the apply itself to ask.
 */
export async function preflight(database: Database, plan: Plan): Promise<Preflight> {
  try {
    // Uncommitted files would be applied as the commit that they become.
    assertApplicable({ ...plan, target: { ...plan.target, commit: rehearsed } });
    await inRolledBackTransaction(database, (trx) =>
      write(trx, { plan, by: rehearsed, acknowledge: [], isRehearsal: true, checkpoint: () => undefined }),
    );
    return { ok: true };
  } catch (error) {
    if (!isPawlError(error)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}

const rehearsed = 'preflight';
