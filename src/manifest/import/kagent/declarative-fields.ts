import { ignored, mapped, type FieldTable } from '../field-table.ts';
import { allowedNamespacesFields } from './allowed-namespaces.ts';
import { valueRefFields } from './value-refs.ts';

const card = 'It stands on the card that kagent shows of the agent, and nowhere else.';
const tools = '`Agent.spec.tools[]`';
const agents = '`Agent.spec.agents[]`';

/** What a client reads of an agent's skills, below `prefix`. */
export function cardSkillFields(prefix: string): FieldTable {
  const skills = `${prefix}.a2aConfig.skills`;
  const modes = 'Agents of pawl take and give text and JSON.';
  return {
    [skills]: mapped({ type: 'list', minItems: 1 }, '`Agent.spec.expose.skills`, with `a2a: true`'),
    [`${skills}[].description`]: mapped('string', '`Agent.spec.expose.skills[].description`'),
    [`${skills}[].examples`]: mapped({ type: 'list', maxItems: 20 }, '`Agent.spec.expose.skills[].examples`'),
    [`${skills}[].examples[]`]: mapped('string', '`Agent.spec.expose.skills[].examples`'),
    [`${skills}[].id`]: mapped('string', '`Agent.spec.expose.skills[].id`, as a DNS label'),
    [`${skills}[].inputModes`]: ignored('list', modes),
    [`${skills}[].name`]: mapped({ type: 'string', required: true, minLength: 1 }, '`Agent.spec.expose.skills[].name`'),
    [`${skills}[].outputModes`]: ignored('list', modes),
    [`${skills}[].tags`]: mapped({ type: 'list', maxItems: 20 }, '`Agent.spec.expose.skills[].tags`'),
    [`${skills}[].tags[]`]: mapped('string', '`Agent.spec.expose.skills[].tags`'),
  };
}

/** `spec.declarative` of Agent v1alpha2 and of SandboxAgent. */
export const declarativeFields: FieldTable = {
  'spec.declarative': mapped('map', 'an Agent that pawl runs'),
  ...cardSkillFields('spec.declarative'),
  ...compactionFields('spec.declarative.context.compaction'),
  ...toolFields('spec.declarative.tools'),
  'spec.declarative.memory': mapped('map', 'a Memory of the agent’s own, `Agent.spec.memory`'),
  'spec.declarative.memory.modelConfig': mapped(
    { type: 'string', required: true },
    '`Memory.spec.longTerm.embeddingRef`',
  ),
  'spec.declarative.memory.ttlDays': mapped({ type: 'integer', min: 1 }, '`Memory.spec.longTerm.ttl`, 15 days without'),
  'spec.declarative.modelConfig': mapped('string', '`Agent.spec.modelRef`, `default-model-config` without'),
  'spec.declarative.promptTemplate.dataSources': mapped({ type: 'list', maxItems: 20 }, 'PromptLibraries'),
  'spec.declarative.promptTemplate.dataSources[].alias': mapped('string', 'what an `include` names'),
  'spec.declarative.promptTemplate.dataSources[].apiGroup': mapped('string', 'the ConfigMap that is read'),
  'spec.declarative.promptTemplate.dataSources[].kind': mapped('string', 'the ConfigMap that is read'),
  'spec.declarative.promptTemplate.dataSources[].name': mapped(
    { type: 'string', required: true },
    'a PromptLibrary of that name',
  ),
  'spec.declarative.shareTools': mapped('boolean', 'left out, and said: pawl has no links that share a session'),
  'spec.declarative.stream': ignored('boolean', 'How an answer is sent on changes nothing of it.'),
  'spec.declarative.systemMessage': mapped('string', '`Agent.spec.prompt`'),
  ...systemMessageFromFields('spec.declarative.systemMessageFrom'),
};

/** What describes an agent to clients, of Agent v1alpha2 and SandboxAgent alike. */
export const describingFields: FieldTable = {
  ...allowedNamespacesFields,
  'spec.description': mapped('string', '`Agent.spec.description`'),
  'spec.documentationUrl': ignored('string', card),
  'spec.iconUrl': ignored('string', card),
  'spec.provider.organization': ignored({ type: 'string', required: true, minLength: 1 }, card),
  'spec.provider.url': ignored({ type: 'string', required: true }, card),
  'spec.sandbox.network.allowedDomains': mapped('list', 'said: it limits code of skills, which is not taken over'),
  'spec.sandbox.network.allowedDomains[]': mapped('string', 'said, as above'),
  'spec.type': mapped({ type: 'string', enum: ['Declarative', 'BYO'] }, '`Agent.spec.runtime`'),
  'spec.version': ignored('string', card),
};

function systemMessageFromFields(prefix: string): FieldTable {
  const to = '`Agent.spec.prompt`, out of a ConfigMap';
  return {
    [`${prefix}.key`]: mapped({ type: 'string', required: true }, to),
    [`${prefix}.name`]: mapped({ type: 'string', required: true }, to),
    [`${prefix}.type`]: mapped({ type: 'string', required: true, enum: ['ConfigMap', 'Secret'] }, to),
  };
}

function compactionFields(prefix: string): FieldTable {
  const counted = 'left out, and said: pawl compacts by tokens alone';
  return {
    [prefix]: mapped('map', '`Agent.spec.context.compaction`'),
    [`${prefix}.compactionInterval`]: mapped({ type: 'integer', min: 1 }, counted),
    [`${prefix}.eventRetentionSize`]: mapped('integer', '`Agent.spec.context.compaction.retainRecent`'),
    [`${prefix}.overlapSize`]: mapped({ type: 'integer', min: 0 }, counted),
    [`${prefix}.summarizer.modelConfig`]: mapped('string', '`Agent.spec.context.compaction.summarizerRef`'),
    [`${prefix}.summarizer.promptTemplate`]: mapped('string', 'left out, and said: pawl sums up in its own words'),
    [`${prefix}.tokenThreshold`]: mapped('integer', '`Agent.spec.context.compaction.triggerTokens`'),
  };
}

function toolFields(prefix: string): FieldTable {
  const server = `${prefix}[].mcpServer`;
  const many = { type: 'list', maxItems: 50 } as const;
  const header = 'leaves the entry out: headers are of the McpServer';
  return {
    [prefix]: mapped({ type: 'list', maxItems: 20 }, `${tools} and ${agents}`),
    [`${prefix}[].agent`]: mapped('map', agents),
    [`${prefix}[].agent.apiGroup`]: mapped('string', `${agents}.agentRef`),
    [`${prefix}[].agent.kind`]: mapped('string', `${agents}.agentRef`),
    [`${prefix}[].agent.name`]: mapped({ type: 'string', required: true }, `${agents}.agentRef`),
    [`${prefix}[].agent.namespace`]: mapped('string', `${agents}.agentRef`),
    [`${prefix}[].headersFrom`]: mapped('list', header),
    ...valueRefFields(`${prefix}[].headersFrom`, { to: header, name: 'name' }),
    [`${prefix}[].isolateSessions`]: mapped('boolean', `${agents}.isolation`),
    [server]: mapped('map', tools),
    [`${server}.allowedHeaders`]: mapped('list', 'left out, and said: pawl passes no headers of a caller on'),
    [`${server}.allowedHeaders[]`]: mapped('string', 'left out, as above'),
    [`${server}.apiGroup`]: mapped('string', `${tools}.mcpServerRef`),
    [`${server}.kind`]: mapped('string', `${tools}.mcpServerRef`),
    [`${server}.name`]: mapped({ type: 'string', required: true }, `${tools}.mcpServerRef`),
    [`${server}.namespace`]: mapped('string', `${tools}.mcpServerRef`),
    [`${server}.requireApproval`]: mapped(many, `${tools}.requireApproval`),
    [`${server}.requireApproval[]`]: mapped('string', `${tools}.requireApproval`),
    [`${server}.toolNames`]: mapped(many, `${tools}.tools`),
    [`${server}.toolNames[]`]: mapped('string', `${tools}.tools`),
    [`${prefix}[].type`]: mapped({ type: 'string', enum: ['McpServer', 'Agent'] }, `${tools} or ${agents}`),
  };
}
