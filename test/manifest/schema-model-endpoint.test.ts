import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { digestOf, testSchema } from './schema-cases.ts';

const compatible = { provider: 'openaiCompatible', model: 'small', baseUrl: 'https://models.example.com/v1' };
const scripted = { provider: 'scripted', model: 'any', scriptFile: 'a.script.yaml' };
const secretRef = { name: 'models', key: 'token' };

describe('a ModelEndpoint', () => {
  testSchema({
    kind: 'ModelEndpoint',
    accepted: {
      'of any compatible API': {
        ...compatible,
        description: 'The cheap one',
        parameters: {
          temperature: '0.7',
          topP: 1,
          maxOutputTokens: '512',
          reasoningEffort: 'low',
          stop: ['END'],
          seed: 7,
        },
        auth: { secretRef },
        pricing: { inputPerMTok: '0.15', outputPerMTok: 0.6, cachedInputPerMTok: '0.015' },
        rateLimit: { requestsPerMinute: 500, tokensPerMinute: 200000 },
        headers: { 'X-Team': 'support' },
        tls: { caSecretRef: { name: 'models', key: 'ca' } },
        allowPrivate: true,
      },
      'behind a gateway': { provider: 'openaiCompatible', model: 'x', gatewayRef: 'models' },
      'of a script': scripted,
      'of OpenAI': { provider: 'openai', model: 'gpt-5-mini' },
      'of Anthropic': { provider: 'anthropic', model: 'claude-sonnet-4-5', parameters: { temperature: 1 } },
      'of Azure': {
        provider: 'azureOpenai',
        model: 'mini',
        baseUrl: 'https://a.example.com',
        apiVersion: '2025-04-01',
      },
      'of Google': { provider: 'google', model: 'gemini', region: 'europe-west4', project: 'support-prod' },
      'of Bedrock': { provider: 'bedrock', model: 'anthropic.claude', region: 'eu-central-1' },
      'of Ollama': { provider: 'ollama', model: 'qwen3', baseUrl: 'http://localhost:11434', allowPrivate: true },
    },
    refused: {
      'no provider': [{ model: 'x' }, 'manifest.required spec'],
      'no model': [{ provider: 'openai' }, 'manifest.required spec'],
      'an empty model': [{ provider: 'openai', model: '' }, 'manifest.limit spec.model'],
      'a compatible API that is nowhere': [{ provider: 'openaiCompatible', model: 'x' }, 'manifest.required spec'],
      'Bedrock without a region': [{ provider: 'bedrock', model: 'x' }, 'manifest.required spec'],
      'a script that is nowhere': [{ provider: 'scripted', model: 'x' }, 'manifest.required spec'],
      'a script beside a provider': [
        { ...compatible, scriptFile: 'a.script.yaml' },
        'manifest.contradiction spec.scriptFile',
      ],
      'a network of a script': [
        { ...scripted, headers: { A: 'b' }, rateLimit: { requestsPerMinute: 1 }, gatewayRef: 'g' },
        'manifest.contradiction spec.headers',
        'manifest.contradiction spec.rateLimit',
        'manifest.contradiction spec.gatewayRef',
      ],
      'fields of another provider': [
        { provider: 'openai', model: 'x', region: 'eu', project: 'p', apiVersion: '1' },
        'manifest.contradiction spec.region',
        'manifest.contradiction spec.project',
        'manifest.contradiction spec.apiVersion',
      ],
      'what Anthropic refuses': [
        { provider: 'anthropic', model: 'x', parameters: { temperature: 1.5, seed: 1 } },
        'manifest.limit spec.parameters.temperature',
        'manifest.contradiction spec.parameters.seed',
      ],
      'parameters out of bounds, as numbers and as text': [
        { ...compatible, parameters: { temperature: 2.1, topP: '1.1', maxOutputTokens: '0.5', seed: '-1' } },
        'manifest.limit spec.parameters.temperature',
        'manifest.limit spec.parameters.topP',
        'manifest.limit spec.parameters.maxOutputTokens',
        'manifest.limit spec.parameters.maxOutputTokens',
        'manifest.limit spec.parameters.seed',
      ],
      'numbers of no form': [
        { ...compatible, parameters: { temperature: 'warm' }, pricing: { inputPerMTok: '1,5', outputPerMTok: '$1' } },
        'manifest.format spec.parameters.temperature',
        'manifest.format spec.pricing.inputPerMTok',
        'manifest.format spec.pricing.outputPerMTok',
      ],
      'prices too fine': [
        { ...compatible, pricing: { inputPerMTok: 0.0000001, outputPerMTok: 1, cachedInputPerMTok: 0.00000015 } },
        'manifest.money spec.pricing.inputPerMTok',
        'manifest.money spec.pricing.cachedInputPerMTok',
      ],
      'a limit of nothing': [{ ...compatible, rateLimit: {} }, 'manifest.limit spec.rateLimit'],
      'a header that breaks the line': [{ ...compatible, headers: { A: 'b\nc' } }, 'manifest.format spec.headers.A'],
    },
  });
});

test('numbers and prices have one form, however they are written', () => {
  const priced = (price: number | string) =>
    digestOf('ModelEndpoint', {
      ...compatible,
      pricing: { inputPerMTok: 1, outputPerMTok: 2, cachedInputPerMTok: price },
    });
  expect(priced(0.1)).toBeDefined();
  expect(priced('0.10')).toBe(priced(0.1));
  const asked = (parameters: JsonObject) => digestOf('ModelEndpoint', { ...compatible, parameters });
  expect(asked({ seed: '7', topP: '0.50' })).toBe(asked({ topP: 0.5, seed: 7 }));
});
