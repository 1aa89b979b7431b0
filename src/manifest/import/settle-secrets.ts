import { isJsonObject, type JsonObject } from '../json.ts';
import { referencesOf } from '../manifest-reference.ts';
import { addressOf, type Address } from '../resource.ts';
import type { Conversion, SecretToSet } from './conversion.ts';
import type { Settling } from './settling.ts';

/** Secrets that the importer made for what is not written in the end go, keys that nobody reads too. */
export function secretsInUse(resources: Settling, { secrets, estate }: Conversion): readonly SecretToSet[] {
  const used = keysInUse(resources);
  for (const [address, secret] of resources) {
    if (secret.kind !== 'Secret') continue;
    const isOwn = secret.from.some((document) => {
      const identity = estate.namedAs(document);
      return identity !== undefined && addressOf(identity) === address && !document.isRefused;
    });
    if (isOwn) continue;
    const wanted = used.get(address);
    const keys = keysOf(secret.spec).filter(([key]) => wanted?.has(key));
    if (keys.length === 0) resources.delete(address);
    else resources.set(address, { ...secret, spec: { ...secret.spec, keys: Object.fromEntries(keys) } });
  }
  return secrets.filter(({ namespace, name, key }) => {
    const secret = resources.get(addressOf({ kind: 'Secret', namespace, name }));
    return secret !== undefined && keysOf(secret.spec).some(([one]) => one === key);
  });
}

function keysOf(spec: JsonObject) {
  const { keys } = spec;
  return isJsonObject(keys) ? Object.entries(keys) : [];
}

function keysInUse(resources: Settling): ReadonlyMap<Address, ReadonlySet<string>> {
  const used = new Map<Address, Set<string>>();
  for (const resource of resources.values()) {
    for (const { address, key } of referencesOf(resource, { spec: resource.spec }))
      if (key !== undefined) used.set(address, (used.get(address) ?? new Set()).add(key));
  }
  return used;
}
