import type { Address } from '../resource.ts';
import type { Emitted, Mention } from './conversion.ts';
import type { ForeignDocument, ForeignNode } from './foreign.ts';

/** Where foreign documents name what became an address. */
export type Places = ReadonlyMap<Address, ReadonlyMap<ForeignDocument, readonly ForeignNode[]>>;

export function placesOf(mentions: readonly Mention[]): Places {
  const places = new Map<Address, Map<ForeignDocument, ForeignNode[]>>();
  for (const { node, address, from } of mentions) {
    const byDocument = places.get(address) ?? new Map<ForeignDocument, ForeignNode[]>();
    places.set(address, byDocument);
    const nodes = byDocument.get(from);
    if (nodes === undefined) byDocument.set(from, [node]);
    else nodes.push(node);
  }
  return places;
}

/** Where a resource's documents name an address; the name of the first of them where they do not say. */
export function nodesOf({ from }: Emitted, address: Address, places: Places): readonly ForeignNode[] {
  const nodes = from.flatMap((document) => places.get(address)?.get(document) ?? []);
  if (nodes.length > 0) return nodes;
  return from.slice(0, 1).map((document) => document.root.at('metadata', 'name'));
}
