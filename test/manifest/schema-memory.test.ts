import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const auth = { profile: 'bearer', secretRef: { name: 'memory', key: 'token' } };
const embedded = { embeddingRef: 'embed', dimensions: 1536 };

describe('a Memory', () => {
  testSchema({
    kind: 'Memory',
    accepted: {
      'in the database, with embeddings': {
        description: 'What customers said',
        owner: 'support',
        type: 'postgres',
        session: { ttl: '30d', maxMessages: 100 },
        longTerm: { ...embedded, topK: 8, minScore: '0.7', ttl: '365d' },
      },
      'in the database, by words': { type: 'postgres', longTerm: {} },
      'as long as the worker lives': { type: 'inMemory' },
      'in a service': {
        type: 'http',
        http: { url: 'https://memory.example.com/v1', auth, timeout: '5s', allowPrivate: true },
        longTerm: { topK: 3 },
      },
      'in a service that hands out tokens': {
        type: 'http',
        http: {
          url: 'https://memory.example.com',
          auth: {
            ...auth,
            profile: 'oauth2ClientCredentials',
            tokenUrl: 'https://login.example.com/token',
            scopes: ['memory.read'],
          },
        },
      },
      'in a service with a key': {
        type: 'http',
        http: { url: 'https://m.example.com', auth: { ...auth, profile: 'apiKeyHeader', headerName: 'X-Api-Key' } },
      },
    },
    refused: {
      'no type': [{}, 'manifest.required spec'],
      'a type that is none': [{ type: 'redis' }, 'manifest.value spec.type One of: postgres, inMemory, http.'],
      'a service without its block': [{ type: 'http' }, 'manifest.required spec'],
      'a block without a service': [
        { type: 'postgres', http: { url: 'https://m.example.com' } },
        'manifest.contradiction spec.http',
      ],
      'long-term memory that ends with the worker': [
        { type: 'inMemory', longTerm: {} },
        'manifest.contradiction spec.longTerm',
      ],
      'embeddings of unknown length': [
        { type: 'postgres', longTerm: { embeddingRef: 'embed' } },
        'manifest.required spec.longTerm',
      ],
      'a length without embeddings': [
        { type: 'postgres', longTerm: { dimensions: 3 } },
        'manifest.contradiction spec.longTerm.dimensions',
      ],
      'embeddings of a service': [
        { type: 'http', http: { url: 'https://m.example.com' }, longTerm: embedded },
        'manifest.contradiction spec.longTerm.embeddingRef',
        'manifest.contradiction spec.longTerm.dimensions',
      ],
      'a score of words': [
        { type: 'postgres', longTerm: { minScore: 0.5 } },
        'manifest.contradiction spec.longTerm.minScore',
      ],
      'a score of words, as text': [
        { type: 'postgres', longTerm: { minScore: '0.5' } },
        'manifest.contradiction spec.longTerm.minScore',
      ],
      'scores and times out of bounds': [
        { type: 'postgres', session: { ttl: '0d', maxMessages: 0 }, longTerm: { ...embedded, minScore: 1.5, topK: 0 } },
        'manifest.format spec.session.ttl',
        'manifest.limit spec.session.maxMessages',
        'manifest.limit spec.longTerm.minScore',
        'manifest.limit spec.longTerm.topK',
      ],
      'an address with a user': [
        { type: 'http', http: { url: 'https://me@m.example.com' } },
        'manifest.format spec.http.url',
      ],
      'an address with a query': [
        { type: 'http', http: { url: 'https://m.example.com/v1?tenant=a' } },
        'manifest.url spec.http.url Write a host and a path that exist, without `?` and `#`.',
      ],
      'an address with a fragment': [
        { type: 'http', http: { url: 'https://m.example.com/v1#x' } },
        'manifest.url spec.http.url',
      ],
      'an address with an empty query': [
        { type: 'http', http: { url: 'https://m.example.com/v1?' } },
        'manifest.url spec.http.url',
      ],
      'an address without a host': [{ type: 'http', http: { url: 'https://[x' } }, 'manifest.url spec.http.url'],
    },
  });
});
