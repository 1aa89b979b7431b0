import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function modelConfig(spec: string, version = 'v1alpha2'): string {
  return `apiVersion: kagent.dev/${version}\nkind: ModelConfig\nmetadata: { name: chat, namespace: desk }\nspec: ${spec}\n`;
}

const key = 'apiKeySecret: keys, apiKeySecretKey: token';

test('a model of OpenAI keeps its parameters, and texts become numbers', () => {
  const { spec, secrets } = importTexts(
    modelConfig(
      `{ model: gpt-4.1, ${key}, openAI: { temperature: "0.2", topP: "1", maxTokens: 900, seed: 7, reasoningEffort: low, organization: org-1, n: 1 } }`,
    ),
  );
  expect(spec('ModelEndpoint/desk/chat')).toEqual({
    provider: 'openai',
    model: 'gpt-4.1',
    parameters: { temperature: 0.2, topP: 1, maxOutputTokens: 900, seed: 7, reasoningEffort: 'low' },
    auth: { secretRef: { name: 'keys', key: 'token' } },
    headers: { 'OpenAI-Organization': 'org-1' },
  });
  expect(secrets).toEqual([{ namespace: 'desk', name: 'keys', key: 'token', variable: expect.any(String) }]);
});

test('behind another URL it is a model that speaks like OpenAI, with the authority that is named', () => {
  const { spec } = importTexts(
    modelConfig(
      `{ model: m, ${key}, defaultHeaders: { X-Team: desk }, openAI: { baseUrl: "https://llm.corp.internal/v1", maxTokens: 10 }, tls: { caCertSecretRef: ca, caCertSecretKey: ca.crt, disableVerify: false } }`,
    ),
  );
  expect(spec('ModelEndpoint/desk/chat')).toEqual({
    provider: 'openaiCompatible',
    model: 'm',
    baseUrl: 'https://llm.corp.internal/v1',
    allowPrivate: true,
    parameters: { maxOutputTokens: 10 },
    auth: { secretRef: { name: 'keys', key: 'token' } },
    headers: { 'X-Team': 'desk' },
    tls: { caSecretRef: { name: 'ca', key: 'ca.crt' } },
  });
});

test.each([
  [
    'Anthropic',
    'anthropic: { baseUrl: "https://proxy.example.com", maxTokens: 5, temperature: "1" }',
    {
      provider: 'anthropic',
      model: 'm',
      baseUrl: 'https://proxy.example.com/v1',
      parameters: { temperature: 1, maxOutputTokens: 5 },
    },
  ],
  [
    'AzureOpenAI',
    'azureOpenAI: { azureEndpoint: "https://x.openai.azure.com/", apiVersion: 2024-10-21, azureDeployment: mine, maxTokens: 5 }',
    {
      provider: 'azureOpenai',
      model: 'mine',
      apiVersion: '2024-10-21',
      baseUrl: 'https://x.openai.azure.com/openai',
      parameters: { maxOutputTokens: 5 },
    },
  ],
  [
    'Foundry',
    'foundry: { endpoint: "https://x.services.ai.azure.com", deployment: mine }',
    {
      provider: 'azureOpenai',
      model: 'mine',
      apiVersion: '2024-10-21',
      baseUrl: 'https://x.services.ai.azure.com/openai',
      parameters: { maxOutputTokens: 4096 },
    },
  ],
  ['Gemini', 'gemini: { maxOutputTokens: 5 }', { provider: 'google', model: 'm', parameters: { maxOutputTokens: 5 } }],
  [
    'GeminiVertexAI',
    'geminiVertexAI: { projectID: acme, location: europe-west4, temperature: "0.5", stopSequences: [END], maxOutputTokens: 5 }',
    {
      provider: 'google',
      model: 'm',
      project: 'acme',
      region: 'europe-west4',
      parameters: { temperature: 0.5, maxOutputTokens: 5, stop: ['END'] },
    },
  ],
  [
    'Bedrock',
    'bedrock: { region: eu-central-1, promptCaching: true, cacheTTL: 1h }',
    { provider: 'bedrock', model: 'm', region: 'eu-central-1', parameters: { maxOutputTokens: 4096 } },
  ],
])('a model of %s becomes an endpoint of its provider in pawl', (provider, block, expected) => {
  const { spec } = importTexts(modelConfig(`{ provider: ${provider}, model: m, ${key}, ${block} }`, 'v1alpha3'));
  expect(spec('ModelEndpoint/desk/chat')).toEqual({
    ...expected,
    auth: { secretRef: { name: 'keys', key: 'token' } },
  });
});

test('a model of Ollama needs no key, and options that pawl lacks are said', () => {
  const { spec, said } = importTexts(
    modelConfig(
      '{ provider: Ollama, model: qwen3, ollama: { host: "ollama:11434", options: { num_ctx: "4096", num_predict: "50", temperature: "0.1" } } }',
    ),
  );
  expect(spec('ModelEndpoint/desk/chat')).toEqual({
    provider: 'ollama',
    model: 'qwen3',
    baseUrl: 'http://ollama:11434/v1',
    allowPrivate: true,
    parameters: { temperature: 0.1, maxOutputTokens: 50 },
  });
  expect(said).toEqual([
    'flagged import.parameter manifests.yaml:4 `spec.ollama.options.num_ctx` is not sent: pawl has no such parameter.',
    expect.stringContaining('flagged import.private manifests.yaml:4 '),
  ]);
});

test('what is kept in another way is said', () => {
  const { said } = importTexts(
    modelConfig(
      `{ model: m, openAI: { apiFormat: responses, presencePenalty: "0.5", frequencyPenalty: "0", timeout: 60, reasoningEffort: max } }`,
    ),
  );
  expect(said.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'ignored import.ignored',
    'flagged import.parameter',
    'flagged import.parameter',
    'flagged import.wire',
    'flagged import.default_limit',
    'flagged import.parameter',
    'flagged import.credential',
  ]);
});

test.each([
  ['{ model: m, apiKeyPassthrough: true }', 'import.unmappable', 'no caller’s token'],
  ['{ model: m, tls: { disableVerify: true } }', 'import.unmappable', 'verifies every certificate'],
  [
    `{ model: m, tls: { disableSystemCAs: true, caCertSecretRef: a, caCertSecretKey: b } }`,
    'import.unmappable',
    'would trust more',
  ],
  ['{ provider: AnthropicVertexAI, model: m }', 'import.unmappable', 'does not reach AnthropicVertexAI'],
  ['{ provider: SAPAICore, model: m, sapAICore: { baseUrl: "https://x" } }', 'import.unmappable', 'SAP AI Core'],
  [
    '{ provider: Bedrock, model: m, bedrock: { region: eu-west-1, guardrail: { identifier: a, version: "1" } } }',
    'import.unmappable',
    'guardrail',
  ],
  ['{ model: m, defaultHeaders: { Authorization: "Bearer abc" } }', 'import.secret_value', 'credential'],
  ['{ model: m, openAI: { temperature: warm } }', 'import.schema', 'is no number: `warm`'],
  ['{ model: m, openAI: { temperature: "3" } }', 'import.unmappable', 'from 0 to 2'],
  ['{ model: m, anthropic: { maxTokens: 5 } }', 'import.schema', 'for the provider Anthropic alone'],
  ['{ model: m, apiKeySecret: a }', 'import.schema', 'needs `spec.apiKeySecretKey`'],
  ['{ model: m, apiKeySecretKey: a }', 'import.schema', 'needs `spec.apiKeySecret`'],
  [`{ model: m, ${key}, apiKeyPassthrough: true }`, 'import.schema', 'stands beside `spec.apiKeySecret`'],
  ['{ model: m, provider: Gemini, apiKeyPassthrough: true }', 'import.schema', 'must be false'],
  ['{ model: m, openAI: { maxTokens: 5, maxCompletionTokens: 6 } }', 'import.schema', 'stands beside `maxTokens`'],
  ['{ model: m, tls: { caCertSecretRef: a } }', 'import.schema', 'needs `spec.tls.caCertSecretKey`'],
  ['{ model: m, tls: { caCertSecretKey: a } }', 'import.schema', 'needs `spec.tls.caCertSecretRef`'],
  ['{ model: m, tls: { disableSystemCAs: true } }', 'import.schema', 'nothing would be trusted'],
  ['{ model: m, provider: Foundry, foundry: { deployment: d } }', 'import.schema', 'needs `endpoint`'],
  [
    '{ model: m, provider: Foundry, foundry: { deployment: d, endpointFrom: { name: map, key: k } } }',
    'import.depends',
    'ConfigMap `map`',
  ],
  ['{ model: m, apiKeySecretRef: a }', 'import.schema', 'is not a field'],
])('%s is refused', (spec, code, message) => {
  const { resources, said } = importTexts(modelConfig(spec));
  expect(resources.filter(({ kind }) => kind === 'ModelEndpoint')).toEqual([]);
  expect(said).toContainEqual(
    expect.stringMatching(new RegExp(`^refused ${code} manifests.yaml:4 .*${message.replaceAll(/[`.]/g, '.')}`)),
  );
});

test('the first version names its Secret with its namespace', () => {
  const { spec, said } = importTexts(
    modelConfig(
      '{ model: m, apiKeySecretRef: vault/keys, apiKeySecretKey: token, openAI: { maxTokens: 5 }, modelInfo: { vision: true } }',
      'v1alpha1',
    ),
  );
  expect(spec('ModelEndpoint/desk/chat')).toMatchObject({ auth: { secretRef: { name: 'vault/keys', key: 'token' } } });
  expect(spec('Secret/vault/keys')).toMatchObject({ source: 'env' });
  expect(said).toContain('ignored import.ignored manifests.yaml:4 pawl asks every model in the same way.');
});

test('the third version knows one effort less than the second', () => {
  const { said } = importTexts(modelConfig('{ model: m, openAI: { reasoningEffort: max } }', 'v1alpha3'));
  expect(said).toContainEqual(expect.stringContaining('refused import.schema'));
});

test('a list of models at a provider becomes nothing, and its schema holds all the same', () => {
  const text = modelConfig('{ type: OpenAI, secretRef: { name: keys } }').replace('ModelConfig', 'ModelProviderConfig');
  expect(importTexts(text).resources).toEqual([]);
  expect(importTexts(text).said.every((line) => line.startsWith('ignored'))).toBe(true);
  expect(importTexts(text.replace(', secretRef: { name: keys }', '')).said).toContainEqual(
    expect.stringContaining('refused import.schema'),
  );
});
