import { digest } from '../manifest/digest.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import type { Snapshot } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';

/** Digest of what the target's models cost: ceilings and budgets in money mean something else at other prices. */
export function priceDigestOf({ resources }: Pick<Snapshot, 'resources'>): string {
  return digestOfPrices(resources);
}

const digestOfPrices = kept((resources: Snapshot['resources']): string => {
  const prices: Record<string, Json> = {};
  for (const { kind, address, manifest } of resources.values()) {
    if (kind !== 'ModelEndpoint') continue;
    const { spec } = manifest;
    const pricing = isJsonObject(spec) ? spec['pricing'] : undefined;
    if (pricing !== undefined) prices[address] = pricing;
  }
  return digest(prices);
});
