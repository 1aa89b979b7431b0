import { describe, expect, test } from 'vitest';
import { digestOf, testSchema } from './schema-cases.ts';

const secretRef = { name: 'crm', key: 'token' };
const inputSchema = { type: 'object', additionalProperties: false, properties: { id: { type: 'string' } } };
const base = { description: 'Does it', inputSchema };
const egress = { hosts: ['api.example.com'] };
const http = { ...base, type: 'http', http: { method: 'GET', url: 'https://api.example.com/tickets/{id}' }, egress };
const cli = { ...base, type: 'cli', cli: { command: 'jq', args: ['{id}'] } };
const code = { ...base, type: 'code', code: { source: 'export default () => 1;' } };
const wasm = { ...base, type: 'wasm', wasm: { module: 'a.wasm' } };
const image = `ghcr.io/example/convert@sha256:${'0a'.repeat(32)}`;
const container = { ...base, type: 'container', container: { image } };
const human = { ...base, type: 'human', human: { assignees: { users: ['ada'] } } };
const echo = { ...base, type: 'builtin', builtin: { name: 'echo' } };

const variables = [
  { name: 'LANG', value: 'C' },
  { name: 'TOKEN', secretRef, mountPath: '/run/token' },
];

describe('a Tool', () => {
  testSchema({
    kind: 'Tool',
    accepted: {
      'a request': {
        ...http,
        outputSchema: { type: 'object' },
        operation: ['read', 'write'],
        risk: 'low',
        dataClass: 'externalWrite',
        idempotent: true,
        timeout: '10s',
        maxResultBytes: '64KiB',
        retry: {
          maxAttempts: 5,
          backoff: { initial: '500ms', max: '30s', multiplier: '1.5', jitter: 'equal' },
          on: ['timeout', 'unavailable'],
        },
        http: { ...http.http, headers: { Accept: 'application/json' }, query: { id: '{id}' }, body: { id: '{id}' } },
        egress: { hosts: ['*.example.com', 'login.example.net'], allowPrivate: true },
        auth: {
          profile: 'oauth2ClientCredentials',
          secretRef,
          tokenUrl: 'https://login.example.net/token',
          scopes: ['tickets.read'],
        },
        cost: { perCall: '0.005' },
      },
      'a request with a key': { ...http, auth: { profile: 'apiKeyHeader', headerName: 'X-Api-Key', secretRef } },
      'a program': {
        ...cli,
        cli: { command: '/usr/bin/jq', args: ['-r', '{id}'], env: variables, stdin: '{id}' },
        isolation: { min: 'sandbox', memory: '256MiB', cpuTime: '5s', network: 'declared', filesystem: 'scratch' },
        egress,
      },
      'a tool of an MCP server, with the schema of its pin': {
        description: 'Opens an issue',
        type: 'mcp',
        mcp: { serverRef: 'tickets', tool: 'create_issue' },
      },
      'a function': { ...code, code: { language: 'javascript', source: 'export default () => 1;' } },
      'a function of a file': { ...code, code: { file: 'tools/sum.js' }, isolation: { min: 'wasm', network: 'none' } },
      'a module': { ...wasm, wasm: { module: 'tools/parse.wasm', export: 'parse', memory: '16MiB', fuel: 1000000 } },
      'a container': { ...container, container: { image, command: ['convert'], args: ['--json'], env: variables } },
      'a person': {
        ...human,
        human: { assignees: { groups: ['support'], users: ['ada'] }, form: { type: 'object' }, ttl: '2d' },
      },
      'a search': { ...base, type: 'retrieval', operation: 'read', retrieval: { memoryRef: 'support', topK: 3 } },
      'an echo': echo,
      'a table': { ...base, type: 'builtin', builtin: { name: 'lookup', entries: { a: 1 } } },
    },
    refused: {
      'no description, no type': [{ inputSchema }, 'manifest.required spec', 'manifest.required spec'],
      'an empty description': [{ ...echo, description: '' }, 'manifest.limit spec.description'],
      'no block of its type': [{ ...base, type: 'cli' }, 'manifest.required spec'],
      'a request without hosts': [{ ...base, type: 'http', http: http.http }, 'manifest.required spec'],
      'no schema of its arguments': [{ ...echo, inputSchema: undefined as never }, 'manifest.required spec'],
      'arguments that are no object': [{ ...echo, inputSchema: { type: 'string' } }, 'schema.shape spec.inputSchema'],
      'a schema that is none': [{ ...echo, outputSchema: { type: 'objekt' } }, 'schema.shape spec.outputSchema.type'],
      'the block of another type': [
        { ...echo, cli: cli.cli, human: human.human },
        'manifest.contradiction spec.cli',
        'manifest.contradiction spec.human',
      ],
      'hosts and credentials of a tool that connects to nothing': [
        { ...human, egress, auth: { profile: 'bearer', secretRef }, isolation: {} },
        'manifest.contradiction spec.egress',
        'manifest.contradiction spec.auth',
        'manifest.contradiction spec.isolation',
      ],
      'a time and further attempts of a person': [
        { ...human, operation: 'read', timeout: '1m', retry: { maxAttempts: 2 }, idempotent: true },
        'manifest.contradiction spec.timeout',
        'manifest.contradiction spec.retry',
        'manifest.contradiction spec.idempotent',
      ],
      'an unknown operation': [{ ...echo, operation: 'wirte' }, 'manifest.value spec.operation Did you mean `write`?'],
      'no operation': [{ ...echo, operation: [] }, 'manifest.limit spec.operation'],
      'isolation that a program does not have': [
        { ...cli, isolation: { min: 'wasm' } },
        'manifest.value spec.isolation.min One of: process, sandbox, container.',
      ],
      'isolation that a module does not have': [
        { ...wasm, isolation: { min: 'process' } },
        'manifest.value spec.isolation.min One of: wasm.',
      ],
      'isolation that a container does not have': [
        { ...container, isolation: { min: 'sandbox' } },
        'manifest.value spec.isolation.min One of: container.',
      ],
      'isolation of a request': [{ ...http, isolation: { min: 'process' } }, 'manifest.contradiction spec.isolation'],
      'a network of a module': [
        { ...wasm, isolation: { network: 'declared' } },
        'manifest.contradiction spec.isolation.network',
      ],
      'a network without hosts': [
        { ...cli, isolation: { network: 'declared' } },
        'manifest.contradiction spec.isolation.network',
      ],
      'hosts without a network': [{ ...cli, egress }, 'manifest.contradiction spec.egress'],
      'a host that an argument chooses': [
        { ...http, http: { method: 'GET', url: 'https://{id}.example.com/' } },
        'tool.host spec.http.url',
      ],
      'hosts that are not declared': [
        {
          ...http,
          http: { method: 'GET', url: 'http://api.example.com/' },
          auth: { profile: 'oauth2ClientCredentials', secretRef, tokenUrl: 'https://login.example.com/token' },
        },
        'tool.host_undeclared spec.http.url',
        'tool.host_undeclared spec.auth.tokenUrl',
      ],
      'a placeholder without an argument': [
        { ...http, http: { method: 'GET', url: 'https://api.example.com/{idd}' } },
        'tool.placeholder spec.http.url Did you mean `id`?',
      ],
      'a placeholder of a program without an argument': [
        { ...cli, cli: { command: 'jq', args: ['-r', '{other}'], stdin: '{idd}' } },
        'tool.placeholder spec.cli.args.1',
        'tool.placeholder spec.cli.stdin Did you mean `id`?',
      ],
      'a program that an argument chooses': [
        { ...cli, cli: { command: '/bin/{id}' } },
        'tool.command spec.cli.command',
      ],
      'a variable twice': [
        {
          ...cli,
          cli: {
            command: 'jq',
            env: [
              { name: 'A', value: 'b' },
              { name: 'A', value: 'c' },
            ],
          },
        },
        'manifest.duplicate_entry spec.cli.env.1.name',
      ],
      'an image by tag': [{ ...container, container: { image: 'a/b:1' } }, 'tool.image_digest spec.container.image'],
      'a function of two sources': [{ ...code, code: { source: '1', file: 'a.js' } }, 'manifest.exactly_one spec.code'],
      'a retry of what must not be done twice': [
        { ...http, operation: 'write', retry: { maxAttempts: 2 } },
        'tool.retry spec.retry',
      ],
      'a pause that starts too long': [
        { ...http, operation: 'read', retry: { backoff: { initial: '2m', max: '1m' } } },
        'manifest.contradiction spec.retry.backoff.initial',
      ],
      'what a profile does not send': [
        { ...http, auth: { profile: 'basic', secretRef, headerName: 'X-A', tokenUrl: 'https://api.example.com/' } },
        'manifest.contradiction spec.auth.headerName',
        'manifest.contradiction spec.auth.tokenUrl',
      ],
      'a profile without its field': [
        { ...http, auth: { profile: 'oauth2ClientCredentials', secretRef } },
        'manifest.required spec.auth',
      ],
      'sizes out of bounds': [
        { ...wasm, maxResultBytes: '17MiB', wasm: { module: 'a.wasm', memory: '5GiB', fuel: 0 } },
        'manifest.limit spec.wasm.memory',
        'manifest.limit spec.wasm.fuel',
        'manifest.limit spec.maxResultBytes',
      ],
      'sizes of no form': [{ ...echo, maxResultBytes: '1MB' }, 'manifest.format spec.maxResultBytes'],
      'nobody to ask': [{ ...human, human: { assignees: {} } }, 'manifest.required spec.human.assignees'],
      'entries of an echo': [
        { ...echo, builtin: { name: 'echo', entries: {} } },
        'manifest.contradiction spec.builtin.entries',
      ],
      'a table without entries': [{ ...echo, builtin: { name: 'lookup' } }, 'manifest.required spec.builtin'],
    },
  });
});

test('sizes and operations have one form, however they are written', () => {
  const sized = (maxResultBytes: number | string) => digestOf('Tool', { ...echo, maxResultBytes });
  expect(sized('1MiB')).toBeDefined();
  for (const size of [1048576, '1048576', '1024KiB']) expect(sized(size)).toBe(sized('1MiB'));
  const doing = (...operation: string[]) => digestOf('Tool', { ...echo, operation });
  expect(doing('write', 'read')).toBe(doing('read', 'write'));
});
