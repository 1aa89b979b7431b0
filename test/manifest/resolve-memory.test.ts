import { expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const found = (memory: string, use: string) =>
  resolveTexts({
    'memory.yaml': manifest('Memory', 'notes', memory),
    'agent.yaml': manifest('Agent', 'keeper', `{modelRef: m, prompt: Keep., memory: ${use}}`),
  }).problems.filter(({ code }) => code === 'memory.no_long_term');

test('an agent that allows itself operations of a memory without a long term is told so', () => {
  expect(found('{type: postgres}', '{memoryRef: notes, allow: [write]}')).toMatchObject([
    {
      severity: 'error',
      message: 'Memory/default/notes keeps sessions only, so that `allow` gives the agent nothing.',
    },
  ]);
});

test('a memory in a service is not renamed: nothing that it keeps could follow', () => {
  const renamed = (spec: string) => {
    const text = manifest('Memory', 'notes', spec).replace('metadata: {', 'metadata: {renamedFrom: old, ');
    return resolveTexts({ 'memory.yaml': text }).problems.filter(({ code }) => code === 'memory.move_unsupported');
  };
  expect(renamed('{type: http, http: {url: "https://m.example.com"}}')).toMatchObject([
    {
      severity: 'error',
      message: 'Memory/default/notes is kept by a service, which pawl cannot tell of its new name.',
      help: 'Remove `renamedFrom`, and let the service give what it has under the old name under the new one too.',
    },
  ]);
  expect(renamed('{type: postgres}')).toEqual([]);
});

test('a service is at an address that paths can follow', () => {
  const problems = (url: string) =>
    resolveTexts({ 'memory.yaml': manifest('Memory', 'notes', `{type: http, http: {url: "${url}"}}`) }).problems.filter(
      ({ code }) => code === 'manifest.url',
    );
  for (const url of ['https://h.example.com/v1?tenant=a', 'https://h.example.com/v1#x', 'https://[x'])
    expect(problems(url)).toMatchObject([
      {
        code: 'manifest.url',
        severity: 'error',
        file: 'memory.yaml',
        address: 'Memory/default/notes',
        message: `\`${url}\` is no address beneath which a service can be asked.`,
        help: 'Write a host and a path that exist, without `?` and `#`.',
      },
    ]);
  expect(problems('https://h.example.com/v1/')).toEqual([]);
});

test('a service is spoken to with TLS, but where it may be at a private address', () => {
  const problems = (http: string) =>
    resolveTexts({ 'memory.yaml': manifest('Memory', 'notes', `{type: http, http: ${http}}`) }).problems.filter(
      ({ code }) => code === 'manifest.url',
    );
  expect(problems('{url: "http://memory.example.com/v1"}')).toMatchObject([
    {
      severity: 'error',
      file: 'memory.yaml',
      address: 'Memory/default/notes',
      message: '`http://memory.example.com/v1` would be spoken to without TLS.',
      help: 'Use `https://`. Within a private network, say `allowPrivate: true` beside it.',
    },
  ]);
  expect(problems('{url: "http://memory.internal/v1", allowPrivate: true}')).toEqual([]);
});

test('sessions alone, and a memory with a long term, are fine', () => {
  expect(found('{type: postgres}', '{memoryRef: notes}')).toEqual([]);
  expect(found('{type: postgres, longTerm: {}}', '{memoryRef: notes, allow: [write]}')).toEqual([]);
});

const memoryProblems = (endpoint: string, dimensions = 8) =>
  resolveTexts({
    'memory.yaml': manifest(
      'Memory',
      'notes',
      `{type: postgres, longTerm: {embeddingRef: embed, dimensions: ${dimensions}}}`,
    ),
    'embed.yaml': manifest('ModelEndpoint', 'embed', endpoint),
  }).problems.filter(({ code }) => code.startsWith('memory.'));

test.each([
  ['{provider: anthropic, model: m}', 'a model of anthropic'],
  [
    '{provider: google, model: gemini-embedding-001, project: shop, region: europe-west4}',
    'a model of google by Vertex AI',
  ],
  ['{provider: bedrock, model: "amazon.nova-pro-v1:0", region: eu-central-1}', '`amazon.nova-pro-v1:0` at Bedrock'],
  [
    '{provider: bedrock, model: "arn:aws:bedrock:eu-central-1:1:provisioned-model/x", region: eu-central-1}',
    '`arn:aws:bedrock:eu-central-1:1:provisioned-model/x` at Bedrock',
  ],
])('an endpoint of %s embeds no memory, and its place is named', (endpoint, asked) => {
  expect(memoryProblems(endpoint)).toMatchObject([
    {
      code: 'memory.embeddings_unsupported',
      severity: 'error',
      message: `ModelEndpoint/default/embed asks for ${asked}, of which pawl gets no embeddings.`,
      help: 'Name a ModelEndpoint that embeds, as docs/memory.md lists them, or remove `embeddingRef`, `dimensions` and `minScore`: what is remembered is then found by words.',
      file: 'memory.yaml',
    },
  ]);
});

test.each([
  ['amazon.titan-embed-text-v2:0', '256, 512 or 1024'],
  ['amazon.titan-embed-text-v1', '1536'],
  ['us.amazon.nova-2-multimodal-embeddings-v1:0', '256, 384, 1024 or 3072'],
  ['eu.cohere.embed-v4:0', '256, 512, 1024 or 1536'],
  ['cohere.embed-multilingual-v3', '1024'],
])('%s makes embeddings of certain lengths, and another is an error of the plan', (model, lengths) => {
  const endpoint = `{provider: bedrock, model: "${model}", region: eu-central-1}`;
  expect(memoryProblems(endpoint, 100)).toMatchObject([
    {
      code: 'memory.dimensions_unsupported',
      severity: 'error',
      message: `${model} makes embeddings of ${lengths} numbers, not of 100.`,
      help: `Write ${lengths}, or name another model.`,
      file: 'memory.yaml',
    },
  ]);
  expect(memoryProblems(endpoint, Number(lengths.split(/\D+/).at(-1)))).toEqual([]);
});

test.each([
  '{provider: openai, model: text-embedding-3-small}',
  '{provider: google, model: gemini-embedding-001}',
  '{provider: ollama, model: nomic-embed-text}',
])('an endpoint of %s embeds a memory', (endpoint) => {
  expect(memoryProblems(endpoint)).toEqual([]);
});
