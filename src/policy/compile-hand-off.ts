import type { BundleAgent, BundleHandOff } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { View } from './estate.ts';
import { notRunnable } from './runnable.ts';
import { specOf } from './typed.ts';

/** The agent with those that it may hand work to, by the names that its model knows them under. */
export function withHandOffs(agent: BundleAgent, resource: Resource, view: View): BundleAgent {
  const { agents = [] } = specOf(resource, 'Agent');
  if (agents.length === 0) return agent;
  const handOffs = agents.map((written): [string, BundleHandOff] => {
    const { agentRef, name, description, interaction, isolation } = written;
    if (agentRef === undefined) throw notRunnable(resource, 'hands work to an agent elsewhere');
    const path = qualify(agentRef, resource.namespace);
    const target = view.resource('Agent', path);
    const said = description ?? specOf(target, 'Agent').description ?? `The agent ${target.name}.`;
    return [name ?? target.name, { agent: path, description: said, interaction, isolation }];
  });
  const taken = [...Object.keys(agent.tools), ...handOffs.map(([name]) => name)];
  if (new Set(taken).size !== taken.length) {
    throw new TypeError(`${resource.address} offers two things under one name: a model could not tell them apart`);
  }
  return { ...agent, agents: Object.fromEntries(handOffs.sort(([a], [b]) => compareText(a, b))) };
}
