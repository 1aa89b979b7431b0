import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { importedCard } from './agent-card.ts';
import { importedMemory } from './agent-memory.ts';
import { importedModel } from './agent-model.ts';
import { importedContext } from './compaction.ts';
import { declarativeTools, templateToolNames } from './declarative-tools.ts';
import { writtenLimits } from './imported-agent.ts';
import { promptOf } from './prompt.ts';

/** What `spec.declarative` of the later versions becomes: an agent in pawl's own loop. */
export function declarativeAgent(conversion: Conversion, document: ForeignDocument): JsonObject {
  const { spec, namespace } = document;
  const block = spec.get('declarative');
  const tools = block.get('tools');
  const model = block.get('modelConfig');
  const listed = declarativeTools(conversion, tools);
  const share = block.get('shareTools');
  if (share.boolean() === true)
    share.drop({
      message: 'Links that share a session are kagent’s own: the tools that make them are left out.',
      help: 'Nothing need be done where nobody asks the agent for links.',
    });
  const domains = spec.at('sandbox', 'network', 'allowedDomains');
  domains.json();
  if (domains.exists)
    domains.ignore('It limits code that skills bring and the agent runs, and no such code is taken over.');
  return given({
    description: spec.get('description').text(),
    modelRef: importedModel(conversion, model, { namespace, name: model.text() ?? '' }),
    prompt: promptOf(conversion, {
      text: block.get('systemMessage'),
      from: block.get('systemMessageFrom'),
      template: block.get('promptTemplate'),
      toolNames: templateToolNames(tools),
    }),
    tools: unlessEmpty(listed.tools),
    agents: unlessEmpty(listed.agents),
    roles: unlessEmpty(listed.roles),
    memory: importedMemory(conversion, block.get('memory')),
    context: importedContext(conversion, block.at('context', 'compaction')),
    expose: importedCard(conversion, block.get('a2aConfig')),
    limits: writtenLimits,
  });
}

/** Without entries the field is left away. */
export function unlessEmpty<Entry>(list: readonly Entry[]): readonly Entry[] | undefined {
  return list.length === 0 ? undefined : list;
}
