import type { BundleAgent } from '../manifest/bundle.ts';
import { effectiveVerdict, type Revisions } from './effective.ts';
import { isPinned } from './gate-pin.ts';
import { handOffDenial } from './hand-off.ts';

/** Names of the agent's tools that rules would let pass now, sorted: the only ones that a model is offered (M6). */
export function offeredTools(agent: BundleAgent, revisions: Revisions): readonly string[] {
  return Object.keys(agent.tools)
    .filter((name) => {
      const id = agent.tools[name];
      return (
        id !== undefined &&
        isPinned(id, revisions) &&
        effectiveVerdict(revisions, { table: 'tools', name: id }).kind !== 'deny'
      );
    })
    .sort();
}

/** Names of the agents that both revisions let it hand work to, sorted. */
export function offeredAgents(agent: BundleAgent, revisions: Revisions): readonly string[] {
  return Object.entries(agent.agents ?? {})
    .filter(([, { agent: path }]) => handOffDenial(revisions, path) === undefined)
    .map(([name]) => name)
    .sort();
}
