import type { Address } from '../manifest/resource.ts';

/** Who makes a call: an agent, or a system for a tool node of its own. Each `namespace/name`. */
export type Caller =
  | { readonly kind: 'agent'; readonly agent: string }
  | { readonly kind: 'system'; readonly system: string };

/** Where a call is made from. */
export interface CallSite {
  /** The place of the call (see place.ts): one execution of one node. */
  readonly node: string;
  readonly caller: Caller;
  /** Without an attempt: `research/1.2`. */
  readonly path: string;
}

/** `Agent/ns/name` or `AgentSystem/ns/name`: the row of the authority that decides on the call. */
export function subjectOf(caller: Caller): Address {
  return caller.kind === 'agent' ? `Agent/${caller.agent}` : `AgentSystem/${caller.system}`;
}

/**
 * The first attempt at the same call. A further attempt at a tool node makes the call that it made before; an agent's
 * conversation begins anew with each.
 */
export function firstAttemptAt({ caller, node, path }: CallSite): Pick<CallSite, 'node' | 'path'> {
  return caller.kind === 'system' ? { node: firstOf(node), path: firstOf(path) } : { node, path };
}

function firstOf(place: string): string {
  return place.includes('!') ? place.replaceAll(/!\d+/g, '') : place;
}
