import { describe, expect, onTestFinished, test } from 'vitest';
import type { BundleModel } from '../../src/manifest/bundle.ts';
import { callEmbedding } from '../../src/models/call.ts';
import { embedByWords } from '../../src/models/scripted-embedding.ts';
import { type CloudEmbeddingServer, startCloudEmbeddingServer } from '../support/cloud-embedding-server.ts';
import { canary } from '../tools/fixture.ts';
import { endpoint, optionsWith } from './fixture.ts';

async function server(): Promise<CloudEmbeddingServer> {
  const started = await startCloudEmbeddingServer();
  onTestFinished(() => started.close());
  return started;
}

const keyed = { auth: { secret: 'default/crm', key: 'token' } } as const;
const texts = ['a red car', 'green tea'];
const google: Partial<BundleModel> = { provider: 'google', model: 'gemini-embedding-001', ...keyed };
const bedrock = (model: string): Partial<BundleModel> => ({
  provider: 'bedrock',
  model,
  region: 'eu-central-1',
  ...keyed,
});

const embed = (at: CloudEmbeddingServer, change: Partial<BundleModel>, request: Parameters<typeof callEmbedding>[1]) =>
  callEmbedding(endpoint(at.url, change), request, optionsWith());

describe('an endpoint of Google', () => {
  test('embeds several texts at once, by the length that is asked for, and says nothing of what it counted', async () => {
    const at = await server();
    const request = { texts, dimensions: 16, textsAre: 'document' } as const;
    const { vectors, usage } = await embed(at, google, request);
    expect(vectors).toEqual(embedByWords(request).vectors);
    expect(usage).toBeUndefined();
    expect(at.asked).toMatchObject([
      {
        path: '/models/gemini-embedding-001:batchEmbedContents',
        headers: { 'x-goog-api-key': canary },
        body: {
          requests: texts.map((text) => ({
            model: 'models/gemini-embedding-001',
            content: { parts: [{ text }] },
            outputDimensionality: 16,
            taskType: 'RETRIEVAL_DOCUMENT',
          })),
        },
      },
    ]);
  });

  test('embeds one text by its own method, and a query as one; a later model is told no task', async () => {
    const at = await server();
    const query = { texts: ['tea'], dimensions: 16, textsAre: 'query' } as const;
    expect((await embed(at, google, query)).vectors).toEqual(embedByWords(query).vectors);
    await embed(at, { ...google, model: 'gemini-embedding-2' }, query);
    expect(at.asked).toMatchObject([
      { path: '/models/gemini-embedding-001:embedContent', body: { taskType: 'RETRIEVAL_QUERY' } },
      { path: '/models/gemini-embedding-2:embedContent' },
    ]);
    expect(at.asked[1]?.body).not.toHaveProperty('taskType');
  });

  test('counts what a model says that it counted', async () => {
    const at = await server();
    at.liar = () => ({ embedding: { values: [1, 0] }, usageMetadata: { promptTokenCount: 4 } });
    const { usage } = await embed(at, google, { texts: ['tea'], dimensions: 2, textsAre: 'query' });
    expect(usage).toEqual({ inputTokens: 4, outputTokens: 0 });
  });
});

describe('an endpoint of Bedrock', () => {
  test.each([
    ['amazon.titan-embed-text-v2:0', 256, { inputText: 'tea', dimensions: 256 }, 5],
    ['amazon.titan-embed-text-v1', 1536, { inputText: 'tea' }, 5],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      384,
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'TEXT_RETRIEVAL',
          embeddingDimension: 384,
          text: { truncationMode: 'NONE', value: 'tea' },
        },
      },
      6,
    ],
    [
      'cohere.embed-v4:0',
      512,
      { texts: ['tea'], input_type: 'search_query', truncate: 'NONE', output_dimension: 512 },
      7,
    ],
    ['cohere.embed-english-v3', 1024, { texts: ['tea'], input_type: 'search_query', truncate: 'NONE' }, 7],
  ])('asks %s for %i numbers in its own words, and reads what it counted', async (model, dimensions, body, counted) => {
    const at = await server();
    const request = { texts: ['tea'], dimensions, textsAre: 'query' } as const;
    const { vectors, usage } = await embed(at, bedrock(model), request);
    expect(vectors).toEqual(embedByWords(request).vectors);
    expect(usage).toEqual({ inputTokens: counted, outputTokens: 0 });
    expect(at.asked.map((one) => [one.path, one.headers['authorization'], one.body])).toEqual([
      [`/model/${model}/invoke`, `Bearer ${canary}`, body],
    ]);
  });

  test('is told what is kept as such, and Cohere several at once', async () => {
    const at = await server();
    const kept = { texts, dimensions: 1024, textsAre: 'document' } as const;
    expect((await embed(at, bedrock('cohere.embed-v4:0'), kept)).vectors).toEqual(embedByWords(kept).vectors);
    await embed(at, bedrock('amazon.nova-2-multimodal-embeddings-v1:0'), { ...kept, texts: ['tea'] });
    expect(at.asked.map(({ body }) => body)).toMatchObject([
      { texts, input_type: 'search_document' },
      { singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX' } },
    ]);
  });
});

test.each([
  ['Gemini', google, { embeddings: {} }, 'holds no list `embeddings`'],
  ['Gemini', google, { embedding: { values: 'x' } }, 'that is no list'],
  ['Titan', bedrock('amazon.titan-embed-text-v2:0'), {}, 'holds no list `embedding`'],
  ['Nova', bedrock('amazon.nova-2-multimodal-embeddings-v1:0'), { embeddings: [null] }, 'that is no list'],
  ['Cohere', bedrock('cohere.embed-v4:0'), { embeddings: { int8: [[1]] } }, 'holds no list `embeddings`'],
  [
    'Cohere',
    bedrock('cohere.embed-v4:0'),
    {
      embeddings: [
        [1, 0],
        [1, 0],
      ],
    },
    'asked for 1 embeddings and gave 2',
  ],
])('an answer of %s that is something else is used for nothing: %#', async (_whose, change, told, message) => {
  const at = await server();
  at.liar = () => told;
  await expect(embed(at, change, { texts: ['tea'], dimensions: 256, textsAre: 'query' })).rejects.toMatchObject({
    code: 'model.response_invalid',
    message: expect.stringContaining(message),
  });
});

test.each([
  ['Google', google, 429, 'model.rate_limited'],
  ['Google', google, 503, 'model.unavailable'],
  ['Bedrock', bedrock('amazon.titan-embed-text-v2:0'), 403, 'model.unauthorised'],
  ['Bedrock', bedrock('amazon.titan-embed-text-v2:0'), 400, 'model.request_refused'],
] as const)('what %s refuses is told of in the words of models: %#', async (_whose, change, status, code) => {
  const at = await server();
  at.statuses.push(status);
  const request = { texts: ['tea'], dimensions: 256, textsAre: 'query' } as const;
  const failed = await embed(at, change, request).catch((cause: unknown) => cause);
  expect(failed).toMatchObject({ code });
  expect(String(failed)).not.toContain(canary);
});
