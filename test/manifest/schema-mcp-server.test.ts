import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const secretRef = { name: 'tickets', key: 'token' };
const bearer = { profile: 'bearer', secretRef };
const stdio = { transport: 'stdio', command: 'npx' };
const http = { transport: 'http', url: 'https://mcp.example.com/mcp' };
const container = { transport: 'container', image: 'ghcr.io/example/mcp-tickets:1.4.0' };

describe('an McpServer', () => {
  testSchema({
    kind: 'McpServer',
    accepted: {
      'a process': {
        ...stdio,
        description: 'Tickets',
        owner: 'support',
        args: ['-y', 'mcp-tickets@1.4.0'],
        env: [
          { name: 'LOG_LEVEL', value: 'warn' },
          { name: 'TOKEN', secretRef },
          { name: 'CA_FILE', secretRef: { name: 'tickets', key: 'ca' }, mountPath: '/run/secrets/ca.pem' },
        ],
        egress: { hosts: ['api.example.com'], allowPrivate: false },
        idleTimeout: '10m',
        startTimeout: '20s',
        callTimeout: '1m',
        maxRestarts: 5,
        maxResultBytes: '2MiB',
        tools: { allow: ['get_*', 'list_issues'], deny: ['*_secret'] },
        defaults: { operation: 'read', risk: 'low', isolation: 'sandbox' },
        pin: 'onDeclare',
      },
      'a server elsewhere': {
        ...http,
        headersFrom: [
          { name: 'X-Tenant', value: 'acme' },
          { name: 'X-Api-Key', secretRef },
        ],
        auth: { profile: 'oauth2ClientCredentials', secretRef, tokenUrl: 'https://l.example.com/t', scopes: ['a'] },
        allowPrivate: true,
        gatewayRef: 'tools',
        tools: { allow: [] },
      },
      'a server elsewhere, with a key': {
        ...http,
        auth: { profile: 'apiKeyHeader', headerName: 'X-Api-Key', secretRef },
      },
      'a container by tag': { ...container, command: 'serve', defaults: { isolation: 'container' } },
      'a container by digest': { ...container, image: `localhost:5000/mcp@sha256:${'0a'.repeat(32)}` },
    },
    refused: {
      'no transport': [{ command: 'npx' }, 'manifest.required spec'],
      'a transport that is none': [
        { transport: 'sse', url: 'https://x.example.com' },
        'manifest.value spec.transport One of: stdio, http, container.',
      ],
      'a process without a command': [{ transport: 'stdio' }, 'manifest.required spec'],
      'a server elsewhere without a URL': [{ transport: 'http' }, 'manifest.required spec'],
      'a container without an image': [{ transport: 'container' }, 'manifest.required spec'],
      'what belongs to another transport': [
        { ...stdio, url: 'https://x.example.com', auth: bearer, image: 'a/b:1' },
        'manifest.contradiction spec.url',
        'manifest.contradiction spec.auth',
        'manifest.contradiction spec.image',
      ],
      'a process behind a URL': [
        {
          ...http,
          command: 'npx',
          args: ['x'],
          env: [{ name: 'A', value: 'b' }],
          egress: { hosts: ['a.example.com'] },
        },
        'manifest.contradiction spec.command',
        'manifest.contradiction spec.args',
        'manifest.contradiction spec.env',
        'manifest.contradiction spec.egress',
      ],
      'isolation of a server elsewhere': [
        { ...http, defaults: { isolation: 'sandbox' } },
        'manifest.contradiction spec.defaults.isolation',
      ],
      'isolation that a process does not have': [
        { ...stdio, defaults: { isolation: 'inline' } },
        'manifest.value spec.defaults.isolation One of: process, sandbox, container.',
      ],
      'isolation that a container does not have': [
        { ...container, defaults: { isolation: 'sandbox' } },
        'manifest.value spec.defaults.isolation One of: container.',
      ],
      'a variable twice, with two values, or none': [
        {
          ...stdio,
          env: [
            { name: 'A', value: 'b' },
            { name: 'A', value: 'c' },
            { name: 'B', value: 'c', secretRef },
            { name: 'C' },
          ],
        },
        'manifest.duplicate_entry spec.env.1.name',
        'manifest.exactly_one spec.env.2',
        'manifest.exactly_one spec.env.3',
      ],
      'a literal value in a file': [
        { ...stdio, env: [{ name: 'A', value: 'b', mountPath: '/run/a' }] },
        'manifest.contradiction spec.env.0.mountPath',
      ],
      'a file at a relative path': [
        { ...stdio, env: [{ name: 'A', secretRef, mountPath: 'run/a' }] },
        'manifest.format spec.env.0.mountPath',
      ],
      'a header twice': [
        {
          ...http,
          headersFrom: [
            { name: 'X-A', value: 'b' },
            { name: 'x-a', value: 'c' },
          ],
        },
        'manifest.duplicate_entry spec.headersFrom.1.name',
      ],
      'two authorisations': [
        { ...http, auth: bearer, headersFrom: [{ name: 'authorization', secretRef }] },
        'manifest.contradiction spec.headersFrom.0.name',
      ],
      'a header that breaks the line': [
        { ...http, headersFrom: [{ name: 'X-A', value: 'b\r\nHost: evil' }] },
        'manifest.format spec.headersFrom.0.value',
      ],
      'what a profile does not send': [
        { ...http, auth: { ...bearer, headerName: 'X-A', scopes: ['a'] } },
        'manifest.contradiction spec.auth.headerName',
        'manifest.contradiction spec.auth.scopes',
      ],
      'a profile without its field': [
        { ...http, auth: { ...bearer, profile: 'oauth2ClientCredentials' } },
        'manifest.required spec.auth',
      ],
      'sizes and names of no form': [
        { ...stdio, maxResultBytes: '1MB', maxRestarts: 101, tools: { allow: ['a b'] } },
        'manifest.format spec.maxResultBytes',
        'manifest.limit spec.maxRestarts',
        'manifest.format spec.tools.allow.0',
      ],
      'an image with a scheme': [{ ...container, image: 'https://ghcr.io/a/b' }, 'manifest.format spec.image'],
    },
  });
});
