import type { Bundle, BundleModel } from '../manifest/bundle.ts';
import type { Resource } from '../manifest/resource.ts';
import { specOf } from './typed.ts';

/** How many runs of a system there are at a time: held when one is submitted. */
export function concurrencyOf(system: Resource): Pick<Bundle, 'concurrency'> {
  const { concurrency } = specOf(system, 'AgentSystem');
  if (concurrency === undefined) return {};
  const { limit, key, policy, maxQueued } = concurrency;
  return {
    concurrency: {
      limit,
      ...(key === undefined ? {} : { key }),
      policy,
      ...(maxQueued === undefined ? {} : { maxQueued }),
    },
  };
}

/** A worker that does not know rates would ask as fast as it can. */
export function isRated({ rateLimit }: BundleModel): boolean {
  return rateLimit !== undefined;
}
