import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { externalUrl } from './upstream.ts';

const card = /\/\.well-known\/agent(-card)?\.json$/;

/** The agents that an agent may hand work to. */
export function agentsOf(list: ForeignNode, conversion: Conversion): readonly JsonObject[] {
  const agents = new Map<string, JsonObject>();
  for (const subAgent of list.items()) {
    const agent = agentOf(subAgent, conversion);
    if (agent === undefined) continue;
    const name = nameOf(subAgent.get('name'), conversion);
    if (agents.has(name))
      subAgent.drop({
        message: `Another entry before is called \`${name}\` too, and a model could not tell the two apart.`,
        help: 'Give one of them another name.',
      });
    else {
      const isNamed = agent['agentRef'] === name;
      agents.set(name, { ...agent, ...(isNamed ? {} : { name }) });
    }
  }
  return [...agents.values()];
}

function agentOf(subAgent: ForeignNode, conversion: Conversion): JsonObject | undefined {
  const interaction = subAgent.get('interactionType').text() === 'transfer' ? 'transfer' : undefined;
  const reference = subAgent.get('agentRef');
  if (reference.exists) {
    const name = reference.get('name').text() ?? '';
    const namespace = reference.get('namespace').text();
    const agentRef = conversion.refer(reference, { kinds: ['Agent'], namespace, name, as: 'Agent' });
    return given({ agentRef, interaction });
  }
  const node = subAgent.get('url');
  const url = externalUrl(node, 'drop');
  if (url === undefined) return undefined;
  if (card.test(url))
    node.flag('import.assumed', 'It is the address of the card; the endpoint is taken to be what comes before.');
  return given({ url: url.replace(card, '') || url, interaction });
}

function nameOf(node: ForeignNode, { estate }: Conversion): string {
  const written = node.text() ?? '';
  const name = estate.plainName(written);
  if (name !== written)
    node.flag('import.renamed', `The model knows the agent as \`${name}\`: names are DNS labels in pawl.`);
  return name;
}
