import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const auth = 'auth: {profile: bearer, secretRef: {name: key, key: token}}';
const around = [
  manifest('Secret', 'key', '{source: env, keys: {token: PAWL_SECRET_KEY}}'),
  manifest('Gateway', 'llm', `{type: model, url: "https://llm.example.com/v1", provider: openai, ${auth}}`),
  manifest('Gateway', 'plain', '{type: model, url: "https://plain.example.com/v1", provider: openai}'),
  manifest('Gateway', 'tools', '{type: tool, url: "https://tools.example.com"}'),
];

function errors(endpoint: string): readonly string[] {
  const texts = [manifest('ModelEndpoint', 'm', endpoint), ...around];
  const { problems } = resolveTexts({ 'a.yaml': texts.join('---\n') });
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('an endpoint behind a gateway', () => {
  test('is asked there, with the gateway’s credential or its own', () => {
    expect(errors('{provider: openai, model: x, gatewayRef: llm}')).toEqual([]);
    expect(
      errors('{provider: openai, model: x, gatewayRef: plain, auth: {secretRef: {name: key, key: token}}}'),
    ).toEqual([]);
  });

  test.each([
    ['speaks its protocol', '{provider: anthropic, model: x, gatewayRef: plain}', 'protocol of openai'],
    ['goes through one for models', '{provider: openai, model: x, gatewayRef: tools}', 'a gateway for tools'],
    [
      'sends one credential',
      '{provider: openai, model: x, gatewayRef: llm, auth: {secretRef: {name: key, key: token}}}',
      'credential of its own',
    ],
    [
      'has no address of its own',
      '{provider: openai, model: x, gatewayRef: plain, baseUrl: "https://x.example.com"}',
      '`baseUrl` has no meaning',
    ],
    [
      'does not say itself what may be reached',
      '{provider: openai, model: x, gatewayRef: plain, allowPrivate: true}',
      '`allowPrivate` has no meaning',
    ],
  ])('%s', (_name, endpoint, words) => {
    expect(errors(endpoint).join('\n')).toContain(words);
  });
});
