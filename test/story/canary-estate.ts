import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf } from '../support/loopback.ts';
import { echoOf } from './canary-spelling.ts';

/** Where the doubles are. */
export interface KindPlaces {
  readonly tools: string;
  readonly shelf: string;
  readonly agent: string;
  readonly tokenUrl: string;
  /** By digest. */
  readonly image: string;
  /** The file of the MCP server that is started as a program. */
  readonly server: string;
}

/** Manifests of one that has a program, a container, two MCP servers, an OAuth client and an agent elsewhere. */
export function kindFiles(at: KindPlaces): Record<string, string> {
  return {
    'pawl.yaml':
      'apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [.], namespaces: [default] }]\n',
    'all.yaml': `${secrets}${programs(at)}${remotes(at)}${reaching(at)}`,
    'ask.script.yaml': `replies:
  - agent: clerk
    turns:
      - toolCalls:
          - { tool: shell, arguments: {} }
          - { tool: granted, arguments: {} }
          - { tool: parrot__env, arguments: {} }
          - { tool: shelf__ask, arguments: {} }
          - { tool: box, arguments: {} }
      - text: done
`,
  };
}

const inputSchema = 'inputSchema: { type: object }';

const secrets = `apiVersion: pawl/v1
kind: Secret
metadata: { name: keys }
spec:
  source: env
  keys:
    program: PAWL_SECRET_PROGRAM
    server: PAWL_SECRET_SERVER
    client: PAWL_SECRET_CLIENT
    agent: PAWL_SECRET_AGENT
    header: PAWL_SECRET_HEADER
    box: PAWL_SECRET_BOX
---
`;

const programs = (at: KindPlaces) => `apiVersion: pawl/v1
kind: Tool
metadata: { name: shell }
spec:
  description: Says its environment, slowly.
  type: cli
  operation: read
  ${inputSchema}
  cli:
    command: /bin/sh
    args: [-c, 'sleep 2; env; echo "failed with $KEY" >&2; exit 1']
    env: [{ name: KEY, secretRef: { name: keys, key: program } }]
---
apiVersion: pawl/v1
kind: McpServer
metadata: { name: parrot }
spec:
  transport: stdio
  command: ${process.execPath}
  args: [${JSON.stringify(at.server)}]
  env: [{ name: TOKEN, secretRef: { name: keys, key: server } }]
  defaults: { operation: read, risk: low }
---
apiVersion: pawl/v1
kind: Tool
metadata: { name: box }
spec:
  description: Says its environment, from a container.
  type: container
  operation: read
  ${inputSchema}
  container:
    image: ${at.image}
    args: [-c, 'env; echo "$KEY of the box" >&2']
    env: [{ name: KEY, secretRef: { name: keys, key: box } }]
---
`;

const remotes = (at: KindPlaces) => `apiVersion: pawl/v1
kind: Tool
metadata: { name: granted }
spec:
  description: Says its token back.
  type: http
  operation: read
  ${inputSchema}
  http: { method: POST, url: "${at.tools}/granted" }
  egress: { hosts: ["${at.tools}", "${new URL(at.tokenUrl).origin}"], allowPrivate: true }
  auth: { profile: oauth2ClientCredentials, secretRef: { name: keys, key: client }, tokenUrl: "${at.tokenUrl}" }
---
apiVersion: pawl/v1
kind: McpServer
metadata: { name: shelf }
spec:
  transport: http
  url: ${at.shelf}/mcp
  allowPrivate: true
  headersFrom: [{ name: X-Shelf-Key, secretRef: { name: keys, key: header } }]
  defaults: { operation: read, risk: low }
---
`;

const reaching = (at: KindPlaces) => `apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: model }
spec: { provider: scripted, model: script, scriptFile: ask.script.yaml }
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: worker }
spec: { permissions: ["tool:*:*"] }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: far }
spec:
  description: Works elsewhere.
  runtime:
    external:
      url: ${at.agent}
      allowPrivate: true
      auth: { profile: bearer, secretRef: { name: keys, key: agent } }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  modelRef: model
  prompt: Do it.
  roles: [worker]
  tools:
    - { toolRef: shell }
    - { toolRef: granted }
    - { toolRef: box }
    - { mcpServerRef: parrot, tools: [env] }
    - { mcpServerRef: shelf, tools: [ask] }
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec:
  graph:
    work: { agentRef: clerk, edges: [{ to: ask }] }
    ask: { agentRef: far }
`;

/** An MCP server that says the key of a request back as its result, and in its header. */
export async function answerMcp(
  request: IncomingMessage,
  response: ServerResponse,
  called: (key: string) => void,
): Promise<void> {
  const key = request.headers['x-shelf-key'];
  const { id, method } = JSON.parse((await bodyOf(request)) || '{}') as {
    readonly id?: number;
    readonly method?: string;
  };
  const results: Readonly<Record<string, () => object>> = {
    initialize: () => ({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'shelf', version: '1' },
    }),
    'tools/list': () => ({ tools: [{ name: 'ask', inputSchema: { type: 'object' } }] }),
    'tools/call': () => {
      called(String(key));
      return { content: [{ type: 'text', text: echoOf(String(key)) }] };
    },
  };
  const result = results[method ?? '']?.();
  if (result === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
  response.writeHead(200, { 'content-type': 'application/json', 'x-echo': Buffer.from(String(key)).toString('hex') });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
