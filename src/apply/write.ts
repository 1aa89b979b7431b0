import { exitCodes, TerminalError } from '../errors.ts';
import { bucketOf } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import type { Change, Plan } from '../plan/change.ts';
import { isUnchanged } from '../plan/plan.ts';
import type { Gated } from '../plan/outstanding.ts';
import type { Membership } from '../policy/person.ts';
import { useAcknowledgements } from '../store/acknowledgement.ts';
import { type AboutToWrite, type ApplyBase, readApplyBase } from '../store/apply-base.ts';
import { recordAttempt } from '../store/attempt.ts';
import { turnBundles, writeBundles } from '../store/bundle.ts';
import { type EnvironmentRow, lockEnvironment, moveCommit } from '../store/environment.ts';
import { deleteHeads, type MovedHead, moveHeads, rootOfRows, writeHeads, type WrittenHead } from '../store/resource.ts';
import { stopRunsOf } from '../store/removed-run.ts';
import { turnHistory } from '../store/resource-history.ts';
import { followMemories } from '../store/memory.ts';
import { recordRevision } from '../store/revision.ts';
import { markSchedules } from '../store/schedule-mark.ts';
import { writeSpecs } from '../store/spec.ts';
import { syncSuspended } from '../store/sync.ts';
import type { StoreTransaction } from '../store/transaction.ts';
import { assertAcknowledged } from './acknowledge.ts';
import { memoriesOf, schedulesOf } from './named.ts';
import { type OverrideOrder, settleOverrides } from './override.ts';
import { type RollbackOrder, rollbackSummary, settleQuarantine } from './rollback.ts';
import { declaresRollout, settleRollouts } from './rollout.ts';
import { assertBase, assertHeads, shortDigest } from './precondition.ts';

export interface AppliedRevision {
  /** `unchanged`: the commit says what is live already, so no revision was made. */
  readonly outcome: 'applied' | 'unchanged';
  readonly environment: string;
  readonly revision: number;
  readonly root: string;
  readonly commit: string;
}

/** The points between the steps of an apply, in their order. */
export const checkpoints = [
  'begun',
  'locked',
  'compared',
  'specs',
  'heads',
  'history',
  'bundles',
  'root',
  'recorded',
  'settled',
  'committing',
  'committed',
] as const;

export type Checkpoint = (point: (typeof checkpoints)[number]) => void | Promise<void>;

export interface Step {
  readonly plan: Plan;
  readonly by: string;
  /** What is proved of their groups; absent: nothing. */
  readonly membership?: Membership | undefined;
  /** Ids of risks and guards that whoever applies acknowledges with it. */
  readonly acknowledge: readonly string[];
  /** Set where the plan returns to a revision's stored content. */
  readonly rollback?: RollbackOrder;
  /** Set where the plan brings an override or takes one back. */
  readonly override?: OverrideOrder;
  /** By a controller: not while sync is suspended. */
  readonly isAutomatic?: true;
  /** Everything about it was agreed to before: whoever ends an override, or lets it run out, need not be asked again. */
  readonly returns?: boolean;
  /** Nothing of it will stay: nobody needs to have agreed to it. */
  readonly isRehearsal?: true;
  readonly checkpoint: Checkpoint;
}

/** Everything that apply writes, inside its transaction. */
export async function write(trx: StoreTransaction, step: Step): Promise<AppliedRevision> {
  const { plan, checkpoint } = step;
  await checkpoint('begun');
  const live = assertBase(plan, await lockEnvironment(trx, plan.environment));
  await checkpoint('locked');
  const base = await readApplyBase(trx, plan.environment, aboutToWrite(plan));
  if (step.isAutomatic === true && base.suspension !== undefined)
    throw syncSuspended(plan.environment, base.suspension);
  assertHeads(plan, base.heads);
  await checkpoint('compared');
  const request = { by: step.by, membership: step.membership, ids: step.acknowledge };
  const isAsked = step.isRehearsal !== true && step.returns !== true;
  const acknowledged = !isAsked ? [] : await assertAcknowledged(trx, plan, { live, request });
  const revision = plan.base.revision + (isUnchanged(plan) ? 0 : 1);
  if (base.isOverridden || step.override !== undefined || (plan.overrides ?? []).length > 0) {
    await settleOverrides(trx, step, { live, revision });
  }
  if (isUnchanged(plan)) return await keepRevision(trx, step, { live, acknowledged });
  const at = { environment: plan.environment, revision: plan.base.revision + 1 };
  await writeResources(trx, at, { step, base });
  await writeSystems(trx, at, { plan, base });
  if (base.isRollingOut || declaresRollout(plan)) {
    await settleRollouts(trx, { ...at, plan, by: step.by, isRollback: step.rollback !== undefined });
  }
  await checkpoint('bundles');
  const root = await assertRoot(trx, plan, checkpoint);
  await recordRevision(trx, {
    ...at,
    root,
    commit: plan.target.commit,
    tree: plan.target.tree,
    subject: plan.target.subject,
    planDigest: plan.digest,
    rules: plan.targetRules,
    action: step.rollback === undefined ? 'apply' : 'rollback',
    summary: {
      ...plan.summary,
      ...(plan.revert === undefined ? {} : { revert: plan.revert }),
      ...(step.rollback === undefined ? {} : { rollback: rollbackSummary(step.rollback, live) }),
    },
    by: step.by,
    detail: overwritten(plan, (address) => base.heads.get(address)?.touchedBy),
    isOutsideHistory: plan.changes.some(isOverHand),
  });
  await useAcknowledgements(trx, at, acknowledged);
  await checkpoint('recorded');
  await settleQuarantine(trx, step, { live, revision: at.revision });
  await checkpoint('settled');
  return { outcome: 'applied', ...at, root, commit: plan.target.commit };
}

interface Kept {
  readonly live: EnvironmentRow;
  readonly acknowledged: readonly Gated[];
}

/** A commit that changes nothing but, at most, the rules is remembered, so that nobody looks at it again. */
async function keepRevision(trx: StoreTransaction, step: Step, { live, acknowledged }: Kept): Promise<AppliedRevision> {
  const { environment, target, targetRules } = step.plan;
  if (live.root !== target.root) throw rootMismatch(step.plan, live.root);
  const { revision, root } = live;
  const isKnown = live.commit_id === target.commit && live.tree_id === target.tree;
  // The same commit brings other rules where the environment has come to another branch.
  if (!isKnown || live.rules !== JSON.stringify(targetRules)) {
    await settleQuarantine(trx, step, { live, revision });
    await moveCommit(trx, environment, { ...target, rules: targetRules });
    await useAcknowledgements(trx, { environment, revision }, acknowledged);
    const attempt = { environment, commit_id: target.commit, outcome: 'unchanged', revision } as const;
    await recordAttempt(trx, attempt);
  }
  return { outcome: 'unchanged', environment, revision, root, commit: target.commit };
}

interface At {
  readonly environment: string;
  readonly revision: number;
}

function aboutToWrite({ changes, bundles }: Plan): AboutToWrite {
  return {
    addresses: changes.flatMap(addressesOf),
    specs: changes.flatMap(({ action, afterDigest }) => (action === 'delete' ? [] : (afterDigest ?? []))),
    bundles: bundles.map(({ digest }) => digest),
  };
}

async function writeResources(
  trx: StoreTransaction,
  at: At,
  { step, base }: { readonly step: Step; readonly base: ApplyBase },
): Promise<void> {
  const { plan, checkpoint } = step;
  const removed = plan.changes.filter((change) => change.action === 'delete').map(({ address }) => address);
  const kept = plan.changes.filter((change) => change.action !== 'delete');
  const moved = plan.changes.flatMap(movedHeadOf);
  await writeSpecs(
    trx,
    kept.map(targetOf).filter(({ digest }) => !base.stored.specs.has(digest)),
  );
  await checkpoint('specs');
  if (removed.length > 0) await deleteHeads(trx, at.environment, removed);
  await moveHeads(trx, at, moved);
  const heads = kept.filter(({ action }) => action !== 'move').map(headOf);
  await writeHeads(trx, at, heads);
  await checkpoint('heads');
  const told = new Set(heads.map(({ address }) => address));
  const untold = [...removed, ...moved.flatMap(({ previous, address }) => [previous, address])];
  const turned = { addresses: untold.filter((address) => !told.has(address)), moves: moved };
  if (turned.addresses.length > 0) await turnHistory(trx, at, turned);
  await followMemories(trx, at.environment, memoriesOf(plan));
  await markSchedules(trx, schedulesOf(at.environment, plan));
  await checkpoint('history');
}

/** The address, and of a move the one before it too. */
function addressesOf({ address, previousAddress }: Change): readonly string[] {
  return previousAddress === undefined ? [address] : [previousAddress, address];
}

function targetOf(change: Change): { digest: string; body: JsonObject } {
  if (change.after === undefined || change.afterDigest === undefined) {
    throw new TypeError(`the plan's ${change.action} of ${change.address} has no target`);
  }
  return { digest: change.afterDigest, body: change.after };
}

function headOf(change: Change): WrittenHead {
  const { address, kind, namespace, name, place } = change;
  const { digest } = targetOf(change);
  return { address, kind, namespace, name, digest, file: place.file, line: place.line, written: change.written };
}

function movedHeadOf(change: Change): readonly MovedHead[] {
  if (change.action !== 'move' || change.previousAddress === undefined) return [];
  return [{ ...headOf(change), previous: change.previousAddress }];
}

/** A removed system says what becomes of its runs; where it says nothing, they end as usual. */
async function stopRuns(trx: StoreTransaction, { environment, changes }: Plan): Promise<void> {
  const removed = changes.filter(({ action, kind }) => action === 'delete' && kind === 'AgentSystem');
  for (const how of ['drain', 'cancel'] as const) {
    const systems = removed
      .filter(({ before }) => objectAt(before ?? {}, 'spec')['drain'] === how)
      .map(({ namespace, name }) => `${namespace}/${name}`);
    await stopRunsOf(trx, { environment, systems }, how);
  }
}

async function writeSystems(
  trx: StoreTransaction,
  at: At,
  { plan, base }: { readonly plan: Plan; readonly base: ApplyBase },
): Promise<void> {
  await stopRuns(trx, plan);
  const ended = [...plan.removedSystems, ...plan.bundles.map((bundle) => bundle.system)];
  if (ended.length === 0) return;
  await writeBundles(
    trx,
    plan.bundles.filter(({ digest }) => !base.stored.bundles.has(digest)),
  );
  await turnBundles(trx, at, { systems: ended, bundles: plan.bundles });
}

/** Hashes what the plan touched from the rows as they are now: what was reviewed is what they must add up to. */
async function assertRoot(trx: StoreTransaction, plan: Plan, checkpoint: Checkpoint): Promise<string> {
  const touched = new Set(plan.changes.flatMap(addressesOf).map(bucketOf));
  const root = await rootOfRows(trx, plan.environment, [...touched]);
  if (root !== plan.target.root) throw rootMismatch(plan, root);
  await checkpoint('root');
  return root;
}

function rootMismatch(plan: Plan, root: string): TerminalError {
  const sides = `${root.slice(0, 8)}, where the plan says ${plan.target.root.slice(0, 8)}`;
  return new TerminalError(`Plan ${shortDigest(plan)} is not applied: the rows would add up to ${sides}.`, {
    code: 'apply.root_mismatch',
    help: 'A row beside the plan was changed by hand: look at `pawl drift`, and run `pawl plan` again.',
    exit: exitCodes.conflict,
  });
}

/** Whose edits this apply wrote over. */
function overwritten(plan: Plan, touchedBy: (address: string) => string | undefined): JsonObject {
  const taken = plan.changes.filter(isOverHand);
  if (taken.length === 0) return {};
  return {
    overwritten: taken.map((change) => ({
      address: change.address,
      class: change.class,
      by: touchedBy(change.address) ?? null,
    })),
  };
}

/** Live was not what the record said of it. */
function isOverHand({ class: kind }: Change): boolean {
  return kind !== 'pending' && kind !== 'recompiled';
}
