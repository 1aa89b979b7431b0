import { type ManifestReference, referencesOf } from '../manifest/manifest-reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';

/** What a resource uses: what only restricts or watches another uses nothing of it. */
export function usesOf(resource: Resource): readonly ManifestReference[] {
  return referencesOf(resource, resource.manifest).filter(({ restricts }) => !restricts);
}

/** The addresses alone, worked out once for each resource: a fleet has hundreds of thousands of them. */
export const usedBy = kept(
  (resource: Resource): ReadonlySet<Address> => new Set(usesOf(resource).map((one) => one.address)),
);

/** The resources that use one of these themselves: one pass over all, which looks into none of them. */
export function usersOf(
  resources: ReadonlyMap<Address, Resource>,
  wanted: ReadonlySet<Address>,
  kinds: ReadonlySet<Resource['kind']>,
): readonly Resource[] {
  if (wanted.size === 0) return [];
  const users: Resource[] = [];
  for (const resource of resources.values()) {
    if (kinds.has(resource.kind) && meets(usedBy(resource), wanted)) users.push(resource);
  }
  return users;
}

export function uses(resource: Resource, address: Address): boolean {
  return usedBy(resource).has(address);
}

function meets(a: ReadonlySet<Address>, b: ReadonlySet<Address>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const address of few) if (many.has(address)) return true;
  return false;
}
