import { compareText } from '../manifest/problem.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import { keysBetween } from '../manifest/succession.ts';
import type { Head, Live } from './change.ts';

type Resources = Snapshot['resources'];

/** An address whose last applied, live and target contents are not all the same. */
export interface Difference {
  readonly address: Address;
  readonly head: Head | undefined;
  readonly target: Resource | undefined;
}

interface Compared {
  readonly heads: Live['heads'];
  readonly found: readonly Difference[];
}

const compared = new WeakMap<Resources, Compared>();

/**
 * What differs between a target and live. What is asked of the same two maps, before the contents are read and after, is
 * compared once. `since`: a target that was compared of late; only what has moved since on either side is looked at.
 */
export function differences(
  { resources }: Pick<Snapshot, 'resources'>,
  { heads }: Pick<Live, 'heads'>,
  since?: Resources,
): readonly Difference[] {
  const known = compared.get(resources);
  if (known?.heads === heads) return known.found;
  const found = comparedSince(resources, heads, since) ?? compareAll(resources, heads);
  compared.set(resources, { heads, found });
  return found;
}

/** One pass of comparing digests: what is in sync costs nothing more. */
function compareAll(resources: Resources, heads: Live['heads']): readonly Difference[] {
  const found: Difference[] = [];
  let present = 0;
  for (const [address, target] of resources) {
    const head = heads.get(address);
    if (head !== undefined) present += 1;
    if (!isInSync(head, target)) found.push({ address, head, target });
  }
  if (present === heads.size) return found;
  for (const [address, head] of heads) {
    if (!resources.has(address)) found.push({ address, head, target: undefined });
  }
  return found;
}

/** Undefined: nobody knows what has moved since then. */
function comparedSince(
  resources: Resources,
  heads: Live['heads'],
  since: Resources | undefined,
): readonly Difference[] | undefined {
  const earlier = since && compared.get(since);
  if (since === undefined || earlier === undefined) return undefined;
  const [declared, moved] = [keysBetween(since, resources), keysBetween(earlier.heads, heads)];
  if (declared === undefined || moved === undefined) return undefined;
  const addresses = new Set([...earlier.found.map(({ address }) => address), ...declared, ...moved]);
  return [...addresses].sort(compareText).flatMap((address) => {
    const [head, target] = [heads.get(address), resources.get(address)];
    return isInSync(head, target) ? [] : [{ address, head, target }];
  });
}

function isInSync(head: Head | undefined, target: Resource | undefined): boolean {
  return head?.applied === target?.digest && head?.live === head?.applied;
}
