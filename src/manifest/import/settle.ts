import type { Resolved } from '../resolved.ts';
import { addressOf, type Address } from '../resource.ts';
import { refuseCircles } from './circles.ts';
import type { Conversion, Emitted, SecretToSet } from './conversion.ts';
import type { ForeignDocument } from './foreign.ts';
import { placesOf } from './settle-places.ts';
import { dropMissing } from './settle-references.ts';
import { secretsInUse } from './settle-secrets.ts';
import { share } from './settle-shares.ts';
import { refuseInvalid } from './settle-validity.ts';
import type { Settling } from './settling.ts';
import { written, type Written } from './written.ts';

/** What an import comes to once nothing in it refers to what is not there, and all of it is valid. */
export interface Settled {
  readonly resources: readonly Emitted[];
  readonly secrets: readonly SecretToSet[];
  readonly written: readonly Written[];
  /** Of exactly what is written, without errors. */
  readonly resolved: Resolved;
}

/**
 * Takes away what cannot stand: documents that were refused, what refers to them and cannot do without, circles, and
 * whatever `pawl validate` would not take. Every round refuses a document or ends, so that it ends.
 */
export function settle(conversion: Conversion): Settled {
  const resources: Settling = new Map(conversion.emitted);
  const places = placesOf(conversion);
  const own = ownAddresses(conversion);
  // Before anything goes for another reason: a circle of agents is one whatever else they lack.
  refuseCircles(resources, places);
  for (;;) {
    do dropMissing(resources, places);
    while (refuseCircles(resources, places));
    const secrets = secretsInUse(resources, conversion);
    const shared = [...share(resources).values()];
    const files = written(shared, (document, resource) => own.get(document) === addressOf(resource));
    const resolved = refuseInvalid(files);
    if (resolved !== undefined) return { resources: shared, secrets, written: files, resolved };
  }
}

/** The address of what each document itself became, or of the first that was made of it. */
function ownAddresses({ estate, emitted }: Conversion): ReadonlyMap<ForeignDocument, Address> {
  const own = new Map<ForeignDocument, Address>();
  for (const [address, { from }] of emitted) {
    for (const document of from) {
      const identity = estate.namedAs(document);
      const isNamed = identity !== undefined && addressOf(identity) === address;
      if (isNamed || !own.has(document)) own.set(document, address);
    }
  }
  return own;
}
