import { compareText } from '../manifest/problem.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { rolloutPlanOf, settlementOf, type SystemChange } from '../policy/rollout.ts';
import { addressAt } from '../policy/typed.ts';
import type { RolloutImpact } from './beside.ts';
import type { Live, Plan } from './change.ts';
import type { Sides } from './sides.ts';

/** What a plan comes upon of rollouts. */
export interface RolloutsBefore extends Pick<Live, 'bundles'> {
  /** Those under way, by `namespace/name` of the AgentSystem. */
  readonly open: ReadonlyMap<string, NonNullable<SystemChange['open']>>;
  /** The plan is to be applied as a rollback, which is not made in steps. */
  readonly isRollback: boolean;
}

/** Systems of which new runs come to the change step by step, by name: those of which an apply would begin a rollout. */
export function rolloutsOf(
  { bundles, recompiled }: Pick<Plan, 'bundles' | 'recompiled'>,
  { after }: Pick<Sides, 'after'>,
  standing: RolloutsBefore,
): readonly RolloutImpact[] {
  return bundles
    .flatMap(({ system, digest }): readonly RolloutImpact[] => {
      const address = addressAt('AgentSystem', system);
      const resource = after.get(address);
      const plan = resource && rolloutPlanOf(objectAt(resource.manifest, 'spec')['rollout']);
      if (plan === undefined) return [];
      const settlement = settlementOf({
        before: standing.bundles.get(system),
        after: digest,
        isRecompiled: recompiled.systems.includes(system),
        isRollback: standing.isRollback,
        plan,
        open: standing.open.get(system),
      });
      if (settlement.kind !== 'begin') return [];
      const [first] = plan.steps;
      return [{ system: address, strategy: plan.strategy, weight: first?.weight ?? 0, steps: plan.steps.length }];
    })
    .toSorted((a, b) => compareText(a.system, b.system));
}
