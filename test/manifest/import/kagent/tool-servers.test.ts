import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

function document(kind: string, spec: string, version = 'kagent.dev/v1alpha1'): string {
  return `apiVersion: ${version}\nkind: ${kind}\nmetadata: { name: files, namespace: desk }\nspec: ${spec}\n`;
}

const remote = (spec: string) => document('RemoteMCPServer', spec, 'kagent.dev/v1alpha2');

const config = `---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: desk }
data: { tenant: blue }
`;

test('a remote server keeps its URL, headers and timeout', () => {
  const { spec, said } = importTexts(
    `${remote(
      `{ description: Docs, url: "https://docs.example.com/mcp", timeout: 1m30s, sseReadTimeout: 5m0s, headersFrom: [{ name: Authorization, valueFrom: { type: Secret, name: keys, key: token } }, { name: X-Tenant, valueFrom: { type: ConfigMap, name: settings, key: tenant } }, { name: X-Plain, value: one }] }`,
    )}${config}`,
  );
  expect(spec('McpServer/desk/files')).toEqual({
    description: 'Docs',
    transport: 'http',
    url: 'https://docs.example.com/mcp',
    headersFrom: [
      { name: 'Authorization', secretRef: { name: 'keys', key: 'token' } },
      { name: 'X-Tenant', value: 'blue' },
      { name: 'X-Plain', value: 'one' },
    ],
    callTimeout: '90s',
    pin: 'onDeclare',
  });
  expect(said).toContainEqual(expect.stringContaining('flagged import.unpinned'));
});

test.each([
  ['http://tools:8089/mcp', true],
  ['http://tools.desk:8089/mcp', true],
  ['http://tools.desk.svc.cluster.local/mcp', true],
  ['https://mcp.example.com', undefined],
])('%s is allowed to be private: %s', (url, isPrivate) => {
  const { resources, said } = importTexts(remote(`{ description: d, url: "${url}" }`));
  expect(resources[0]?.spec['allowPrivate']).toBe(isPrivate);
  expect(said.some((one) => one.startsWith('flagged import.private'))).toBe(isPrivate === true);
});

test('who may use a server from elsewhere is shared with, by name', () => {
  const namespaces = ['a', 'b']
    .map((name) => `---\napiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { team: ${name} } }\n`)
    .join('');
  const shared = (allowed: string) =>
    importTexts(
      `${remote(`{ description: d, url: "https://x.example.com", allowedNamespaces: ${allowed} }`)}${namespaces}`,
    ).resources.find(({ kind }) => kind === 'McpServer')?.annotations['pawl/share'];
  expect(shared('{ from: All }')).toBe('*');
  expect(shared('{ from: Same }')).toBeUndefined();
  expect(shared('{ from: Selector, selector: { matchLabels: { team: a } } }')).toBe('a');
  expect(
    shared('{ from: Selector, selector: { matchExpressions: [{ key: team, operator: In, values: [a, b] }] } }'),
  ).toBe('a, b');
});

test.each([
  ['{ description: d, url: "https://x", protocol: SSE }', 'import.unmappable', 'Streamable HTTP'],
  ['{ description: d, url: "x.example.com/mcp" }', 'import.unmappable', 'with TLS is not said'],
  ['{ description: d, url: "https://x", timeout: soon }', 'import.schema', 'no duration'],
  ['{ description: d, url: "http://x", tls: {} }', 'import.schema', 'without TLS'],
  ['{ description: d, url: "https://x", tls: { disableVerify: true } }', 'import.unmappable', 'verifies'],
  [
    '{ description: d, url: "https://x", tls: { caCertSecretRef: a, caCertSecretKey: b } }',
    'import.unmappable',
    'authorities of its machine',
  ],
  [
    '{ description: d, url: "https://x", allowedNamespaces: { from: All }, tls: { caCertSecretRef: a, caCertSecretKey: b } }',
    'import.schema',
    'own namespace alone',
  ],
  ['{ description: d, url: "https://x", allowedNamespaces: { from: Selector } }', 'import.schema', 'needs a .selector'],
  ['{ description: d, url: "https://x", headersFrom: [{ name: A }] }', 'import.schema', 'one of'],
  [
    '{ description: d, url: "https://x", headersFrom: [{ name: A, valueFrom: { type: ConfigMap, name: lost, key: k } }] }',
    'import.depends',
    'lost',
  ],
])('the remote server %s is refused', (spec, code, message) => {
  const { said, resources } = importTexts(remote(spec));
  expect(resources).toEqual([]);
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^refused ${code} manifests.yaml:4 .*${message}`)));
});

test('a server that kmcp starts becomes one that pawl starts, with no way out until it is given one', () => {
  const { spec, said } = importTexts(
    document(
      'MCPServer',
      '{ transportType: stdio, stdioTransport: {}, timeout: 45s, deployment: { image: "registry.example.com/files:1.2", cmd: serve, args: [--all], env: { MODE: fast }, replicas: 2 } }',
    ),
  );
  expect(spec('McpServer/desk/files')).toEqual({
    transport: 'container',
    image: 'registry.example.com/files:1.2',
    command: 'serve',
    args: ['--all'],
    env: [{ name: 'MODE', value: 'fast' }],
    callTimeout: '45s',
    pin: 'onDeclare',
  });
  expect(said).toContainEqual(expect.stringContaining('flagged import.stricter'));
});

test('a credential in a variable becomes a Secret to set, and its value is nowhere', () => {
  const value = `ghp_${'0123456789abcdefABCDEF0123456789abcd'}`;
  const imported = importTexts(
    document(
      'MCPServer',
      `{ transportType: stdio, deployment: { cmd: npx, args: ["-y", files], env: { API_TOKEN: "${value}" } } }`,
    ),
  );
  expect(imported.spec('McpServer/desk/files')).toMatchObject({
    image: 'node:24-alpine3.21',
    env: [{ name: 'API_TOKEN', secretRef: { name: 'files-values', key: 'API_TOKEN' } }],
  });
  expect(imported.said).toContainEqual(expect.stringContaining('flagged import.secret_value'));
  expect(JSON.stringify([imported.resources.map(({ spec }) => spec), imported.said, imported.secrets])).not.toContain(
    value,
  );
});

test('all keys of a Secret as variables need the Secret among the files', () => {
  const server = document(
    'MCPServer',
    '{ transportType: stdio, deployment: { image: a, secretRefs: [{ name: keys }] } }',
  );
  const secret =
    '---\napiVersion: v1\nkind: Secret\nmetadata: { name: keys, namespace: desk }\nstringData: { TOKEN: x }\n';
  expect(importTexts(server).said).toContainEqual(expect.stringContaining('refused import.depends'));
  expect(importTexts(server + secret).spec('McpServer/desk/files')).toMatchObject({
    env: [{ name: 'TOKEN', secretRef: { name: 'keys', key: 'TOKEN' } }],
  });
});

test('a server that speaks HTTP goes on running under kmcp', () => {
  const { spec, said } = importTexts(
    document(
      'MCPServer',
      '{ transportType: http, httpTransport: { targetPort: 8080 }, deployment: { image: a, port: 3001 } }',
    ),
  );
  expect(spec('McpServer/desk/files')).toEqual({
    transport: 'http',
    url: 'http://files.desk:3001/mcp',
    allowPrivate: true,
    pin: 'onDeclare',
  });
  expect(said).toContainEqual(expect.stringContaining('flagged import.runs_elsewhere'));
});

test('a server of the first version becomes a process, or is reached over HTTP', () => {
  expect(
    importTexts(
      document(
        'ToolServer',
        '{ description: d, config: { stdio: { command: npx, args: [-y, files], env: { A: b }, envFrom: [{ name: T, valueFrom: { type: Secret, valueRef: vault/keys, key: k } }] } } }',
      ),
    ).spec('McpServer/desk/files'),
  ).toEqual({
    description: 'd',
    transport: 'stdio',
    command: 'npx',
    args: ['-y', 'files'],
    env: [
      { name: 'A', value: 'b' },
      { name: 'T', secretRef: { name: 'vault/keys', key: 'k' } },
    ],
    callTimeout: '10s',
    pin: 'onDeclare',
  });
  expect(
    importTexts(
      document(
        'ToolServer',
        '{ description: d, config: { type: streamableHttp, streamableHttp: { url: "https://x.example.com/mcp", timeout: 5s, headers: { X-A: 1 } } } }',
      ),
    ).spec('McpServer/desk/files'),
  ).toEqual({
    description: 'd',
    transport: 'http',
    url: 'https://x.example.com/mcp',
    headersFrom: [{ name: 'X-A', value: '1' }],
    callTimeout: '5s',
    pin: 'onDeclare',
  });
});

test.each([
  ['ToolServer', '{ description: d, config: { sse: { url: "https://x" } } }', 'import.unmappable'],
  ['ToolServer', '{ description: d, config: {} }', 'import.schema'],
  ['MCPServer', '{ transportType: stdio, deployment: { cmd: serve } }', 'import.unmappable'],
  ['MCPServer', '{ transportType: stdio, deployment: { image: a, sidecars: [{}] } }', 'import.unmappable'],
  ['MCPServer', '{ transportType: stdio, deployment: { image: a, env: [{ nam: x }] } }', 'import.schema'],
  [
    'MCPServer',
    '{ transportType: stdio, deployment: { image: a, env: [{ name: A, valueFrom: { fieldRef: {} } }] } }',
    'import.unmappable',
  ],
  ['MCPServer', '{ transportType: grpc, deployment: { image: a } }', 'import.schema'],
  ['Memory', '{ provider: Pinecone, pinecone: { indexHost: h } }', 'import.unmappable'],
])('the %s %s is refused', (kind, spec, code) => {
  const { said, resources } = importTexts(document(kind, spec));
  expect(resources).toEqual([]);
  expect(said).toContainEqual(expect.stringMatching(new RegExp(`^refused ${code}`)));
});

const service = (annotations: string, ports: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: files, namespace: desk, labels: { kagent.dev/mcp-service: "true" }, annotations: { ${annotations} } }\nspec: { selector: { app: files }, ports: ${ports} }\n`;

test('a Service with the label is a server at its port and path', () => {
  const url = (annotations: string, ports: string) =>
    importTexts(service(annotations, ports)).resources.find(({ kind }) => kind === 'McpServer')?.spec['url'];
  expect(url('', '[{ port: 80 }]')).toBe('http://files.desk:80/mcp');
  expect(url('kagent.dev/mcp-service-path: /x', '[{ port: 1 }, { port: 8084, appProtocol: MCP }]')).toBe(
    'http://files.desk:8084/x',
  );
  expect(url('kagent.dev/mcp-service-port: "9000"', '[{ port: 1 }, { port: 2 }]')).toBe('http://files.desk:9000/mcp');
  expect(url('', '[{ port: 1 }, { port: 2 }]')).toBeUndefined();
  expect(url('kagent.dev/mcp-service-protocol: SSE', '[{ port: 1 }]')).toBeUndefined();
  expect(url('kagent.dev/mcp-service-port: mcp', '[{ port: 1 }]')).toBeUndefined();
});
