import { exitCodes, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Plan } from '../plan/change.ts';
import { heldBecause, type Withdrawn } from '../plan/quarantine.ts';
import type { EnvironmentRow } from '../store/environment.ts';
import type { RollbackSummary } from '../store/json-column.ts';
import { quarantineWithdrawn, releaseQuarantine, withdrawnInRows } from '../store/quarantine.ts';
import type { StoreTransaction } from '../store/transaction.ts';
import { stopWithdrawnRuns } from '../store/withdrawn-run.ts';

/** What a rollback does beside making its plan live. */
export interface RollbackOrder {
  /** The revision whose content is brought back. */
  readonly to: number;
  readonly reason: string;
  readonly runs: 'finish' | 'drain' | 'cancel';
  /** False: no pull request that reverts it is wanted. */
  readonly pullRequest?: boolean;
}

/** What the revision's row says of the rollback that made it. */
export function rollbackSummary(order: RollbackOrder, live: EnvironmentRow): RollbackSummary {
  return { ...order, from: live.revision, commit: live.commit_id };
}

interface Settling {
  readonly plan: Plan;
  readonly by: string;
  readonly rollback?: RollbackOrder;
}

interface Around {
  /** As it was before. */
  readonly live: EnvironmentRow;
  /** The revision that holds now. */
  readonly revision: number;
}

/**
 * After the rows are written: refuses what a rollback withdrew, whoever applies it, and lifts the quarantine where a
 * commit went live that holds nothing of it. A rollback withdraws, and lifts nothing.
 */
export async function settleQuarantine(
  trx: StoreTransaction,
  { plan, by, rollback }: Settling,
  { live, revision }: Around,
): Promise<void> {
  const { environment } = plan;
  if (live.pin !== null) {
    const [first, ...others] = await withdrawnInRows(trx, environment);
    if (first !== undefined) throw quarantined(plan, [first, ...others]);
    if (rollback === undefined) {
      const reason = 'A commit without anything of it was applied.';
      await releaseQuarantine(trx, { environment, by, reason, commit: plan.target.commit });
    }
  }
  if (rollback !== undefined) await withdraw(trx, { environment, revision, from: live.revision, rollback });
}

async function withdraw(
  trx: StoreTransaction,
  made: {
    readonly environment: string;
    readonly revision: number;
    readonly from: number;
    readonly rollback: RollbackOrder;
  },
): Promise<void> {
  const { environment, revision, from, rollback } = made;
  await quarantineWithdrawn(trx, { environment, revision, to: rollback.to });
  await stopRuns(trx, { environment, from, ...rollback });
}

/** Asks the runs that the rollback leaves behind to stop, where that was ordered. */
export async function stopRuns(
  trx: StoreTransaction,
  {
    environment,
    from,
    to,
    runs,
  }: { readonly environment: string; readonly from: number } & Omit<RollbackOrder, 'reason' | 'pullRequest'>,
): Promise<void> {
  if (runs === 'finish') return;
  const withdrawn = `A rollback withdrew revision ${from}, and`;
  const error =
    runs === 'drain'
      ? { code: 'run.drained', message: `${withdrawn} the run was stopped before its next step.` }
      : { code: 'run.cancelled', message: `${withdrawn} the run was cancelled.` };
  await stopWithdrawnRuns(trx, { environment, to, from }, { runs, error });
}

/** Why a plan that holds something withdrawn is refused. */
export function quarantined(plan: Plan, held: readonly [Withdrawn, ...Withdrawn[]]): TerminalError {
  return new TerminalError(`Plan ${plan.digest.slice(0, 8)} is held: ${neutral(heldBecause(held))}.`, {
    code: 'plan.quarantined',
    help: `Revert it in Git; or see \`pawl quarantine list --env ${plan.environment}\`, and lift it with \`pawl quarantine release\` and a reason.`,
    exit: exitCodes.findings,
  });
}
