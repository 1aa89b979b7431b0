import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireBubblewrap } from '../support/bubblewrap.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { typist } from './example.ts';

const support = fileURLToPath(new URL('../support', import.meta.url));

const settings = `apiVersion: pawl/v1
environments:
  - { name: local, branch: main, paths: [.], namespaces: [default] }
`;

const manifests = `apiVersion: pawl/v1
kind: McpServer
metadata: { name: parrot }
spec:
  transport: stdio
  command: ${process.execPath}
  args: [${JSON.stringify(join(support, 'hostile-mcp-server.js'))}]
  defaults: { operation: read, risk: low }
---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: model }
spec: { provider: scripted, model: script, scriptFile: ask.script.yaml }
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: reader }
spec: { permissions: ["tool:parrot:read"] }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: asker }
spec:
  description: Asks.
  modelRef: model
  prompt: Ask.
  tools: [{ mcpServerRef: parrot, tools: [echo, flip] }]
  roles: [reader]
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: ask }
spec: { graph: { asker: { agentRef: asker } } }
`;

const script = `replies:
  - agent: asker
    turns:
      - toolCalls: [{ tool: parrot__echo, arguments: { word: hello } }]
      - toolCalls: [{ tool: parrot__flip, arguments: {} }]
      - toolCalls: [{ tool: parrot__echo, arguments: { word: again } }]
      - text: done
`;

let repository: TestRepository;
beforeAll(async () => {
  requireBubblewrap();
  repository = await createRepository();
  await repository.commit({ 'pawl.yaml': settings, 'all.yaml': manifests, 'ask.script.yaml': script }, 'Start');
}, 60_000);
afterAll(() => repository.remove());

test('an agent calls what was pinned, and no longer what the server makes of it', { timeout: 120_000 }, async () => {
  const pawl = typist(repository.path, { PAWL_PROGRAM_FILES: support });
  const pinned = await pawl('mcp', 'pin', 'parrot');
  expect([pinned.exit, pinned.stdout.includes('added echo')]).toEqual([0, true]);
  const { exit, stdout, stderr } = await pawl('run', 'ask', '--local');
  const told = `${stdout}${stderr}`;
  expect(exit, told).toBe(0);
  expect(told).toMatch(/1\.1 {2}tool mcp:default\/parrot:echo {2}done/);
  expect(told).toMatch(/2\.1 {2}tool mcp:default\/parrot:flip {2}done/);
  expect(told).toMatch(/3\.1 {2}tool mcp:default\/parrot:echo {2}failed[\s\S]*tool\.pin_mismatch/);
});
