import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { importedModel } from './agent-model.ts';
import { importedAgents, type AgentUse } from './agent-references.ts';
import { breaksSchema, exclusive } from './agent-rules.ts';
import { agentTemplateFields } from './agent-template-fields.ts';
import { importedTools, type ServerUse } from './agent-tools.ts';
import { unlessEmpty } from './declarative-agent.ts';
import { admittingHarnesses } from './harness.ts';
import { becomeAgent, writtenLimits } from './imported-agent.ts';
import { promptOf } from './prompt.ts';

/** What an agent is, apart from where it runs: harnesses admit it by its labels. */
export const agentTemplate: ForeignKind = {
  kind: 'AgentTemplate',
  apiVersions: ['kagent.dev/v1alpha3'],
  fields: agentTemplateFields,
  rules({ spec }) {
    exclusive(spec, ['systemPrompt', 'systemPromptFrom']);
    for (const tool of spec.get('tools').items())
      if (tool.get('mcp').exists === tool.get('agent').exists)
        breaksSchema(tool, `\`${tool.field}\` must have either \`mcp\` or \`agent\`.`);
  },
  fate: { fate: 'mapped', becomes: 'Agent', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec, namespace } = document;
  sayWhoAdmits(conversion, document);
  const model = spec.at('modelConfig', 'name');
  const list = spec.get('tools');
  const tools = importedTools(conversion, list, list.items().flatMap(serverUse));
  becomeAgent(
    conversion,
    document,
    given({
      description: spec.get('description').text(),
      modelRef: importedModel(conversion, model, { namespace, name: model.text() ?? '' }),
      prompt: promptOf(conversion, {
        text: spec.get('systemPrompt'),
        from: spec.get('systemPromptFrom'),
        template: spec.get('promptTemplate'),
        toolNames: list.items().flatMap((tool) => tool.at('mcp', 'tools').texts()),
      }),
      tools: unlessEmpty(tools.tools),
      agents: unlessEmpty(importedAgents(conversion, list.items().flatMap(agentUse))),
      roles: unlessEmpty(tools.roles),
      limits: writtenLimits,
    }),
  );
}

/** pawl runs every template in its own loop, which stands in for the harness of kagent's runtime and for no other. */
function sayWhoAdmits(conversion: Conversion, document: ForeignDocument): void {
  const harnesses = admittingHarnesses(conversion, document);
  const node = document.root.at('metadata', 'labels');
  if (harnesses.length === 0) {
    const message =
      'No Harness among the files admits the template, so that kagent runs nothing of it: in pawl it is an agent that can be run.';
    document.root.at('metadata', 'name').flag('import.not_admitted', message);
    return;
  }
  if (harnesses.some(({ spec }) => spec.get('kagent').exists)) return;
  const names = harnesses.map(({ name }) => shownText(name)).join(', ');
  node.refuse({
    message: `Only the runtimes of others run the template (${names}), and pawl’s own loop is not the same.`,
    help: 'Let a Harness with `kagent` admit it as well, or write the agent with `runtime.container`.',
  });
}

function serverUse(entry: ForeignNode): readonly ServerUse[] {
  const mcp = entry.get('mcp');
  if (!mcp.exists) return [];
  const { namespace } = entry.document;
  const kind = mcp.at('server', 'kind').text() ?? '';
  const node = mcp.at('server', 'name');
  const toolNames = mcp.get('tools').items();
  return [{ entry, node, kinds: [kind], namespace, name: node.text() ?? '', toolNames, requireApproval: [] }];
}

function agentUse(entry: ForeignNode): readonly AgentUse[] {
  const agent = entry.get('agent');
  if (!agent.exists) return [];
  const node = agent.at('templateRef', 'name');
  const { namespace } = entry.document;
  const isolated = agent.get('isolation').text() === 'Dedicated';
  const called = agent.get('name').text() ?? '';
  const description = agent.get('description').text();
  return [{ entry, node, kinds: ['AgentTemplate'], namespace, name: node.text() ?? '', isolated, called, description }];
}
