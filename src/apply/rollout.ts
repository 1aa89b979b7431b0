import { objectAt } from '../manifest/manifest-reference.ts';
import type { Change, Plan } from '../plan/change.ts';
import { rolloutPlanOf, type Settlement, settlementOf } from '../policy/rollout.ts';
import { recordEvent } from '../store/event.ts';
import {
  beginRollout,
  type ChangedSystem,
  endRollout,
  readChangedSystems,
  retargetRollout,
} from '../store/rollout-apply.ts';
import type { StoreTransaction } from '../store/transaction.ts';

export interface RolloutOrder {
  readonly environment: string;
  /** The one that is being applied. */
  readonly revision: number;
  readonly plan: Plan;
  readonly by: string;
  readonly isRollback: boolean;
}

/** Begins, moves on and ends rollouts of systems. Contents and bundles are written by now. */
export async function settleRollouts(trx: StoreTransaction, order: RolloutOrder): Promise<void> {
  const { plan } = order;
  const declaring = plan.changes.filter((change) => change.kind === 'AgentSystem').map(pathOf);
  const systems = [
    ...new Set([...plan.bundles.map(({ system }) => system), ...declaring, ...plan.removedSystems]),
  ].sort();
  if (systems.length === 0) return;
  const found = await readChangedSystems(trx, order, systems);
  const bundles = new Map(plan.bundles.map(({ system, digest }) => [system, digest]));
  const removed = new Set(plan.removedSystems);
  for (const [system, one] of found) {
    if (!removed.has(system)) await settle(trx, order, { system, after: bundles.get(system), ...one });
    else if (one.open !== undefined) {
      await endRollout(trx, one.open, { state: 'removed', reason: '' });
      await record(trx, order, { action: 'rollout.removed', system });
    }
  }
}

/** Whether a system that the plan changes is to be rolled out. Where none is, and none is under way, there is nothing to do. */
export function declaresRollout({ bundles, changes }: Plan): boolean {
  const declaring = changes.filter(({ kind }) => kind === 'AgentSystem');
  return (
    bundles.some((bundle) => bundle.isRolledOut === true) ||
    declaring.some(({ after }) => objectAt(after ?? {}, 'spec')['rollout'] !== undefined)
  );
}

function pathOf({ namespace, name }: Change): string {
  return `${namespace}/${name}`;
}

interface Settling extends ChangedSystem {
  readonly system: string;
  /** Digest of its new bundle; undefined: it keeps its own. */
  readonly after: string | undefined;
}

async function settle(trx: StoreTransaction, order: RolloutOrder, settling: Settling): Promise<void> {
  const { system, after, bundle: before, declared, open } = settling;
  const { revision, isRollback } = order;
  const plan = rolloutPlanOf(declared);
  const settlement = settlementOf({
    before,
    after,
    plan,
    isRollback,
    isRecompiled: order.plan.recompiled.systems.includes(system),
    open: open && { from: open.from.bundle, plan: open.plan },
  });
  if (settlement.kind === 'end' && open !== undefined) {
    await endRollout(trx, open, { state: settlement.state, reason: reasonOf(settlement, order) });
    await record(trx, order, { action: `rollout.${settlement.state}`, system });
  } else if (settlement.kind === 'begin' && plan !== undefined && after !== undefined) {
    const newest = before === undefined ? undefined : { bundle: before, revision: revision - 1 };
    const from = settlement.from === 'open' ? open?.from : newest;
    if (from === undefined) return;
    await beginRollout(trx, { environment: order.environment, system, plan, from, to: { bundle: after, revision } });
    await record(trx, order, { action: 'rollout.began', system, from: from.revision });
  } else if (settlement.kind === 'retarget' && plan !== undefined && open !== undefined) {
    await retargetRollout(trx, open, { plan, to: after === undefined ? open.to : { bundle: after, revision } });
    await record(trx, order, { action: 'rollout.changed', system });
  }
}

function reasonOf({ state }: Extract<Settlement, { kind: 'end' }>, { revision, isRollback }: RolloutOrder): string {
  if (isRollback) return `Revision ${revision} is a rollback, which all new runs see at once.`;
  if (state === 'reverted') return `Revision ${revision} brought back what the rollout began from.`;
  return `Revision ${revision} declares no rollout: all new runs see it at once.`;
}

async function record(
  trx: StoreTransaction,
  { environment, revision, by }: RolloutOrder,
  said: { readonly action: string; readonly system: string; readonly from?: number },
): Promise<void> {
  const { action, system, from } = said;
  const detail = { system, revision, ...(from === undefined ? {} : { from }) };
  await recordEvent(trx, { environment, actor: by, action, detail });
}
