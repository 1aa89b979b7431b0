import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { documents, orlojHead } from './orloj-fixture.ts';

const memory = (spec: string, ...more: readonly string[]) =>
  importTexts(documents(`${orlojHead('Memory', 'notes')}spec: { ${spec} }\n`, ...more));
const key = 'Memory/desk/notes';

test('a memory of a process stays one where nothing reads it with tools', () => {
  expect(memory('type: kv').spec(key)).toEqual({ type: 'inMemory' });
});

test('vectors are kept in the database of pawl, by meaning where the model of the embeddings is known', () => {
  const embedding = `${orlojHead('ModelEndpoint', 'embed')}spec: { default_model: text-embedding-3-small }\n`;
  const known = memory('provider: pgvector, embedding_model: embed', embedding);
  expect(known.spec(key)).toEqual({ type: 'postgres', longTerm: { embeddingRef: 'embed', dimensions: 1536 } });
  const unknown = memory('provider: pgvector, embedding_model: embed, endpoint: "postgres://u:hidden@db/x"');
  expect(unknown.spec(key)).toEqual({ type: 'postgres', longTerm: {} });
  expect(unknown.said.map((one) => one.split(' ')[1])).toEqual(['import.secret_value', 'import.store']);
  expect(unknown.said.join()).not.toContain('hidden');
});

test('a service is called with its token', () => {
  const { spec } = memory('provider: http, endpoint: "https://memory.example.com", auth: { secretRef: token }');
  expect(spec(key)).toEqual({
    type: 'http',
    http: {
      url: 'https://memory.example.com',
      auth: { profile: 'bearer', secretRef: { name: 'token', key: 'value' } },
    },
  });
  expect(memory('provider: http, endpoint_secret_ref: address').said[0]).toContain('pawl reads no URL from a Secret.');
});

test('a service whose URL says more than a path is refused: pawl asks at paths beneath it', () => {
  const { said, spec } = memory('provider: http, endpoint: "https://memory.example.com/v1?tenant=hidden"');
  expect(said.join()).toContain('import.unmappable');
  expect(said.join()).toContain('pawl asks the service at paths beneath the URL');
  expect(said.join()).not.toContain('hidden');
  expect(spec(key)).toBeUndefined();
});

test('a service without TLS is carried over where its address is a private one, and refused elsewhere', () => {
  expect(memory('provider: http, endpoint: "http://memory.shop.svc/v1"').spec(key)).toMatchObject({
    http: { url: 'http://memory.shop.svc/v1', allowPrivate: true },
  });
  const { said, spec } = memory('provider: http, endpoint: "http://memory.example.com/v1"');
  expect(said.join()).toContain(
    'import.unmappable manifests.yaml:4 pawl speaks to a service over TLS where `allowPrivate` does not say',
  );
  expect(spec(key)).toBeUndefined();
});

test('a provider of a plugin is refused', () => {
  expect(memory('provider: redis').said).toEqual([
    'refused import.unmappable manifests.yaml:4 The provider `redis` is a plugin of that installation.',
  ]);
});
