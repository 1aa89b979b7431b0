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
