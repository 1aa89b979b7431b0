import { mapped, refused, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';

const digested = '^[^[:space:]@]+@sha256:[0-9a-f]{64}$';
const httpUrl = '^https?://[^[:space:]]+$';
const commit = '^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$';

const agents = '`Agent.spec.agents[]`';
const tools = '`Agent.spec.tools[]`';
const prompt = '`Agent.spec.prompt`';
const filled = { type: 'string', required: true, minLength: 1 } as const;
const source = 'a PromptLibrary of that name';

/** AgentTemplate of kagent.dev/v1alpha3. */
export const agentTemplateFields: FieldTable = {
  ...metadataFields,
  'spec.description': mapped('string', '`Agent.spec.description`'),
  'spec.modelConfig': mapped({ type: 'map', required: true }, '`Agent.spec.modelRef`'),
  'spec.modelConfig.name': mapped(filled, '`Agent.spec.modelRef`'),
  'spec.promptTemplate.dataSources': mapped({ type: 'list', maxItems: 20 }, 'PromptLibraries'),
  'spec.promptTemplate.dataSources[].alias': mapped({ type: 'string', minLength: 1 }, 'what an `include` names'),
  'spec.promptTemplate.dataSources[].name': mapped(filled, source),
  'spec.systemPrompt': mapped('string', prompt),
  'spec.systemPromptFrom': mapped('map', `${prompt}, out of a ConfigMap`),
  'spec.systemPromptFrom.key': mapped(filled, `${prompt}, out of a ConfigMap`),
  'spec.systemPromptFrom.name': mapped(filled, `${prompt}, out of a ConfigMap`),
  'spec.tools': mapped({ type: 'list', maxItems: 50 }, `${tools} and ${agents}`),
  'spec.tools[].agent': mapped('map', agents),
  'spec.tools[].agent.description': mapped(filled, `${agents}.description`),
  'spec.tools[].agent.isolation': mapped({ type: 'string', enum: ['Shared', 'Dedicated'] }, `${agents}.isolation`),
  'spec.tools[].agent.name': mapped(filled, `${agents}.name`),
  'spec.tools[].agent.templateRef': mapped({ type: 'map', required: true }, `${agents}.agentRef`),
  'spec.tools[].agent.templateRef.name': mapped(filled, `${agents}.agentRef`),
  'spec.tools[].mcp': mapped('map', tools),
  'spec.tools[].mcp.server': mapped({ type: 'map', required: true }, `${tools}.mcpServerRef`),
  'spec.tools[].mcp.server.kind': mapped({ ...filled, enum: ['RemoteMCPServer'] }, `${tools}.mcpServerRef`),
  'spec.tools[].mcp.server.name': mapped(filled, `${tools}.mcpServerRef`),
  'spec.tools[].mcp.tools': mapped({ type: 'list', required: true, minItems: 1, maxItems: 50 }, `${tools}.tools`),
  'spec.tools[].mcp.tools[]': mapped({ type: 'string', minLength: 1 }, `${tools}.tools`),
  ...artifactFields('spec.skills', 'A skill', 50),
  'spec.skills[].name': withheld('A skill', filled),
  ...artifactFields('spec.plugins', 'A plugin', 20),
  'spec.plugins[].skills': withheld('A plugin', { type: 'list', maxItems: 50 }),
};

function artifactFields(prefix: string, what: string, maxItems: number): FieldTable {
  const at = `${prefix}[].source`;
  const s3 = `${at}.bucket.s3`;
  return {
    [prefix]: withheld(what, { type: 'list', maxItems }),
    [at]: withheld(what, { type: 'map', required: true }),
    [`${at}.bucket`]: withheld(what, { type: 'map' }),
    [s3]: withheld(what, { type: 'map', required: true }),
    [`${s3}.bucket`]: withheld(what, filled),
    [`${s3}.endpoint`]: withheld(what, { type: 'string', required: true, pattern: httpUrl }),
    [`${s3}.key`]: withheld(what, filled),
    [`${s3}.region`]: withheld(what, { type: 'string' }),
    [`${s3}.versionId`]: withheld(what, filled),
    [`${at}.git`]: withheld(what, { type: 'map' }),
    [`${at}.git.commit`]: withheld(what, { type: 'string', required: true, pattern: commit }),
    [`${at}.git.url`]: withheld(what, { ...filled, pattern: httpUrl }),
    [`${at}.oci`]: withheld(what, { type: 'string', pattern: digested }),
    [`${at}.path`]: withheld(what, { type: 'string', maxLength: 1024 }),
  };
}

function withheld(what: string, shape: Parameters<typeof refused>[0]) {
  return refused(
    shape,
    `${what} brings instructions and code that the agent runs, from outside the manifests: pawl has nothing like it.`,
    'Put its instructions into the prompt or a PromptLibrary and its code into Tools, then remove it here.',
  );
}
