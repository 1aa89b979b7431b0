import type { BundleAgent, BundleHandOff } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { View } from './estate.ts';
import { specOf } from './typed.ts';

/** The agent with those that it may hand work to, by the names that its model knows them under. */
export function withHandOffs(agent: BundleAgent, resource: Resource, view: View): BundleAgent {
  const { agents = [] } = specOf(resource, 'Agent');
  if (agents.length === 0) return agent;
  const handOffs = agents.flatMap((written): [string, BundleHandOff][] => {
    const { agentRef, name, description, interaction, isolation } = written;
    // One elsewhere is called, and is among the tools.
    if (agentRef === undefined) return [];
    const path = qualify(agentRef, resource.namespace);
    const target = view.resource('Agent', path);
    const said = description ?? specOf(target, 'Agent').description ?? `The agent ${target.name}.`;
    return [[name ?? target.name, { agent: path, description: said, interaction, isolation }]];
  });
  if (handOffs.length === 0) return agent;
  const taken = [...Object.keys(agent.tools), ...handOffs.map(([name]) => name)];
  if (new Set(taken).size !== taken.length) {
    throw new TypeError(`${resource.address} offers two things under one name: a model could not tell them apart`);
  }
  return { ...agent, agents: Object.fromEntries(handOffs.sort(([a], [b]) => compareText(a, b))) };
}
