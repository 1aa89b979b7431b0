import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function toolOf(spec: string): ReturnType<typeof importTexts> {
  return importTexts(`apiVersion: orloj.dev/v1
kind: Tool
metadata: { name: find_order, namespace: shop }
spec:
${spec}
`);
}

const described = `  description: Finds an order.
  operation_classes: [read]
  input_schema:
    type: object
    additionalProperties: false
    required: [number]
    properties: { number: { type: string } }
`;

test('an http tool posts its arguments by their names', () => {
  const { spec, said } = toolOf(`  endpoint: http://orders.example.com:8080/find
${described}  risk_level: medium
  auth: { profile: api_key_header, secretRef: crm, headerName: X-Key }
  runtime:
    timeout: 1m30s
    isolation_mode: sandboxed
    retry: { max_attempts: 3, backoff: 250ms, max_backoff: 2s, jitter: full }`);
  expect(spec('Tool/shop/find-order')).toEqual({
    description: 'Finds an order.',
    type: 'http',
    inputSchema: {
      type: 'object',
      additionalProperties: false,
      required: ['number'],
      properties: { number: { type: 'string' } },
    },
    http: { method: 'POST', url: 'http://orders.example.com:8080/find', body: { number: '{number}' } },
    egress: { hosts: ['http://orders.example.com:8080'] },
    auth: { profile: 'apiKeyHeader', secretRef: { name: 'crm', key: 'value' }, headerName: 'X-Key' },
    operation: 'read',
    risk: 'medium',
    timeout: '90s',
    retry: { maxAttempts: 3, backoff: { initial: '250ms', max: '2s', jitter: 'full' } },
  });
  expect(said.filter((one) => !one.includes('import.renamed'))).toEqual([
    'ignored import.ignored manifests.yaml:17 The tool runs elsewhere: there is nothing to isolate.',
  ]);
});

test('what Orloj fills in is written, and said', () => {
  const { spec, said } = toolOf('  endpoint: https://orders.example.com');
  expect(spec('Tool/shop/find-order')).toMatchObject({
    description: 'The tool find_order.',
    operation: 'read',
    risk: 'low',
    timeout: '30s',
    http: { body: { input: '{input}' } },
  });
  expect(said.filter((one) => one.startsWith('flagged import.assumed'))).toHaveLength(3);
});

test('a tool of high risk is taken for a write, and a write is not made again by itself', () => {
  const { spec, said } = toolOf(`  endpoint: https://orders.example.com
  risk_level: high
  runtime: { retry: { max_attempts: 3 } }`);
  expect(spec('Tool/shop/find-order')).toMatchObject({ operation: 'write', risk: 'high' });
  expect(spec('Tool/shop/find-order')).not.toHaveProperty('retry');
  expect(said.some((one) => one.startsWith('flagged import.stricter'))).toBe(true);
});

test.each([
  ['external', 'an envelope of Orloj'],
  ['grpc', 'the gRPC service'],
  ['webhook-callback', 'answers later'],
  ['queue', 'never implemented'],
])('a tool of type %s is refused', (type, why) => {
  const { resources, said } = toolOf(`  type: ${type}\n  endpoint: https://orders.example.com`);
  expect(resources).toEqual([]);
  expect(said.find((one) => one.startsWith('refused'))).toContain(why);
});

test.each([
  ['http://orders.shop.svc:8080', true, 'import.private'],
  ['http://169.254.169.254/latest', undefined, 'import.stricter'],
  ['http://10.1.2.3', undefined, 'import.stricter'],
])('%s is reached where its author can have meant it, and that is said', (endpoint, allowPrivate, code) => {
  const { spec, said } = toolOf(`${described}  endpoint: ${endpoint}`);
  const hosts = [endpoint.replace('/latest', '')];
  expect(spec('Tool/shop/find-order')).toHaveProperty('egress', allowPrivate ? { hosts, allowPrivate } : { hosts });
  expect(said.filter((one) => one.includes('private network'))).toEqual([expect.stringContaining(`flagged ${code} `)]);
});

test('credentials in an address are refused without being repeated', () => {
  const { resources, said } = toolOf('  endpoint: https://ada:hunter2@orders.example.com');
  expect(resources).toEqual([]);
  expect(said.join()).toContain('import.secret_value');
  expect(said.join()).not.toContain('hunter2');
});

test('a schema that pawl cannot check by is refused at the keyword', () => {
  const { said } = toolOf(`  endpoint: https://orders.example.com
  input_schema:
    type: object
    properties:
      number: { type: string, lenght: 3 }`);
  expect(said.find((one) => one.startsWith('refused'))).toMatch(
    /^refused import\.unmappable manifests\.yaml:9 .*`lenght`/,
  );
});

const digest = `reg.example.com/jq@sha256:${'0123456789abcdef'.repeat(4)}`;

test('a program in a container gets its arguments on standard input', () => {
  const { spec } = toolOf(`  type: cli
${described}  cli:
    command: jq
    args: ["-r", ".number"]
    image: ${digest}
    network: none
    stdin_from_input: true
    env: { MODE: fast }
    env_from: [{ name: TOKEN, secretRef: crm, key: token }]
    resources: { memory: 128m, cpus: "0.5" }`);
  expect(spec('Tool/shop/find-order')).toMatchObject({
    type: 'container',
    container: {
      image: digest,
      command: ['jq'],
      args: ['-r', '.number'],
      env: [
        { name: 'MODE', value: 'fast' },
        { name: 'TOKEN', secretRef: { name: 'crm', key: 'token' } },
      ],
    },
    isolation: { memory: 134_217_728, network: 'none' },
  });
});

test('a program on the worker has placeholders in its arguments', () => {
  const { spec, said } = toolOf(`  type: cli
  description: Finds an order.
  operation_classes: [read]
  runtime: { isolation_mode: none }
  cli: { command: find-order, args: ["--number={{ .number }}", "{{.format}}"] }`);
  expect(spec('Tool/shop/find-order')).toMatchObject({
    type: 'cli',
    cli: { command: 'find-order', args: ['--number={number}', '{format}'] },
    inputSchema: { required: ['number', 'format'] },
    isolation: { network: 'none' },
  });
  expect(said.some((one) => one.includes('The program has a network in Orloj'))).toBe(true);
});

test.each([
  ['an image by its tag', 'cli: { command: jq, image: "reg.example.com/jq:1.7" }', 'by its digest'],
  ['no image', 'cli: { command: jq }', 'needs an `image`'],
  ['a condition', `cli: { command: jq, image: "${digest}", args: ["{{ if .a }}-a{{ end }}"] }`, 'no conditions'],
  ['arguments in a container', `cli: { command: jq, image: "${digest}", args: ["{{ .a }}"] }`, 'standard input'],
  ['another folder', `cli: { command: jq, image: "${digest}", working_dir: /srv }`, 'empty folder'],
  ['the other output', `cli: { command: jq, image: "${digest}", output: both }`, 'standard output'],
])('a program with %s is refused', (_what, cli, why) => {
  const { spec, said } = toolOf(`  type: cli\n  ${cli}`);
  expect(spec('Tool/shop/find-order')).toBeUndefined();
  expect(said.find((one) => one.startsWith('refused'))).toContain(why);
});

test('a module of the repository is called by its entry point, and one of a registry refused', () => {
  const wasm = (module: string): ReturnType<typeof importTexts> =>
    toolOf(`  type: wasm\n${described}  wasm: { module: ${module}, max_memory_bytes: 1048576, fuel: 5000 }`);
  expect(wasm('oci://reg.example.com/parse:1').said.join()).toContain('a file of the repository');
  expect(wasm('tools/parse.wasm').said.join()).toContain('build the module for that');
});

test('a tool of a server names it, and an agent elsewhere becomes an agent', () => {
  const { spec } = importTexts(`apiVersion: orloj.dev/v1
kind: McpServer
metadata: { name: tickets }
spec: { transport: http, endpoint: https://tickets.example.com/mcp, auth: { secretRef: tickets-token } }
---
apiVersion: orloj.dev/v1
kind: Tool
metadata: { name: close }
spec: { type: mcp, mcp_server_ref: tickets, mcp_tool_name: close_ticket, description: Closes., operation_classes: [write] }
---
apiVersion: orloj.dev/v1
kind: Tool
metadata: { name: translator }
spec: { type: a2a, description: Translates., a2a: { agent_url: https://translate.example.com/a2a } }
---
apiVersion: orloj.dev/v1
kind: ModelEndpoint
metadata: { name: small }
spec: { default_model: gpt-small }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: clerk }
spec: { model_ref: small, prompt: Work., tools: [close, translator, tickets--list] }
`);
  expect(spec('Tool/default/close')).toMatchObject({
    type: 'mcp',
    mcp: { serverRef: 'tickets', tool: 'close_ticket' },
  });
  expect(spec('Agent/default/translator')).toEqual({
    description: 'Translates.',
    runtime: { external: { url: 'https://translate.example.com/a2a' } },
  });
  expect(spec('Agent/default/clerk')).toMatchObject({
    tools: [{ toolRef: 'close' }, { mcpServerRef: 'tickets', tools: ['list'] }],
    agents: [{ agentRef: 'translator' }],
    roles: ['clerk-imported'],
  });
  expect(spec('AgentRole/default/clerk-imported')).toMatchObject({
    permissions: ['tool:close:write', 'tool:tickets:*'],
  });
});
