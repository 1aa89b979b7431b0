import { apply } from '../apply/apply.ts';
import { type RollbackOrder, stopRuns } from '../apply/rollback.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import type { Membership } from '../policy/person.ts';
import { lockEnvironment, readEnvironment } from '../store/environment.ts';
import { releaseQuarantine } from '../store/quarantine.ts';
import type { RevisionRow } from '../store/revision.ts';
import { inTransaction } from '../store/transaction.ts';
import { type Effects, type InFlight, withdrawnEffects, withdrawnInFlight } from '../store/withdrawn-run.ts';
import { besideOf } from './beside.ts';
import { type ControlPlane, liveOf, planTaken, rememberedResources } from './planning.ts';
import { storedSnapshot } from './stored.ts';

export interface RollbackTarget {
  readonly environment: string;
  readonly revision: number;
}

/** What rolling back would do, and what it cannot undo. */
export interface PlannedRollback {
  readonly plan: Plan;
  /** The revision whose content comes back. */
  readonly record: RevisionRow;
  readonly inFlight: readonly InFlight[];
  readonly effects: Effects;
}

/** Calls shown of those that no rollback takes back. */
const effectsMax = 50;

/** Plans a return to a revision's stored content. Git is not asked. */
export async function planRollback(plane: ControlPlane, target: RollbackTarget): Promise<PlannedRollback> {
  const { planned, record } = await planRevision(plane, target);
  const [plan, left] = await Promise.all([
    besideOf(plane.database, planned, { isRollback: true }),
    leftBehind(plane, planned.plan, target),
  ]);
  return { plan, record, ...left };
}

async function leftBehind({ database }: ControlPlane, { base }: Plan, { environment, revision: to }: RollbackTarget) {
  const withdrawn = { environment, to, from: base.revision };
  const [inFlight, effects] = await Promise.all([
    withdrawnInFlight(database.db, withdrawn),
    withdrawnEffects(database.db, withdrawn, effectsMax),
  ]);
  return { inFlight, effects };
}

async function planRevision(plane: ControlPlane, { environment, revision }: RollbackTarget) {
  await assertEnvironment(plane, environment);
  const live = await liveOf(plane, environment, true);
  const stored = await storedSnapshot(plane.database, { revision, live }, rememberedResources(plane, environment));
  const { record, snapshot } = stored;
  const planned = await planTaken(
    plane,
    { taken: snapshot, live, subject: record.commit_subject },
    {
      stored: record.revision,
      conflicts: 'overwrite',
    },
  );
  return { planned, record };
}

async function assertEnvironment({ database }: ControlPlane, name: string): Promise<void> {
  if ((await readEnvironment(database.db, name)) !== undefined) return;
  throw new TerminalError(`Nothing was ever applied to an environment "${name}", so there is nothing to return to.`, {
    code: 'environment.unknown',
    help: 'Check the name against pawl.yaml.',
    exit: exitCodes.usage,
  });
}

export interface Rollback extends RollbackTarget, Omit<RollbackOrder, 'to'> {
  readonly planDigest: string;
  readonly by: string;
  readonly membership?: Membership | undefined;
  readonly acknowledge: readonly string[];
  /** By a controller: not while sync is suspended, and not from another revision than the one that it decided on. */
  readonly automatic?: { readonly from: number };
}

export interface RolledBack {
  /** `unchanged`: the environment is what the revision says. */
  readonly outcome: 'applied' | 'unchanged';
  readonly plan: Plan;
  readonly revision: number;
  readonly effects: Effects;
  readonly inFlight: readonly InFlight[];
}

/** Plans it again and applies it when it is what was shown; what a rollback withdraws is quarantined with it. */
export async function rollBack(plane: ControlPlane, request: Rollback): Promise<RolledBack> {
  const { database } = plane;
  const { environment, revision: to, by, membership, acknowledge, reason, runs, pullRequest, automatic } = request;
  const { plan } = (await planRevision(plane, request)).planned;
  const { effects, inFlight } = await leftBehind(plane, plan, request);
  const from = plan.base.revision;
  if (isUnchanged(plan)) return { outcome: 'unchanged', plan, revision: from, effects, inFlight };
  const isMoved = automatic !== undefined && automatic.from !== from;
  if (isMoved || (plan.digest !== request.planDigest && !isErrored(plan))) throw stale(plan, request.planDigest);
  const applied = await apply(database, plan, {
    by,
    membership,
    acknowledge,
    ...(automatic === undefined ? {} : { isAutomatic: true as const }),
    rollback: { to, reason, runs, ...(pullRequest === undefined ? {} : { pullRequest }) },
  });
  // A run that was just being submitted waited for the apply, and is pinned to what was live before: it comes now.
  await inTransaction(database, async (trx) => {
    if (runs === 'finish') return;
    await lockEnvironment(trx, environment);
    await stopRuns(trx, { environment, from, to, runs });
  });
  return { outcome: 'applied', plan, revision: applied.revision, effects, inFlight };
}

function stale(plan: Plan, asked: string): TerminalError {
  const [was, is] = [asked, plan.digest].map((digest) => digest.slice(0, 8));
  return new TerminalError(
    `Plan ${was} is stale: planned again, the rollback gives ${is}, as live is at revision ${plan.base.revision} now.`,
    { code: 'plan.stale', help: 'Run the rollback again and look at what it does.', exit: exitCodes.conflict },
  );
}

export interface Lifting {
  readonly environment: string;
  readonly by: string;
  readonly reason: string;
  /** Absent: everything. */
  readonly addresses?: readonly string[];
}

/** Lets what a rollback withdrew be applied again. */
export async function liftQuarantine(
  { database }: ControlPlane,
  lifting: Lifting,
): Promise<readonly { readonly address: string; readonly digest: string | undefined }[]> {
  return await inTransaction(database, async (trx) => {
    await lockEnvironment(trx, lifting.environment);
    const released = await releaseQuarantine(trx, lifting);
    const missing = (lifting.addresses ?? []).find((address) => !released.some((pair) => pair.address === address));
    if (missing !== undefined || released.length === 0) throw notHeld(lifting.environment, missing);
    return released;
  });
}

function notHeld(environment: string, address: string | undefined): TerminalError {
  const what = address === undefined ? 'Nothing' : `Nothing of ${JSON.stringify(address.slice(0, 200))}`;
  return new TerminalError(`${what} is in the quarantine of ${environment}.`, {
    code: 'quarantine.empty',
    help: `Run \`pawl quarantine list --env ${environment}\`.`,
    exit: exitCodes.usage,
  });
}
