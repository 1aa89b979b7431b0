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

const model = { type: 'model', provider: 'openaiCompatible', url: 'https://llm.example.com/v1' };

describe('a Gateway', () => {
  testSchema({
    kind: 'Gateway',
    accepted: {
      'to models': {
        description: 'The proxy that keeps the books',
        owner: 'platform',
        ...model,
        class: 'external',
        auth: oauth,
      },
      'to models, with a key': { ...model, auth: header },
      'to tools': { type: 'tool', url: 'http://mcp-gateway.internal/mcp', allowPrivate: true },
      'of agents, served by pawl': {
        type: 'agent',
        class: 'builtin',
        exposes: [{ agentRef: 'triage', path: '/support/triage' }, { agentRef: 'shared/closer' }],
      },
      'of agents, elsewhere': { type: 'agent', url: 'https://agents.example.com', exposes: [{ agentRef: 'triage' }] },
    },
    refused: {
      'models of nobody': [
        { type: 'model', url: 'https://llm.example.com' },
        'manifest.required spec Say whose protocol the gateway speaks.',
      ],
      'tools of a provider': [
        { type: 'tool', url: 'https://t.example.com', provider: 'openai' },
        'manifest.contradiction spec.provider',
      ],
      nowhere: [{ type: 'tool' }, 'manifest.required spec Say where the gateway is.'],
      "models at pawl's own server": [
        { ...model, class: 'builtin' },
        'manifest.contradiction spec.class Use `external`, with the `url` of the gateway.',
      ],
      'no agent': [{ type: 'agent', class: 'builtin' }, 'manifest.required spec List the agents that it serves.'],
      'agents behind models': [{ ...model, exposes: [{ agentRef: 'a' }] }, 'manifest.contradiction spec.exposes'],
      'an agent twice': [
        { type: 'agent', class: 'builtin', exposes: [{ agentRef: 'a' }, { agentRef: 'a', path: '/b' }] },
        'manifest.duplicate_entry spec.exposes.1.agentRef Keep one of the two.',
      ],
      'two agents at one path': [
        {
          type: 'agent',
          class: 'builtin',
          exposes: [
            { agentRef: 'a', path: '/x' },
            { agentRef: 'b', path: '/x' },
          ],
        },
        'manifest.duplicate_entry spec.exposes.1.path',
      ],
      'a credential for callers': [
        { type: 'agent', class: 'builtin', exposes: [{ agentRef: 'a' }], auth: bearer },
        'manifest.contradiction spec.auth',
      ],
      'a path that leads out': [
        { type: 'agent', class: 'builtin', exposes: [{ agentRef: 'a', path: '/../b' }] },
        'manifest.format spec.exposes.0.path',
      ],
      'no TLS': [{ type: 'tool', url: 'http://t.example.com' }, 'manifest.url spec.url Use `https://`.'],
      'a user in the URL': [{ type: 'tool', url: 'https://ada@t.example.com' }, 'manifest.format spec.url'],
      'a fragment in the URL': [
        { type: 'tool', url: 'https://t.example.com/#x' },
        'manifest.url spec.url Write a URL without user, password and `#`.',
      ],
    },
  });
});
