import type { Head, Live } from './change.ts';

/** Live as if every row said what the record does: for what is applied beside drift and leaves it to a person. */
export function withoutDrift(live: Live): Live {
  const heads = new Map<string, Head>();
  for (const [address, head] of live.heads) {
    if (head.applied === undefined) continue;
    heads.set(address, head.live === head.applied ? head : { ...head, live: head.applied });
  }
  return { ...live, heads };
}
