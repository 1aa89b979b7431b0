import { describe, expect, onTestFinished, test } from 'vitest';
import type { BundleModel } from '../../src/manifest/bundle.ts';
import { callEmbedding } from '../../src/models/call.ts';
import { readEmbeddings } from '../../src/models/embed-provider.ts';
import { openaiEmbeddings } from '../../src/models/embed-wires.ts';
import { parsed } from '../../src/models/provider-response.ts';
import { embedByWords } from '../../src/models/scripted-embedding.ts';
import { type EmbeddingServer, startEmbeddingServer } from '../support/embedding-server.ts';
import { canary } from '../tools/fixture.ts';
import { endpoint, optionsWith } from './fixture.ts';

async function server(dimensions = 8): Promise<EmbeddingServer> {
  const started = await startEmbeddingServer(dimensions);
  onTestFinished(() => started.close());
  return started;
}

const keyed = { auth: { secret: 'default/crm', key: 'token' } } as const;
const two = { texts: ['a red car', 'green tea'], dimensions: 8, textsAre: 'document' } as const;
const cosine = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number =>
  a.reduce((sum, one, at) => sum + one * (b[at] ?? 0), 0);

describe.each(['openai', 'openaiCompatible', 'ollama'] as const)('an endpoint of %s', (provider) => {
  test('embeds texts in their order, whatever the order of the answer, and says what it used', async () => {
    const at = await server();
    const { vectors, usage } = await callEmbedding(endpoint(at.url, { provider, ...keyed }), two, optionsWith());
    expect(vectors).toEqual(embedByWords(two).vectors);
    expect(usage).toEqual({ inputTokens: 14, outputTokens: 0 });
    expect(at.asked).toMatchObject([{ path: '/v1/embeddings', authorization: `Bearer ${canary}` }]);
    expect(at.asked[0]?.body).toMatchObject({ model: 'small', input: two.texts });
    // Other models refuse to be asked for a length.
    expect(at.asked[0]?.body).not.toHaveProperty('dimensions');
  });

  test('is asked for the length where its model makes any', async () => {
    const at = await server();
    await callEmbedding(endpoint(at.url, { provider, model: 'text-embedding-3-small' }), two, optionsWith());
    expect(at.asked[0]?.body).toMatchObject({ dimensions: 8 });
    expect(at.asked[0]?.authorization).toBeUndefined();
  });
});

test('an endpoint of Azure is asked at its deployment', async () => {
  const at = await server();
  at.statuses.push(200);
  const azure = endpoint(at.url, { provider: 'azureOpenai', apiVersion: '2024-10-21', ...keyed });
  const { vectors } = await callEmbedding(azure, two, optionsWith());
  expect(vectors).toHaveLength(2);
  expect(at.asked[0]?.path).toBe('/v1/deployments/small/embeddings?api-version=2024-10-21');
});

test.each([
  ['anthropic', { provider: 'anthropic' }],
  ['google by Vertex AI', { provider: 'google', project: 'shop' }],
  ['a model of Bedrock that answers', { provider: 'bedrock', region: 'eu-central-1' }],
] as const)('%s is asked for none', async (_what, change) => {
  const at = await server();
  const asked = callEmbedding(endpoint(at.url, change), two, optionsWith());
  await expect(asked).rejects.toMatchObject({
    code: 'model.request_refused',
    message: `pawl asks small of ${change.provider} for no embeddings.`,
  });
  expect(at.asked).toEqual([]);
});

test.each<[string, number, string]>([
  ['is away', 503, 'model.unavailable'],
  ['asks to slow down', 429, 'model.rate_limited'],
  ['does not know the key', 401, 'model.unauthorised'],
  ['refuses', 400, 'model.request_refused'],
])(
  'a server that %s is told of in the words of models, without the key that it repeats',
  async (_what, status, code) => {
    const at = await server();
    at.statuses.push(status);
    const failed = await callEmbedding(endpoint(at.url, keyed), two, optionsWith()).catch((cause: unknown) => cause);
    expect(failed).toMatchObject({ code });
    expect(String(failed)).not.toContain(canary);
  },
);

describe('an answer', () => {
  const read = (body: unknown, dimensions = 2) =>
    readEmbeddings(
      openaiEmbeddings(parsed(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))), new Headers()),
      { texts: ['a', 'b'], dimensions, textsAre: 'document' },
    );
  const one = (embedding: unknown, index?: unknown) => ({ embedding, ...(index === undefined ? {} : { index }) });

  test('without indices goes by its order, and without usage is charged as a whole', () => {
    const { vectors, usage } = read({ data: [one([1, 0]), one([0, 2])] });
    expect(vectors.map((vector) => [...vector])).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(usage).toBeUndefined();
    expect(read({ data: [one([1, 0]), one([0, 2])], usage: { total_tokens: 5 } }).usage?.inputTokens).toBe(5);
  });

  test.each<[string, unknown, string, string]>([
    ['no JSON', '<html>', 'model.response_invalid', 'holds no list `data`'],
    ['no list', { data: {} }, 'model.response_invalid', 'holds no list `data`'],
    ['a vector less', { data: [one([1, 0])] }, 'model.response_invalid', 'asked for 2 embeddings and gave 1'],
    ['an index beyond', { data: [one([1, 0], 0), one([1, 0], 2)] }, 'model.response_invalid', 'that of no text'],
    [
      'an index twice',
      { data: [one([1, 0], 1), one([1, 0], 1)] },
      'model.response_invalid',
      'two embeddings of the text 1',
    ],
    ['no vector', { data: [one('x'), one([1, 0])] }, 'model.response_invalid', 'that is no list'],
    [
      'another length',
      { data: [one([1]), one([1, 0])] },
      'model.embedding_invalid',
      'of 1 numbers, and the Memory says 2',
    ],
    ['what is no number', { data: [one([null, 1]), one([1, 0])] }, 'model.embedding_invalid', 'finite numbers'],
    [
      'what no float holds',
      '{"data":[{"embedding":[1e300,1]},{"embedding":[1,0]}]}',
      'model.embedding_invalid',
      'finite',
    ],
    ['zeros', { data: [one([0, 0]), one([1, 0])] }, 'model.embedding_invalid', 'of zeros alone'],
  ])('with %s is refused', (_what, body, code, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});

test('a scripted endpoint embeds offline: the same words are alike, and other words are not', async () => {
  const model: BundleModel = { ...endpoint(''), provider: 'scripted', model: 'words' };
  const texts = ['Ada likes tea', 'TEA, likes Ada!', 'a red car', '!!!', ''];
  const { vectors, usage } = await callEmbedding(
    model,
    { texts, dimensions: 256, textsAre: 'document' },
    optionsWith(),
  );
  const [a, b, c] = vectors;
  expect(cosine(a, b)).toBeCloseTo(1);
  expect(Math.abs(cosine(a, c))).toBeLessThan(0.5);
  for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1);
  expect(usage?.outputTokens).toBe(0);
  expect((await callEmbedding(model, { texts, dimensions: 256, textsAre: 'document' }, optionsWith())).vectors).toEqual(
    vectors,
  );
});
