import { type FieldTable, ignored, mapped } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { clusterMetadata, objectReference } from './cluster-fields.ts';

const text = { type: 'string', required: true, minLength: 1 } as const;
const outside = 'Of an agent with an image of its own it stays where the agent runs.';
const pods = 'It shapes the pods of the agent; pawl runs agents in workers.';
const variable = 'the model, prompt and key that it sets; others are left out, and said';

/** Every field of an Agent. */
export const agentFields: FieldTable = {
  ...metadataFields,
  ...clusterMetadata,
  'spec.framework': mapped(
    { type: 'string', enum: ['google-adk', 'msaf', 'custom'] },
    "`Agent.spec.runtime`: the templates of both frameworks become pawl's own loop",
  ),
  'spec.image': mapped('string', '`Agent.spec.runtime.external`: the operator goes on running it'),
  'spec.replicas': ignored({ type: 'integer', min: 0 }, pods),
  'spec.description': mapped('string', '`Agent.spec.description`'),
  'spec.instruction': mapped('string', `\`Agent.spec.prompt\`. ${outside}`),
  'spec.model': mapped('string', `a ModelEndpoint, and \`Agent.spec.modelRef\`. ${outside}`),
  'spec.subAgents[].name': mapped(text, '`Agent.spec.agents[].name`'),
  ...objectReference('spec.subAgents[].agentRef', '`Agent.spec.agents[].agentRef`'),
  'spec.subAgents[].url': mapped('string', '`Agent.spec.agents[].url`'),
  'spec.subAgents[].interactionType': mapped(
    { type: 'string', enum: ['transfer', 'tool_call'] },
    '`Agent.spec.agents[].interaction`',
  ),
  'spec.tools[].name': mapped(text, 'the name of the McpServer of a URL; models know tools by their own names'),
  'spec.tools[].propagatedHeaders': mapped('list', 'left out, and said: pawl passes no headers of a caller on'),
  'spec.tools[].propagatedHeaders[]': mapped('string', 'left out, and said: pawl passes no headers of a caller on'),
  'spec.tools[].upstream': mapped({ type: 'map', required: true }, '`Agent.spec.tools[].mcpServerRef`'),
  ...objectReference('spec.tools[].upstream.toolRouteRef', '`Agent.spec.tools[].mcpServerRef`'),
  ...objectReference('spec.tools[].upstream.toolServerRef', '`Agent.spec.tools[].mcpServerRef`'),
  'spec.tools[].upstream.external.url': mapped(
    { type: 'string', required: true, pattern: '^https?://.+' },
    'an McpServer, and `Agent.spec.tools[].mcpServerRef`',
  ),
  'spec.protocols[].type': mapped({ type: 'string', required: true, enum: ['A2A'] }, '`Agent.spec.expose.a2a`'),
  'spec.protocols[].port': mapped(
    { type: 'integer', min: 1, max: 65_535 },
    '`Agent.spec.runtime`, of an agent with an image of its own',
  ),
  'spec.protocols[].path': mapped(
    { type: 'string', pattern: '^/[a-zA-Z0-9/_-]*$' },
    '`Agent.spec.runtime`, of an agent with an image of its own',
  ),
  'spec.protocols[].name': ignored('string', 'It names a port of a Service in the cluster.'),
  'spec.exposed': mapped('boolean', '`Agent.spec.expose.a2a`, and `Gateway.spec.exposes` of agent gateways'),
  ...objectReference('spec.aiGatewayRef', '`ModelEndpoint.spec.gatewayRef`'),
  'spec.env[].name': mapped(text, variable),
  'spec.env[].value': mapped('string', variable),
  'spec.env[].valueFrom.secretKeyRef.name': mapped('string', variable),
  'spec.env[].valueFrom.secretKeyRef.key': mapped(text, variable),
  'spec.env[].valueFrom.secretKeyRef.optional': ignored('boolean', 'A key that is not there fails the call in pawl.'),
  'spec.env[].valueFrom.configMapKeyRef.name': mapped('string', variable),
  'spec.env[].valueFrom.configMapKeyRef.key': mapped(text, variable),
  'spec.env[].valueFrom.configMapKeyRef.optional': ignored('boolean', 'What is not there sets nothing.'),
  'spec.env[].valueFrom.fieldRef': ignored('map', 'It is something of a pod, and there is none.'),
  'spec.env[].valueFrom.resourceFieldRef': ignored('map', 'It is something of a pod, and there is none.'),
  'spec.env[].valueFrom.fileKeyRef': ignored('map', 'It is a file of a pod, and there is none.'),
  'spec.envFrom[].prefix': mapped('string', variable),
  'spec.envFrom[].secretRef.name': mapped('string', variable),
  'spec.envFrom[].secretRef.optional': ignored('boolean', 'A key that is not there fails the call in pawl.'),
  'spec.envFrom[].configMapRef.name': mapped('string', variable),
  'spec.envFrom[].configMapRef.optional': ignored('boolean', 'What is not there sets nothing.'),
  'spec.volumes': ignored('list', pods),
  'spec.volumeMounts': ignored('list', pods),
  'spec.resources': ignored('map', pods),
};
