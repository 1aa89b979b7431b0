/** What rules, journals and plans call an agent elsewhere by: `a2a:namespace/agent`, or `a2a:namespace/agent:name`. */
export interface ExternalAgentId {
  /** `namespace/name` of the Agent that runs elsewhere, or of the one that lists it by its URL. */
  readonly agent: string;
  /** Of an entry with a URL: what the model calls it. */
  readonly name?: string;
}

export function externalAgentId({ agent, name }: ExternalAgentId): string {
  return name === undefined ? `a2a:${agent}` : `a2a:${agent}:${name}`;
}

/** Undefined: it is the id of something else. */
export function parseExternalAgentId(id: string): ExternalAgentId | undefined {
  const [, agent, name] = /^a2a:([^:/]+\/[^:/]+)(?::([^:/]+))?$/.exec(id) ?? [];
  if (agent === undefined) return undefined;
  return name === undefined ? { agent } : { agent, name };
}

/** Nobody here knows what an agent elsewhere does: its calls count as what changes something. */
export const externalAgentOperations: readonly string[] = ['write'];
