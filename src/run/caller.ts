import type { Address } from '../manifest/resource.ts';

/** Who makes a call: an agent, or a system for a tool node of its own. Each `namespace/name`. */
export type Caller =
  | { readonly kind: 'agent'; readonly agent: string }
  | { readonly kind: 'system'; readonly system: string };

/** `Agent/ns/name` or `AgentSystem/ns/name`: the row of the authority that decides on the call. */
export function subjectOf(caller: Caller): Address {
  return caller.kind === 'agent' ? `Agent/${caller.agent}` : `AgentSystem/${caller.system}`;
}
