import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const secretRef = { name: 'keys', key: 'token' };

describe('a Defaults', () => {
  testSchema({
    kind: 'Defaults',
    accepted: {
      'of the environment': {
        description: 'What everybody starts with',
        owner: 'platform',
        scope: 'environment',
        modelRef: 'shared/fast',
        limits: {
          maxSteps: 5,
          maxToolCalls: 10,
          maxTokens: 20000,
          maxCost: '0.25',
          maxDelegationDepth: 2,
          maxTurns: 8,
        },
        timeouts: { agent: '2m', system: '1h', tool: '10s' },
        runtime: 'builtin',
        share: true,
      },
      'of a namespace, elsewhere': {
        runtime: {
          external: {
            url: 'https://agents.example.com/a2a',
            allowPrivate: true,
            auth: {
              profile: 'oauth2ClientCredentials',
              secretRef,
              tokenUrl: 'https://login.example.com/token',
              scopes: ['agents'],
            },
          },
        },
      },
      'with a key': {
        runtime: {
          external: {
            url: 'https://agents.example.com/a2a',
            auth: { profile: 'apiKeyHeader', secretRef, headerName: 'X-Api-Key' },
          },
        },
      },
      'in containers': {
        runtime: { container: { image: 'ghcr.io/acme/agent:1.0', a2a: { port: 9000, path: '/a2a' } } },
      },
      'with nothing': {},
    },
    refused: {
      'a scope that is none': [{ scope: 'cluster' }, 'manifest.value spec.scope One of: environment, namespace.'],
      'limits that say nothing': [{ limits: {} }, 'manifest.limit spec.limits'],
      'timeouts that say nothing': [{ timeouts: {} }, 'manifest.limit spec.timeouts'],
      'a limit of another kind': [{ limits: { timeout: '5m' } }, 'manifest.unknown_field spec.limits.timeout'],
      'money too fine': [{ limits: { maxCost: 0.0000001 } }, 'manifest.money spec.limits.maxCost'],
      'a runtime that is none': [{ runtime: 'docker' }, 'manifest.value spec.runtime'],
    },
  });
});
