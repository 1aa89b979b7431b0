import type { Address } from '../resource.ts';
import { addressOf } from '../resource.ts';
import type { Conversion, Emitted } from './conversion.ts';
import type { ForeignDocument, ForeignNode } from './foreign.ts';

export interface Places {
  /** Where foreign documents name what became an address. */
  readonly named: ReadonlyMap<Address, ReadonlyMap<ForeignDocument, readonly ForeignNode[]>>;
  /** What would have become it, had it not been refused. */
  readonly declared: ReadonlyMap<Address, ForeignDocument>;
  /** How documents write what none declares. */
  readonly written: ReadonlyMap<Address, string>;
}

export function placesOf({ mentions, estate, written }: Conversion): Places {
  const named = new Map<Address, Map<ForeignDocument, ForeignNode[]>>();
  for (const { node, address, from } of mentions) {
    const byDocument = named.get(address) ?? new Map<ForeignDocument, ForeignNode[]>();
    named.set(address, byDocument);
    const nodes = byDocument.get(from);
    if (nodes === undefined) byDocument.set(from, [node]);
    else nodes.push(node);
  }
  const declared = new Map<Address, ForeignDocument>();
  for (const document of estate.documents.keys()) {
    const identity = estate.namedAs(document);
    if (identity !== undefined) declared.set(addressOf(identity), document);
  }
  return { named, declared, written };
}

/** Where a resource's documents name an address; the name of the first of them where they do not say. */
export function nodesOf({ from }: Emitted, address: Address, { named }: Places): readonly ForeignNode[] {
  const nodes = from.flatMap((document) => named.get(address)?.get(document) ?? []);
  if (nodes.length > 0) return nodes;
  return from.slice(0, 1).map((document) => document.root.at('metadata', 'name'));
}
