import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped, type FieldTable } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { metadataFields } from '../metadata-fields.ts';
import { importedCard } from './agent-card.ts';
import { importedModel } from './agent-model.ts';
import { importedAgents, type AgentUse } from './agent-references.ts';
import { agentRulesV1 } from './agent-rules.ts';
import { importedTools, type ServerUse } from './agent-tools.ts';
import { flagCredentials } from '../credential.ts';
import { unlessEmpty } from './declarative-agent.ts';
import { cardSkillFields } from './declarative-fields.ts';
import { becomeAgent, writtenLimits } from './imported-agent.ts';
import { noProcess } from './pod-fields.ts';
import { promptOf } from './prompt.ts';
import { namespacedName } from './typed-reference.ts';

const pod = 'Agents run in workers of pawl: there is no pod to shape.';

const fields: FieldTable = {
  ...metadataFields,
  ...cardSkillFields('spec'),
  'spec.deployment.annotations': ignored('any', pod),
  'spec.deployment.env': ignored('any', noProcess),
  'spec.deployment.imagePullSecrets': ignored('any', pod),
  'spec.deployment.labels': ignored('any', pod),
  'spec.deployment.replicas': ignored({ type: 'integer', min: 1 }, 'Pools of workers say how much runs at once.'),
  'spec.deployment.volumes': ignored('any', pod),
  'spec.description': mapped('string', '`Agent.spec.description`'),
  'spec.memory': mapped('list', 'left out, and said: memories of that version are indexes at Pinecone'),
  'spec.memory[]': mapped('string', 'left out, as above'),
  'spec.modelConfig': mapped('string', '`Agent.spec.modelRef`, `default-model-config` without'),
  'spec.stream': ignored('boolean', 'How an answer is sent on changes nothing of it.'),
  'spec.systemMessage': mapped({ type: 'string', minLength: 1 }, '`Agent.spec.prompt`'),
  'spec.tools': mapped({ type: 'list', maxItems: 20 }, '`Agent.spec.tools` and `Agent.spec.agents`'),
  'spec.tools[].agent': mapped('map', '`Agent.spec.agents[]`'),
  'spec.tools[].agent.ref': mapped({ type: 'string', minLength: 1 }, '`Agent.spec.agents[].agentRef`'),
  'spec.tools[].mcpServer': mapped('map', '`Agent.spec.tools[]`'),
  'spec.tools[].mcpServer.toolNames': mapped('list', '`Agent.spec.tools[].tools`'),
  'spec.tools[].mcpServer.toolNames[]': mapped('string', '`Agent.spec.tools[].tools`'),
  'spec.tools[].mcpServer.toolServer': mapped('string', '`Agent.spec.tools[].mcpServerRef`'),
  'spec.tools[].type': mapped(
    { type: 'string', enum: ['McpServer', 'Agent'] },
    '`Agent.spec.tools[]` or `Agent.spec.agents[]`',
  ),
};

/** Fields that an Agent of the published reference, of the same apiVersion and kind, does not have. */
const ownFields = ['systemMessage', 'modelConfig', 'a2aConfig', 'deployment', 'stream'];

/** An agent of kagent's first version. */
export const agentV1alpha1: ForeignKind = {
  kind: 'Agent',
  apiVersions: ['kagent.dev/v1alpha1'],
  marks: ownFields,
  fields,
  rules: agentRulesV1,
  fate: { fate: 'mapped', becomes: 'Agent', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  flagCredentials(spec.at('deployment', 'env'));
  const model = spec.get('modelConfig');
  const tools = importedTools(conversion, spec.get('tools'), serverUses(spec.get('tools')));
  const agents = importedAgents(conversion, agentUses(spec.get('tools')));
  for (const memory of spec.get('memory').items())
    memory.drop({
      message: `The memory \`${shownText(memory.text() ?? '')}\` is an index at Pinecone, which pawl does not search: it is left out.`,
      help: 'Reach the index as a tool, or fill a Memory with `longTerm` and name it in `memory`.',
    });
  const text = spec.get('systemMessage');
  becomeAgent(
    conversion,
    document,
    given({
      description: spec.get('description').text(),
      modelRef: importedModel(conversion, model, namespacedName(model)),
      prompt: promptOf(conversion, {
        text,
        from: spec.get('systemMessageFrom'),
        template: spec.get('promptTemplate'),
        toolNames: [],
      }),
      tools: unlessEmpty(tools.tools),
      agents: unlessEmpty(agents),
      roles: unlessEmpty(tools.roles),
      expose: importedCard(conversion, spec.get('a2aConfig')),
      limits: writtenLimits,
    }),
  );
}

function serverUses(list: ForeignNode): readonly ServerUse[] {
  return list.items().flatMap((entry) => {
    const type = entry.get('type').text();
    if (type === undefined)
      entry.refuse({ code: 'import.schema', message: 'The tool has no `type`: kagent takes McpServer or Agent.' });
    if (type !== 'McpServer') return [];
    const node = entry.at('mcpServer', 'toolServer');
    const toolNames = entry.at('mcpServer', 'toolNames').items();
    return [{ entry, node, kinds: ['ToolServer'], ...namespacedName(node), toolNames, requireApproval: [] }];
  });
}

function agentUses(list: ForeignNode): readonly AgentUse[] {
  return list.items().flatMap((entry) => {
    if (entry.get('type').value !== 'Agent') return [];
    const node = entry.at('agent', 'ref');
    return [{ entry, node, kinds: ['Agent'], ...namespacedName(node), isolated: false }];
  });
}
