import { compareText } from '../manifest/problem.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { rolloutPlanOf } from '../policy/rollout.ts';
import { addressAt } from '../policy/typed.ts';
import type { RolloutImpact } from './beside.ts';
import type { Plan } from './change.ts';
import type { Sides } from './sides.ts';

/**
 * Systems of which new runs come to the change step by step, by name. A new system, what only another build compiles
 * otherwise, and what brings an older revision back are seen at once.
 */
export function rolloutsOf(
  { bundles, recompiled, revert }: Pick<Plan, 'bundles' | 'recompiled' | 'revert'>,
  sides: Pick<Sides, 'before' | 'after'>,
): readonly RolloutImpact[] {
  if (revert !== undefined && revert.returned === revert.of) return [];
  return bundles
    .flatMap(({ system }): readonly RolloutImpact[] => {
      const address = addressAt('AgentSystem', system);
      const resource = sides.after.get(address);
      if (resource === undefined || !sides.before.has(address) || recompiled.systems.includes(system)) return [];
      const plan = rolloutPlanOf(objectAt(resource.manifest, 'spec')['rollout']);
      if (plan === undefined) return [];
      const [first] = plan.steps;
      return [{ system: address, strategy: plan.strategy, weight: first?.weight ?? 0, steps: plan.steps.length }];
    })
    .toSorted((a, b) => compareText(a.system, b.system));
}
