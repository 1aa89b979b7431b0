import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

const apiVersion = 'apiVersion: runtime.agentic-layer.ai/v1alpha1';

function agent(name: string, spec: string): string {
  return `${apiVersion}\nkind: Agent\nmetadata: { name: ${name}, namespace: desk }\nspec: ${spec}\n---\n`;
}

const server = `${apiVersion}
kind: ToolServer
metadata: { name: tickets, namespace: tools }
spec: { image: registry.example.org/tickets:3, port: 9090, path: /rpc, env: [{ name: LEVEL, value: info }] }
---
`;

const desk = agent(
  'writer',
  `
  framework: google-adk
  description: Answers letters.
  instruction: |
    Answer in {{ two }} sentences.
  model: openai/gpt-4.1-mini
  exposed: true
  tools:
    - { name: tickets, upstream: { toolServerRef: { name: tickets, namespace: tools } } }
    - { name: search, upstream: { external: { url: "https://search.example.org/mcp" } }, propagatedHeaders: [Authorization] }
  subAgents:
    - { name: reader, agentRef: { name: reader }, interactionType: transfer }
    - { name: far_away, url: "https://agents.example.org/far/.well-known/agent-card.json" }
  env:
    - { name: OPENAI_API_KEY, valueFrom: { secretKeyRef: { name: keys, key: openai } } }
    - { name: LOG_LEVEL, value: debug }`,
);

const reader = agent(
  'reader',
  '{ instruction: Read., model: openai/gpt-4.1-mini, env: [{ name: OPENAI_API_KEY, valueFrom: { secretKeyRef: { name: keys, key: openai } } }] }',
);

test("an agent of a template becomes one of pawl's own loop, with its grants written out", () => {
  const { spec, secrets, resources } = importTexts(server + desk + reader);
  expect(spec('Agent/desk/writer')).toEqual({
    description: 'Answers letters.',
    modelRef: 'gpt-4-1-mini',
    prompt: 'Answer in \\{{ two }} sentences.\n',
    tools: [
      { mcpServerRef: 'tools/tickets', tools: ['*'] },
      { mcpServerRef: 'search', tools: ['*'] },
    ],
    agents: [
      { agentRef: 'reader', interaction: 'transfer' },
      { url: 'https://agents.example.org/far', name: 'far-away' },
    ],
    roles: ['writer-imported', 'tools/writer-imported'],
    limits: { maxSteps: 10, maxToolCalls: 50, timeout: '5m' },
    expose: { a2a: true },
  });
  expect(spec('AgentRole/desk/writer-imported')).toMatchObject({ permissions: ['tool:search:*'] });
  expect(spec('AgentRole/tools/writer-imported')).toMatchObject({ permissions: ['tool:tickets:*'] });
  expect(spec('McpServer/desk/search')).toEqual({
    transport: 'http',
    url: 'https://search.example.org/mcp',
    pin: 'onDeclare',
  });
  expect(spec('ModelEndpoint/desk/gpt-4-1-mini')).toEqual({
    provider: 'openai',
    model: 'gpt-4.1-mini',
    auth: { secretRef: { name: 'keys', key: 'openai' } },
  });
  expect(spec('Agent/desk/reader')).toMatchObject({ modelRef: 'gpt-4-1-mini' });
  expect(resources.filter(({ kind }) => kind === 'ModelEndpoint')).toHaveLength(1);
  expect(secrets.map(({ name, key }) => `${name}/${key}`)).toEqual(['keys/openai']);
});

test('what the agent loses, or is given, is said at its line', () => {
  const { said } = importTexts(server + desk + reader);
  const written = said.map((line) => line.split(' ').slice(0, 3).join(' '));
  expect(written).toEqual(
    expect.arrayContaining([
      'dropped import.unmappable manifests.yaml:18',
      'flagged import.default_allow manifests.yaml:17',
      'flagged import.default_limit manifests.yaml:10',
      'flagged import.assumed manifests.yaml:21',
      'flagged import.renamed manifests.yaml:21',
      'ignored import.ignored manifests.yaml:24',
    ]),
  );
});

test('an image of its own goes on running in the cluster, and is called there', () => {
  const bare = agent(
    'bare',
    '{ framework: custom, image: "registry.example.org/bare:1", protocols: [{ type: A2A, port: 9000, path: /a2a }] }',
  );
  const told = agent(
    'told',
    '{ image: "registry.example.org/told:1", env: [{ name: MODE, value: fast }], exposed: true }',
  );
  const { spec, said } = importTexts(bare + told);
  expect(spec('Agent/desk/bare')).toEqual({
    runtime: { external: { url: 'http://bare.desk.svc.cluster.local:9000/a2a', allowPrivate: true } },
    limits: { timeout: '5m' },
  });
  expect(spec('Agent/desk/told')).toEqual({
    runtime: { external: { url: 'http://told.desk.svc.cluster.local:8000/', allowPrivate: true } },
    limits: { timeout: '5m' },
    expose: { a2a: true },
  });
  expect(said.filter((line) => line.includes('import.runs_elsewhere'))).toHaveLength(2);
});

test("an image that is a template, or the configuration's own, is no image of its own", () => {
  const configuration = `${apiVersion}
kind: AgentRuntimeConfiguration
metadata: { name: default, namespace: operator }
spec: { defaultFramework: msaf, agentTemplateImages: { msaf: "registry.example.org/base:2" } }
---
`;
  const rest = 'instruction: Read., model: ollama/qwen3';
  const { spec } = importTexts(
    configuration +
      agent('own', `{ image: "registry.example.org/base:2", ${rest} }`) +
      agent('plain', `{ image: "ghcr.io/agentic-layer/agent-template-adk:0.9.0", ${rest} }`),
  );
  expect(spec('Agent/desk/own')).toMatchObject({ prompt: 'Read.' });
  expect(spec('Agent/desk/plain')).toMatchObject({ prompt: 'Read.' });
  expect(spec('ModelEndpoint/desk/qwen3')).toEqual({
    provider: 'ollama',
    model: 'qwen3',
    baseUrl: 'http://127.0.0.1:11434/v1',
    allowPrivate: true,
  });
});

test('a second configuration is refused: the operator would reconcile nothing', () => {
  const configuration = (name: string) =>
    `${apiVersion}\nkind: AgentRuntimeConfiguration\nmetadata: { name: ${name}, namespace: operator }\nspec: {}\n---\n`;
  const { said } = importTexts(
    configuration('one') + configuration('two') + agent('own', '{ image: "registry.example.org/base:2" }'),
  );
  expect(said).toContain(
    'refused import.schema manifests.yaml:8 A second AgentRuntimeConfiguration: with two of them the operator reconciles no agent.',
  );
});

test('variables that replace what the operator tells an agent count', () => {
  const map =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: prompts, namespace: desk }\ndata: { long: Read it all. }\n---\n';
  const { spec } = importTexts(
    map +
      agent(
        'reader',
        `
  instruction: Read.
  model: openai/gpt-4.1
  env:
    - { name: AGENT_INSTRUCTION, valueFrom: { configMapKeyRef: { name: prompts, key: long } } }
    - { name: AGENT_DESCRIPTION, value: Reads. }
    - { name: AGENT_MODEL, value: anthropic/claude-sonnet-4-5 }`,
      ),
  );
  expect(spec('Agent/desk/reader')).toMatchObject({ prompt: 'Read it all.', description: 'Reads.' });
  expect(spec('ModelEndpoint/desk/claude-sonnet-4-5')).toMatchObject({ provider: 'anthropic' });
});

test.each(['SUB_AGENTS', 'AGENT_TOOLS', 'LITELLM_PROXY_API_BASE', 'USE_LITELLM_PROXY'])(
  'the variable %s replaces fields, and is refused',
  (name) => {
    const { said, resources } = importTexts(
      agent('reader', `{ instruction: Read., model: ollama/qwen3, env: [{ name: ${name}, value: "[]" }] }`),
    );
    expect(resources).toEqual([]);
    expect(said).toEqual(expect.arrayContaining([expect.stringContaining(`\`${name}\` replaces`)]));
  },
);

test('a credential in the environment goes nowhere, and is to be replaced', () => {
  const key = ['sk', 'proj', 'a8Kd02mVx7Qp4Zr1Tn6Yw3Lb9Hc5Fe0G'].join('-');
  const { said, written, spec } = importTexts(
    agent('reader', `{ instruction: Read., model: openai/gpt-4.1, env: [{ name: OPENAI_API_KEY, value: ${key} }] }`),
  );
  expect(said.join('\n')).toContain('flagged import.secret_value');
  expect(spec('ModelEndpoint/desk/gpt-4-1')).toMatchObject({ auth: { secretRef: { name: 'openai-api-key' } } });
  expect(written.map(({ text }) => text).join('\n') + said.join('\n')).not.toContain(key);
});

test.each([
  [
    'azure/mine',
    'AZURE_API_BASE',
    'https://mine.example.com',
    { provider: 'azureOpenai', baseUrl: 'https://mine.example.com/openai' },
  ],
  [
    'bedrock/amazon.nova-lite-v1:0',
    'AWS_REGION',
    'eu-central-1',
    { provider: 'bedrock', model: 'amazon.nova-lite-v1:0', region: 'eu-central-1' },
  ],
  ['vertex_ai/gemini-2.5-flash', 'GOOGLE_CLOUD_PROJECT', 'my-project', { provider: 'google', project: 'my-project' }],
  ['gemini-2.5-flash', 'LOG', 'x', { provider: 'google', model: 'gemini-2.5-flash' }],
  ['groq/llama-4', 'LOG', 'x', { provider: 'openaiCompatible', baseUrl: 'https://api.groq.com/openai/v1' }],
  [
    'openai/gpt-4.1',
    'OPENAI_BASE_URL',
    'http://models.desk.svc:80/v1',
    { provider: 'openai', baseUrl: 'http://models.desk.svc:80/v1', allowPrivate: true },
  ],
])('the model %s is reached as its provider is', (model, variable, value, endpoint) => {
  const { resources } = importTexts(
    agent('reader', `{ instruction: Read., model: "${model}", env: [{ name: ${variable}, value: "${value}" }] }`),
  );
  expect(resources.find(({ kind }) => kind === 'ModelEndpoint')?.spec).toMatchObject(endpoint);
});

test.each([
  ['{ instruction: Read. }', 'names no model'],
  ['{ instruction: Read., model: big }', 'does not say by which provider'],
  ['{ instruction: Read., model: bedrock/nova }', 'needs its region'],
  ['{ framework: custom }', 'needs `spec.image`'],
  [
    '{ model: ollama/q, tools: [{ name: a, upstream: {} }] }',
    'Exactly one of `toolRouteRef`, `toolServerRef`, `external`',
  ],
  ['{ model: ollama/q, subAgents: [{ name: a }] }', 'Exactly one of `agentRef` and `url`'],
  ['{ model: ollama/q, subAgents: [{ name: a, url: "ftp://x" }] }', 'is no URL of HTTP'],
  ['{ model: ollama/q, volumeMounts: [{ name: a, mountPath: /a }] }', 'not in `spec.volumes`'],
  ['{ model: ollama/q, framework: langgraph }', 'must be one of `google-adk`, `msaf`, `custom`'],
  ['{ model: ollama/q, toolz: [] }', 'is not a field of Agent'],
])('the agent %s is refused at its place', (spec, message) => {
  const { said, resources } = importTexts(agent('reader', spec));
  expect(resources).toEqual([]);
  expect(said.filter((line) => line.startsWith('refused')).join('\n')).toContain(message);
});

test('an agent without an instruction is told its name, and a tool that is missing is left out', () => {
  const { spec, said } = importTexts(
    agent(
      'reader',
      '{ model: ollama/q, description: Reads., tools: [{ name: a, upstream: { toolServerRef: { name: gone } } }] }',
    ),
  );
  expect(spec('Agent/desk/reader')).toMatchObject({ prompt: 'You are the agent reader. Reads.', tools: [] });
  expect(said.filter((line) => line.startsWith('dropped import.reference'))).toHaveLength(1);
});
