import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function document(kind: string, name: string, spec: string): string {
  return `---\napiVersion: kagent.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: desk }\nspec: ${spec}\n`;
}

const model =
  'model: { provider: openai, name: gpt-4.1, temperature: "0.3", maxTokens: 800, apiKeySecretRef: { name: keys, key: openai } }';
const refund = document(
  'Tool',
  'refund',
  '{ type: api, description: Refund an order., endpoint: "https://shop.example.com/refunds", method: POST, timeout: 10, auth: { type: bearer, secretRef: { name: shop, key: token } }, parameters: [{ name: order, type: string, required: true }, { name: reason, type: string, enum: [late, broken] }], output: { type: object } }',
);

test('an agent becomes an agent with a model and a memory of its own, and a role for the tools that it names', () => {
  const { spec, said } = importTexts(
    document(
      'Agent',
      'support',
      `{ displayName: Support, description: Answers., ${model}, systemPrompt: "Use {{braces}}.", tools: [{ name: refund }, { name: lost }], memory: { type: redis, config: { host: h, ttl: 60, maxHistory: 9 }, compression: { enabled: true, threshold: 4000 } }, scaling: { minReplicas: 2 }, observability: { tracing: { enabled: false } } }`,
    ) + refund,
  );
  expect(spec('Agent/desk/support')).toEqual({
    displayName: 'Support',
    description: 'Answers.',
    prompt: 'Use \\{{braces}}.',
    modelRef: 'support-model',
    tools: [{ toolRef: 'refund' }],
    roles: ['support-imported'],
    memory: { memoryRef: 'support-memory', allow: [], maxHistory: 9 },
    limits: { maxSteps: 10, timeout: '5m' },
    context: { compaction: { triggerTokens: 4000 } },
    observability: { sampling: 0 },
  });
  expect(spec('ModelEndpoint/desk/support-model')).toEqual({
    provider: 'openai',
    model: 'gpt-4.1',
    parameters: { temperature: 0.3, maxOutputTokens: 800 },
    auth: { secretRef: { name: 'keys', key: 'openai' } },
  });
  expect(spec('Memory/desk/support-memory')).toEqual({ type: 'postgres', session: { ttl: '60s', maxMessages: 9 } });
  expect(spec('AgentRole/desk/support-imported')).toMatchObject({ permissions: ['tool:refund:write'] });
  expect(said).toContainEqual(expect.stringContaining('flagged import.default_allow'));
  expect(said).toContainEqual(expect.stringMatching(/^dropped import.reference .*lost/));
});

test('settings of a memory stand beside its type too, and not in both places', () => {
  const memory = (block: string) =>
    importTexts(document('Agent', 'a', `{ ${model}, systemPrompt: p, memory: ${block} }`));
  expect(memory('{ type: in-memory, ttl: 1h, maxHistory: 3 }').spec('Memory/desk/a-memory')).toEqual({
    type: 'inMemory',
    session: { ttl: '3600s', maxMessages: 3 },
  });
  expect(memory('{ type: postgres, ttl: 5, config: { ttl: 5 } }').said).toContainEqual(
    expect.stringMatching(/^refused import.schema .*stands beside/),
  );
});

test.each([
  [
    '{ provider: vllm, name: m, endpoint: "http://vllm:8000/v1" }',
    { provider: 'openaiCompatible', allowPrivate: true },
  ],
  ['{ provider: openai, name: m, endpoint: "" }', { provider: 'openai' }],
  ['{ provider: anthropic, name: m, temperature: 1 }', { provider: 'anthropic' }],
  [
    '{ provider: bedrock, name: m, endpoint: "https://bedrock-runtime.eu-central-1.amazonaws.com" }',
    { provider: 'bedrock', region: 'eu-central-1' },
  ],
])('the model %s is written', (block, expected) => {
  const { spec } = importTexts(document('Agent', 'a', `{ model: ${block}, systemPrompt: p }`));
  expect(spec('ModelEndpoint/desk/a-model')).toMatchObject(expected);
});

test.each([
  ['{ model: { provider: vllm, name: m }, systemPrompt: p }', 'import.schema'],
  ['{ model: { provider: bedrock, name: m }, systemPrompt: p }', 'import.unmappable'],
  ['{ model: { provider: mistral, name: m }, systemPrompt: p }', 'import.schema'],
  ['{ model: { provider: openai, name: m, temperature: 9 }, systemPrompt: p }', 'import.schema'],
  ['{ model: { provider: openai, name: m } }', 'import.schema'],
  ['{ model: { provider: openai, name: m }, systemPrompt: p, memory: { type: mongo } }', 'import.schema'],
])('the agent %s is refused', (spec, code) => {
  const { said, resources } = importTexts(document('Agent', 'a', spec));
  expect(resources).toEqual([]);
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^refused ${code} manifests.yaml:5`)));
});

test('a tool behind a URL sends its parameters, may reach its host alone, and counts as a write', () => {
  expect(importTexts(refund).spec('Tool/desk/refund')).toEqual({
    type: 'http',
    description: 'Refund an order.',
    operation: 'write',
    timeout: '10s',
    inputSchema: {
      type: 'object',
      required: ['order'],
      properties: { order: { type: 'string' }, reason: { type: 'string', enum: ['late', 'broken'] } },
    },
    outputSchema: { type: 'object' },
    http: {
      method: 'POST',
      url: 'https://shop.example.com/refunds',
      body: { order: '{order}', reason: '{reason}' },
    },
    egress: { hosts: ['shop.example.com'] },
    auth: { profile: 'bearer', secretRef: { name: 'shop', key: 'token' } },
  });
});

test('what a method has no body for goes into the query, and the path takes its part', () => {
  const { spec } = importTexts(
    document(
      'Tool',
      't',
      '{ type: api, description: d, config: { endpoint: "http://shop.example.com:81/orders/{id}", method: GET, auth: { type: apiKey, header: X-Key, secretRef: { name: shop, key: k } } }, parameters: [{ name: id }, { name: page }] }',
    ),
  );
  expect(spec('Tool/desk/t')).toMatchObject({
    http: { method: 'GET', url: 'http://shop.example.com:81/orders/{id}', query: { page: '{page}' } },
    egress: { hosts: ['http://shop.example.com:81'] },
    auth: { profile: 'apiKeyHeader', headerName: 'X-Key', secretRef: { name: 'shop', key: 'k' } },
  });
});

test('code, people and memories are tools too', () => {
  const { spec, said } = importTexts(
    document('Tool', 'sum', '{ type: code, description: d, language: javascript, code: "export default () => 1" }') +
      document('Tool', 'ask', '{ type: human, description: d }') +
      document(
        'Tool',
        'find',
        '{ type: retrieval, description: d, memory: notes, topK: 3, parameters: [{ name: query, type: string }] }',
      ) +
      document('Memory', 'notes', '{ type: postgres }'),
  );
  expect(spec('Tool/desk/sum')).toMatchObject({ type: 'code', code: { source: 'export default () => 1' } });
  expect(spec('Tool/desk/ask')).toMatchObject({ type: 'human', human: { assignees: { groups: ['operators'] } } });
  expect(spec('Tool/desk/find')).toMatchObject({
    type: 'retrieval',
    operation: 'read',
    retrieval: { memoryRef: 'notes', topK: 3 },
  });
  expect(said).toContainEqual(expect.stringContaining('flagged import.approvers'));
});

test.each([
  ['{ type: api, description: d }', 'import.schema', 'needs an'],
  ['{ type: api, description: d, endpoint: "https://{host}/x" }', 'import.schema', 'needs an'],
  ['{ type: api, description: d, endpoint: "https://a.b", code: x }', 'import.schema', 'has no meaning'],
  [
    '{ type: api, description: d, endpoint: "https://a.b", config: { endpoint: "https://a.b" } }',
    'import.schema',
    'stands beside',
  ],
  ['{ type: code, description: d, language: python, code: x }', 'import.unmappable', 'JavaScript'],
  ['{ type: code, description: d }', 'import.schema', 'not said'],
  ['{ type: retrieval, description: d }', 'import.unmappable', 'not said'],
  ['{ type: retrieval, description: d, store: { type: milvus } }', 'import.unmappable', 'vector store'],
  [
    '{ type: api, description: d, endpoint: "https://a.b", parameters: [{ name: a }, { name: a }] }',
    'import.schema',
    'twice',
  ],
  ['{ type: rpc, description: d }', 'import.schema', 'one of'],
])('the tool %s is refused', (spec, code, message) => {
  const { said, resources } = importTexts(document('Tool', 't', spec));
  expect(resources).toEqual([]);
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^refused ${code} manifests.yaml:5 .*${message}`)));
});
