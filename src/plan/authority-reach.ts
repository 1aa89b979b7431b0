import type { Address } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';
import { keyOf } from './authority-scope.ts';
import { callersIn, subjectIn, type World } from './authority-world.ts';

/**
 * By policy, the keys of the callers that it reaches: one pass over the callers of a side, each of which is asked for its
 * few policies. A fleet has thousands of both, and asking each policy for all callers took a plan half a minute.
 */
export const reachedIn = kept((world: World): ReadonlyMap<Address, ReadonlySet<string>> => {
  const reached = new Map<Address, Set<string>>();
  for (const caller of callersIn(world)) {
    const subject = subjectIn(world, caller);
    if (subject === undefined) continue;
    for (const { address } of world.view.policiesFor(subject)) {
      const known = reached.get(address);
      if (known === undefined) reached.set(address, new Set([keyOf(caller)]));
      else known.add(keyOf(caller));
    }
  }
  return reached;
});
