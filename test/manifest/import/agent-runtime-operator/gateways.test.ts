import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function manifest(kind: string, name: string, spec: string, namespace = 'desk'): string {
  return `apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
---
`;
}

const provider = manifest(
  'GuardrailProvider',
  'analyzer',
  '{ type: presidio-api, presidio: { baseUrl: "http://analyzer.desk.svc:3000" } }',
);
const pii = manifest(
  'Guard',
  'pii',
  `
  mode: [during_call, post_call]
  description: Personal data.
  providerRef: { name: analyzer }
  presidio:
    language: de
    scoreThresholds: { ALL: "0.6", US_SSN: "0.9", IBAN_CODE: "0.3" }
    entityActions: { PERSON: MASK, US_SSN: BLOCK, CREDIT_CARD: BLOCK }`,
);
const reader = (more = '') =>
  manifest('Agent', 'reader', `{ instruction: Read., model: gemini/gemini-2.5-flash${more} }`);
const aiGateway = (more = '') =>
  manifest(
    'AiGateway',
    'models',
    `{ aiModels: [{ provider: gemini, name: gemini-2.5-flash }], port: 8080${more} }`,
    'ai-gateway',
  );

test('a guard of several actions and scores becomes one Guard for each of them', () => {
  const { spec, said } = importTexts(provider + pii);
  const common = { description: 'Personal data.', mode: ['preCall', 'postCall'], calls: ['model', 'tool'] };
  const presidio = { url: 'http://analyzer.desk.svc:3000', language: 'de', allowPrivate: true };
  const of = (entity: string, minScore: number) => ({
    type: 'presidio',
    presidio: { ...presidio, entities: [entity], minScore },
  });
  expect(spec('Guard/desk/pii')).toEqual({ ...common, provider: of('PERSON', 0.6), action: 'mask' });
  expect(spec('Guard/desk/pii-block')).toEqual({ ...common, provider: of('US_SSN', 0.9), action: 'block' });
  expect(spec('Guard/desk/pii-block-2')).toEqual({ ...common, provider: of('CREDIT_CARD', 0.6), action: 'block' });
  expect(said).toEqual([
    'flagged import.stricter manifests.yaml:10 `during_call` becomes `preCall`: pawl checks before a call and not beside it.',
    'ignored import.ignored manifests.yaml:15 No action names the entity, so that it is not looked for, and its score says nothing.',
    'flagged import.split manifests.yaml:14 A Guard has one action and one score: it becomes 3, `pii`, `pii-block`, `pii-block-2`.',
    expect.stringContaining('flagged import.private manifests.yaml:12 '),
  ]);
});

test('a guard without actions masks everything, and a single entity from a lower score on', () => {
  const guard = manifest(
    'Guard',
    'all',
    '{ mode: [pre_call], providerRef: { name: analyzer }, presidio: { scoreThresholds: { ALL: "0.6", US_SSN: "0.9", PERSON: "0.2" } } }',
  );
  const { spec, said } = importTexts(provider + guard);
  expect(spec('Guard/desk/all')).toMatchObject({ action: 'mask', provider: { presidio: { minScore: 0.6 } } });
  expect(spec('Guard/desk/all-mask')).toMatchObject({
    provider: { presidio: { entities: ['PERSON'], minScore: 0.2 } },
  });
  expect(said.filter((line) => line.includes('`US_SSN` is masked from the score 0.6 on'))).toHaveLength(1);
});

test('moderation blocks, and its key is a Secret to be set', () => {
  const moderation = manifest(
    'GuardrailProvider',
    'openai',
    '{ type: openai-moderation-api, openaiModeration: { apiKeySecretRef: { name: keys, key: openai } } }',
  );
  const guard = manifest(
    'Guard',
    'harm',
    '{ mode: [pre_call], providerRef: { name: openai }, openaiModeration: { model: omni-moderation-latest } }',
  );
  const { spec, secrets } = importTexts(moderation + guard);
  expect(spec('Guard/desk/harm')).toEqual({
    mode: ['preCall'],
    calls: ['model', 'tool'],
    provider: {
      type: 'openaiModeration',
      openaiModeration: { model: 'omni-moderation-latest', secretRef: { name: 'keys', key: 'openai' } },
    },
    action: 'block',
  });
  expect(secrets.map(({ name, key }) => `${name}/${key}`)).toEqual(['keys/openai']);
});

test.each([
  ['presidio: { entityActions: { PERSON: REDACT } }', 'is neither `MASK` nor `BLOCK`'],
  ['presidio: { scoreThresholds: { ALL: "70" } }', 'is no score from 0 to 1'],
  ['presidio: { entityActions: { person: MASK } }', 'names no entity'],
  ['openaiModeration: { model: omni }', 'says nothing to a provider of the type `presidio-api`'],
  ['bedrock: { guardrailId: a }', 'no guardrails of Bedrock'],
])('the guard with %s is refused at its place', (block, message) => {
  const guard = manifest('Guard', 'wrong', `{ mode: [pre_call], providerRef: { name: analyzer }, ${block} }`);
  const { spec, said } = importTexts(provider + guard);
  expect(spec('Guard/desk/wrong')).toBeUndefined();
  expect(said.filter((line) => line.startsWith('refused')).join('\n')).toContain(message);
});

test('a provider of Bedrock, or without its settings, is refused, and so is the guard that names it', () => {
  const bedrock = manifest('GuardrailProvider', 'aws', '{ type: bedrock-api, bedrock: { region: eu-central-1 } }');
  const empty = manifest('GuardrailProvider', 'empty', '{ type: presidio-api }');
  const guard = (name: string) =>
    manifest('Guard', `by-${name}`, `{ mode: [pre_call], providerRef: { name: ${name} } }`);
  const { resources, said } = importTexts(bedrock + empty + guard('aws') + guard('empty') + guard('gone'));
  expect(resources).toEqual([]);
  expect(said.filter((line) => line.startsWith('refused')).map((line) => line.split(' ')[1])).toEqual([
    'import.unmappable',
    'import.schema',
    'import.depends',
    'import.depends',
    'import.depends',
  ]);
});

test('calls of models go through the gateway, whose guards become a policy over the agents behind it', () => {
  const guarded = aiGateway(', guardrails: [{ name: pii, namespace: desk }]');
  const { spec, said } = importTexts(provider + pii + guarded + reader());
  expect(spec('Gateway/ai-gateway/models')).toEqual({
    type: 'model',
    class: 'external',
    provider: 'openaiCompatible',
    url: 'http://models.ai-gateway.svc.cluster.local:8080',
    allowPrivate: true,
    description: 'Offers gemini/gemini-2.5-flash.',
  });
  expect(spec('ModelEndpoint/desk/gemini-2-5-flash')).toEqual({
    provider: 'openaiCompatible',
    model: 'gemini/gemini-2.5-flash',
    gatewayRef: 'ai-gateway/models',
  });
  expect(spec('AgentPolicy/ai-gateway/models-gateway')).toEqual({
    description: 'What AiGateway ai-gateway/models (runtime.agentic-layer.ai/v1alpha1) restricts.',
    targets: { agents: ['desk/reader'] },
    guards: ['desk/pii', 'desk/pii-block', 'desk/pii-block-2'],
  });
  expect(spec('Guard/desk/pii')).toMatchObject({ calls: ['model'] });
  expect(said.join('\n')).toContain('its calls go through the one of the namespace `ai-gateway`');
});

test('a guard that cannot be kept takes its gateway with it, and whoever is behind that', () => {
  const { resources, said } = importTexts(aiGateway(', guardrails: [{ name: gone }]') + reader());
  expect(resources).toEqual([]);
  expect(said.filter((line) => line.startsWith('refused import.depends'))).toHaveLength(2);
});

test('which of several gateways is meant is not guessed, and a model that none offers is said', () => {
  const second = aiGateway().replace('name: models', 'name: other');
  expect(importTexts(aiGateway() + second + reader()).said.join('\n')).toContain('the operator takes any of them');
  const named = reader(', aiGatewayRef: { name: models, namespace: ai-gateway }').replace('2.5-flash', '2.5-pro');
  const { said, spec } = importTexts(aiGateway() + second + named);
  expect(spec('Agent/desk/reader')).toMatchObject({ modelRef: 'gemini-2-5-pro' });
  expect(said.join('\n')).toContain('does not offer `gemini/gemini-2.5-pro`');
});

test('a tool route becomes a server with the choice of tools, behind its gateway and its guards', () => {
  const { spec } = importTexts(
    provider +
      pii +
      manifest('ToolServer', 'tickets', '{ image: "registry.example.org/tickets:3" }') +
      manifest('ToolGateway', 'out', '{ guardrails: [{ name: pii }] }') +
      manifest(
        'ToolRoute',
        'few',
        '{ toolGatewayRef: { name: out }, upstream: { toolServerRef: { name: tickets } }, toolFilter: { allow: ["get_*"], deny: [get_secret] } }',
      ) +
      manifest(
        'ToolRoute',
        'all',
        '{ toolGatewayRef: { name: out }, upstream: { external: { url: "https://t.example.org/mcp" } }, toolFilter: { allow: [] } }',
      ) +
      manifest(
        'Agent',
        'reader',
        '{ instruction: Read., model: ollama/q, tools: [{ name: t, upstream: { toolRouteRef: { name: few } } }] }',
      ),
  );
  expect(spec('McpServer/desk/few')).toEqual({
    transport: 'http',
    url: 'http://out.desk.svc.cluster.local/desk/few/mcp',
    allowPrivate: true,
    pin: 'onDeclare',
    gatewayRef: 'out',
    tools: { allow: ['get_*'], deny: ['get_secret'] },
  });
  expect(spec('McpServer/desk/all')).toEqual({
    transport: 'http',
    url: 'http://out.desk.svc.cluster.local/desk/all/mcp',
    allowPrivate: true,
    pin: 'onDeclare',
    gatewayRef: 'out',
  });
  expect(spec('Gateway/desk/out')).toMatchObject({ type: 'tool', url: 'http://out.desk.svc.cluster.local' });
  expect(spec('AgentPolicy/desk/out-gateway')).toMatchObject({ targets: { agents: ['reader'] } });
  expect(spec('Guard/desk/pii')).toMatchObject({ calls: ['tool'] });
});

test('a server of server-sent events is refused, and so are routes to nowhere and globs that pawl has not', () => {
  const { resources, said } = importTexts(
    manifest('ToolServer', 'old', '{ image: "registry.example.org/old:3", transportType: sse }') +
      manifest('ToolRoute', 'a', '{ upstream: { toolServerRef: { name: old } } }') +
      manifest(
        'ToolRoute',
        'b',
        '{ upstream: { external: { url: "https://t.example.org/mcp" } }, toolFilter: { deny: ["{a,b}"] } }',
      ) +
      manifest('ToolRoute', 'c', '{ upstream: {} }') +
      manifest('ToolRoute', 'd', '{ upstream: { external: { url: "https://me:word@t.example.org/mcp" } } }'),
  );
  expect(resources).toEqual([]);
  expect(said.filter((line) => line.startsWith('refused')).map((line) => line.split(' ')[1])).toEqual([
    'import.unmappable',
    'import.depends',
    'import.unmappable',
    'import.schema',
    'import.unmappable',
  ]);
});

test('an agent gateway serves what is exposed, within its time, and its guards hold in pawl', () => {
  const { spec, said } = importTexts(
    provider +
      pii +
      manifest(
        'AgentGateway',
        'door',
        '{ timeout: 1m30s, replicas: 2, guardrails: [{ name: pii, namespace: desk }] }',
        'doors',
      ) +
      manifest('Agent', 'reader', '{ instruction: Read., model: ollama/q, exposed: true }') +
      manifest('Agent', 'inner', '{ instruction: Read., model: ollama/q }'),
  );
  expect(spec('Gateway/doors/door')).toEqual({
    type: 'agent',
    class: 'builtin',
    exposes: [{ agentRef: 'desk/reader' }],
  });
  expect(spec('AgentPolicy/doors/door-gateway')).toMatchObject({
    targets: { agents: ['desk/reader'] },
    limits: { timeout: '90s' },
    guards: ['desk/pii', 'desk/pii-block', 'desk/pii-block-2'],
  });
  expect(said.filter((line) => line.includes('no implementation of agent gateways acts on them'))).toHaveLength(1);
});

test('classes are left out, and a workforce keeps its people and its entry agents', () => {
  const { spec, resources, said } = importTexts(
    manifest('AiGatewayClass', 'litellm', '{ controller: example.org/litellm }') +
      manifest('Agent', 'reader', '{ instruction: Read., model: ollama/q }') +
      manifest(
        'AgenticWorkforce',
        'desk',
        '{ name: The desk, description: Reads., owner: team-desk, tags: [Support], entryPointAgents: [{ name: reader }, { name: gone }] }',
        'people',
      ).replaceAll('{ name: reader }', '{ name: reader, namespace: desk }'),
  );
  expect(resources.map(({ kind }) => kind).sort()).toEqual(['Agent', 'ModelEndpoint', 'Workforce']);
  expect(spec('Workforce/people/desk')).toEqual({
    displayName: 'The desk',
    description: 'Reads.',
    owner: 'team-desk',
    entryAgents: ['desk/reader'],
    tags: ['support'],
  });
  expect(said.filter((line) => line.startsWith('dropped import.reference'))).toHaveLength(1);
});
