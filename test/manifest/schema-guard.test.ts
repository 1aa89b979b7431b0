import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const secretRef = { name: 'keys', key: 'token' };
const bearer = { profile: 'bearer', secretRef };
const oauth = {
  profile: 'oauth2ClientCredentials',
  secretRef,
  tokenUrl: 'https://login.example.com/token',
  scopes: ['check'],
};
const header = { profile: 'apiKeyHeader', secretRef, headerName: 'X-Api-Key' };

const block = { mode: ['preCall'], action: 'block' };
const digits = { name: 'digits', pattern: '[0-9]{16}' };

describe('a Guard', () => {
  testSchema({
    kind: 'Guard',
    accepted: {
      'of patterns': {
        description: 'No card numbers',
        owner: 'security',
        mode: ['preCall', 'postCall'],
        calls: ['model'],
        provider: { type: 'regex', regex: { patterns: [{ ...digits, replacement: '[card]' }] } },
        action: 'mask',
        timeout: '1s',
        failure: 'closed',
      },
      'by a service': {
        ...block,
        provider: { type: 'http', http: { url: 'http://guard.internal/check', auth: oauth, allowPrivate: true } },
      },
      'by a service with a key': {
        ...block,
        provider: { type: 'http', http: { url: 'https://guard.example.com', auth: header } },
      },
      'by Presidio': {
        ...block,
        provider: {
          type: 'presidio',
          presidio: {
            url: 'http://presidio.internal:5002',
            language: 'de',
            entities: ['CREDIT_CARD'],
            minScore: 0.7,
            auth: oauth,
            allowPrivate: true,
          },
        },
      },
      'by Presidio with a key': {
        ...block,
        provider: { type: 'presidio', presidio: { url: 'https://presidio.example.com', auth: header } },
      },
      "by OpenAI's moderation": {
        ...block,
        provider: {
          type: 'openaiModeration',
          openaiModeration: {
            model: 'omni-moderation-latest',
            baseUrl: 'https://eu.api.openai.com/v1',
            allowPrivate: true,
            secretRef,
            categories: ['violence', 'self-harm/intent'],
            minScore: 0.4,
          },
        },
      },
    },
    refused: {
      'a provider without its block': [
        { ...block, provider: { type: 'regex' } },
        'manifest.required spec.provider Add `regex`.',
      ],
      'the block of another provider': [
        { ...block, provider: { type: 'regex', regex: { patterns: [digits] }, http: { url: 'https://a.example' } } },
        'manifest.contradiction spec.provider.http',
      ],
      'an open failure': [
        { ...block, provider: { type: 'regex', regex: { patterns: [digits] } }, failure: 'open' },
        'manifest.value spec.failure',
      ],
      'two patterns of one name': [
        { ...block, provider: { type: 'regex', regex: { patterns: [digits, digits] } } },
        'manifest.duplicate_entry spec.provider.regex.patterns.1.name',
      ],
      'a pattern with a look-around': [
        { ...block, provider: { type: 'regex', regex: { patterns: [{ name: 'a', pattern: '(?=a)b' }] } } },
        'manifest.pattern spec.provider.regex.patterns.0.pattern Write it without look-around',
      ],
      'a pattern that every text matches': [
        { ...block, provider: { type: 'regex', regex: { patterns: [{ name: 'a', pattern: '[0-9]*' }] } } },
        'manifest.pattern spec.provider.regex.patterns.0.pattern Ask for at least one character.',
      ],
      'a service without TLS': [
        { ...block, provider: { type: 'http', http: { url: 'http://guard.example.com' } } },
        'manifest.url spec.provider.http.url Use `https://`.',
      ],
      'masking where nobody says what': [
        {
          mode: ['postCall'],
          action: 'mask',
          provider: { type: 'openaiModeration', openaiModeration: { secretRef } },
        },
        'manifest.contradiction spec.action Use `block` or `audit`.',
      ],
      'no moment': [
        { mode: [], action: 'block', provider: { type: 'regex', regex: { patterns: [digits] } } },
        'manifest.limit spec.mode',
      ],
      'a header where none is sent': [
        {
          ...block,
          provider: { type: 'http', http: { url: 'https://a.example', auth: { ...bearer, headerName: 'X-Key' } } },
        },
        'manifest.contradiction spec.provider.http.auth.headerName',
      ],
    },
  });
});
