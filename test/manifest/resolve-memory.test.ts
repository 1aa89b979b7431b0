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

test.each(['anthropic', 'google', 'bedrock'])(
  'an endpoint of %s embeds no memory, and its place is named',
  (provider) => {
    const region = provider === 'bedrock' ? ', region: eu-central-1' : '';
    const problems = (longTerm: string) =>
      resolveTexts({
        'memory.yaml': manifest('Memory', 'notes', `{type: postgres, longTerm: ${longTerm}}`),
        'embed.yaml': manifest('ModelEndpoint', 'embed', `{provider: ${provider}, model: m${region}}`),
        'words.yaml': manifest('ModelEndpoint', 'words', '{provider: openai, model: text-embedding-3-small}'),
      }).problems.filter(({ code }) => code === 'memory.embeddings_unsupported');
    expect(problems('{embeddingRef: embed, dimensions: 8}')).toMatchObject([
      {
        severity: 'error',
        message: `ModelEndpoint/default/embed is of provider ${provider}, which pawl asks for no embeddings.`,
        help: 'Name a ModelEndpoint of openai, azureOpenai, openaiCompatible, ollama or scripted, or remove `embeddingRef`, `dimensions` and `minScore`: what is remembered is then found by words.',
        file: 'memory.yaml',
      },
    ]);
    expect(problems('{embeddingRef: words, dimensions: 8}')).toEqual([]);
  },
);
