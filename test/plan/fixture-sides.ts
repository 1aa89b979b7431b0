import type { Resource } from '../../src/manifest/resource.ts';
import { diff } from '../../src/plan/diff.ts';
import type { RolloutsBefore } from '../../src/plan/impact-rollouts.ts';
import { type Sides, sidesOf } from '../../src/plan/sides.ts';
import { inSync, optionsOf, snapshotOf } from './fixture.ts';

/** The two sides of a plan that takes an environment from one set of resources to another. */
export function sidesBetween(before: readonly Resource[], after: readonly Resource[]): Sides {
  const [snapshot, live] = [snapshotOf(after), inSync(before)];
  const { bodies } = optionsOf(before);
  const { changes } = diff(snapshot, live, { bodies });
  return sidesOf(snapshot, live, { changes, bodies });
}

/** For plans of systems that declare no rollout. */
export const noRollouts: RolloutsBefore = { bundles: new Map(), open: new Map(), isRollback: false };

/** The same resources with some of them in another form; what was not there is added. */
export function replaced(resources: readonly Resource[], ...changed: readonly Resource[]): readonly Resource[] {
  const addresses = new Set(changed.map(({ address }) => address));
  return [...resources.filter(({ address }) => !addresses.has(address)), ...changed];
}
