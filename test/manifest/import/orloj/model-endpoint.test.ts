import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';
import { orlojHead } from './orloj-fixture.ts';

const endpoint = (spec: string) => importTexts(`${orlojHead('ModelEndpoint', 'chat')}spec: { ${spec} }\n`);
const specOf = (spec: string) => endpoint(spec).spec('ModelEndpoint/desk/chat');

test('each provider becomes pawl’s, with the path that its API has there', () => {
  expect(specOf('default_model: gpt')).toEqual({ provider: 'openai', model: 'gpt' });
  expect(specOf('provider: ollama, default_model: m, base_url: "http://127.0.0.1:11434"')).toEqual({
    provider: 'ollama',
    model: 'm',
    baseUrl: 'http://127.0.0.1:11434/v1',
    allowPrivate: true,
  });
  expect(
    specOf(
      'provider: azure-openai, default_model: d, base_url: "https://x.openai.azure.com", options: { api_version: "2024-10-21" }',
    ),
  ).toEqual({
    provider: 'azureOpenai',
    model: 'd',
    baseUrl: 'https://x.openai.azure.com/openai',
    apiVersion: '2024-10-21',
  });
  expect(specOf('provider: bedrock, default_model: nova, options: { region: eu-central-1 }')).toEqual({
    provider: 'bedrock',
    model: 'nova',
    region: 'eu-central-1',
  });
});

test('the key comes from a Secret that is to be set, and options become parameters', () => {
  const { spec, secrets } = endpoint(
    'provider: anthropic, default_model: claude, options: { max_tokens: "512", anthropic_version: "2023-06-01" }, auth: { secretRef: shared/key }',
  );
  expect(spec('ModelEndpoint/desk/chat')).toEqual({
    provider: 'anthropic',
    model: 'claude',
    parameters: { maxOutputTokens: '512' },
    auth: { secretRef: { name: 'shared/key', key: 'value' } },
  });
  expect(secrets.map(({ namespace, name, key }) => `${namespace}/${name}/${key}`)).toEqual(['shared/key/value']);
});

test('a provider that answers by code is refused, with what to do instead', () => {
  const { said, resources } = endpoint('provider: mock, default_model: m');
  expect(resources).toEqual([]);
  expect(said).toEqual([
    'refused import.unmappable manifests.yaml:4 The provider `mock` answers by code inside of Orloj.',
  ]);
});

test('an option that pawl does not have is left out and said, a URL with a password is refused', () => {
  expect(endpoint('default_model: m, options: { logit_bias: "1" }').said).toEqual([
    'dropped import.unmappable manifests.yaml:4 pawl has no option `logit_bias` for this provider: calls are made without it.',
  ]);
  expect(endpoint('default_model: m, base_url: "https://me:hidden@models.example.com"').said).toEqual([
    'refused import.unmappable manifests.yaml:4 The URL holds a user or a password.',
  ]);
});
