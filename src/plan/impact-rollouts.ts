import { compareText } from '../manifest/problem.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { type RolloutPlan, rolloutPlanOf, type Settlement, settlementOf } from '../policy/rollout.ts';
import { addressAt } from '../policy/typed.ts';
import type { RolloutImpact } from './beside.ts';
import type { Live, Plan } from './change.ts';
import type { Sides } from './sides.ts';

/** A rollout that is under way or was aborted. */
export interface OpenRollout {
  /** Digest of the bundle that it began from. */
  readonly from: string;
  readonly plan: RolloutPlan;
  /** Place in the plan's steps. */
  readonly step: number;
  readonly isAborted: boolean;
}

/** What a plan comes upon of rollouts. */
export interface RolloutsBefore extends Pick<Live, 'bundles'> {
  /** By `namespace/name` of the AgentSystem. */
  readonly open: ReadonlyMap<string, OpenRollout>;
  /** The plan is to be applied as a rollback, which is not made in steps. */
  readonly isRollback: boolean;
}

type Planned = Pick<Plan, 'bundles' | 'recompiled' | 'removedSystems' | 'changes'>;

/** What an apply would make of rollouts, by the system: those that begin, those that go on otherwise, those that end. */
export function rolloutsOf(
  plan: Planned,
  { after }: Pick<Sides, 'after'>,
  standing: RolloutsBefore,
): readonly RolloutImpact[] {
  const digests = new Map(plan.bundles.map(({ system, digest }) => [system, digest]));
  const declaring = plan.changes.flatMap(({ kind, namespace, name }) =>
    kind === 'AgentSystem' ? [`${namespace}/${name}`] : [],
  );
  const removed = new Set(plan.removedSystems);
  return [...new Set([...digests.keys(), ...declaring, ...removed])].sort(compareText).flatMap((system) => {
    const address = addressAt('AgentSystem', system);
    const open = standing.open.get(system);
    if (removed.has(system)) return open === undefined ? [] : [ended(address, open, 'removed')];
    const resource = after.get(address);
    const declared = resource && rolloutPlanOf(objectAt(resource.manifest, 'spec')['rollout']);
    const settlement = settlementOf({
      before: standing.bundles.get(system),
      after: digests.get(system),
      isRecompiled: plan.recompiled.systems.includes(system),
      isRollback: standing.isRollback,
      plan: declared,
      open,
    });
    return told(address, settlement, { declared, open, isRollback: standing.isRollback });
  });
}

interface Settled {
  readonly declared: RolloutPlan | undefined;
  readonly open: OpenRollout | undefined;
  readonly isRollback: boolean;
}

function told(
  system: string,
  settlement: Settlement,
  { declared, open, isRollback }: Settled,
): readonly RolloutImpact[] {
  if (settlement.kind === 'end' && open !== undefined) {
    const why = settlement.state === 'reverted' ? 'reverted' : isRollback ? 'rollback' : 'undeclared';
    return [ended(system, open, why)];
  }
  if (declared === undefined) return [];
  const { strategy, steps } = declared;
  const one = { system, strategy, steps: steps.length };
  if (settlement.kind === 'begin') {
    const replaces = settlement.from === 'open' ? ({ replaces: true } as const) : {};
    return [{ ...one, fate: 'added', weight: steps[0]?.weight ?? 0, ...replaces }];
  }
  if (settlement.kind !== 'retarget' || open === undefined) return [];
  const step = Math.min(open.step, steps.length - 1);
  return [{ ...one, fate: 'kept', weight: open.isAborted ? 0 : (steps[step]?.weight ?? 0) }];
}

/** All new runs see the newest content then; of a system that is removed there are none. */
function ended(
  system: string,
  { plan: { strategy, steps } }: OpenRollout,
  reason: NonNullable<RolloutImpact['reason']>,
): RolloutImpact {
  return { system, fate: 'removed', strategy, weight: reason === 'removed' ? 0 : 100, steps: steps.length, reason };
}
