import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewCycle } from '../support/review-cycle.ts';
import { say } from './fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-scripted-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const operator = `apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: GuardrailProvider
metadata: { name: analyzer, namespace: desk }
spec: { type: presidio-api, presidio: { baseUrl: "http://analyzer.desk.svc:3000" } }
---
apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: Guard
metadata: { name: pii, namespace: desk }
spec: { mode: [pre_call], providerRef: { name: analyzer }, presidio: { entityActions: { PERSON: MASK, US_SSN: BLOCK } } }
---
apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: AiGateway
metadata: { name: models, namespace: ai-gateway }
spec: { aiModels: [{ provider: gemini, name: flash }], guardrails: [{ name: pii, namespace: desk }] }
---
apiVersion: runtime.agentic-layer.ai/v1alpha1
kind: Agent
metadata: { name: reader, namespace: desk }
spec: { instruction: Read., model: gemini/flash }
`;

const kagent = `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: helper, namespace: kagent }
spec: { type: Declarative, description: Helps., declarative: { systemMessage: Help., modelConfig: mine } }
`;

const reference = `apiVersion: kagent.dev/v1alpha1
kind: Memory
metadata: { name: chats, namespace: desk }
spec: { type: in-memory }
`;

/** What cannot work without a network: servers of tools, an agent of another framework, a memory that asks a model. */
const elsewhere = `apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: { name: cluster, namespace: tools }
spec: { description: Looks into the cluster., url: "http://cluster.tools:8084/mcp", allowedNamespaces: { from: All } }
---
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: mine, namespace: kagent }
spec: { provider: Ollama, model: small, ollama: { host: "http://ollama:11434" } }
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: fixer, namespace: kagent }
spec:
  type: Declarative
  description: Fixes.
  declarative:
    systemMessage: Fix it.
    modelConfig: mine
    memory: { modelConfig: mine }
    a2aConfig: { skills: [{ id: fix, name: Fix }] }
    tools:
      - type: McpServer
        mcpServer: { kind: RemoteMCPServer, name: cluster, namespace: tools, toolNames: [get_pods, delete_pod], requireApproval: [delete_pod] }
      - type: Agent
        agent: { name: crew }
---
apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: crew, namespace: kagent }
spec: { type: BYO, description: A crew., byo: { deployment: { image: "registry.example.com/crew:1" } } }
`;

test.each([
  ['Orloj, the Agent Runtime Operator and kagent', [reviewCycle, operator, kagent].join('---\n'), true],
  ['the Kagent reference', reference, false],
  ['kagent with servers and agents elsewhere', elsewhere, true],
])('what comes from %s is valid in every environment that is written', async (_system, text, isPatched) => {
  await writeFile(join(folder, 'agents.yaml'), text);
  const imported = await say(['import', 'agents.yaml', '--scripted'], { cwd: folder });
  expect(imported, imported.stdout).toMatchObject({ exit: 0 });
  const out = join(folder, 'pawl');
  const settings = await readFile(join(out, 'pawl.yaml'), 'utf8');
  expect(settings.includes('- name: scripted')).toBe(isPatched);
  const { exit, stdout, stderr } = await say(['validate'], { cwd: out });
  expect(exit, stdout + stderr).toBe(0);
  // What is written may wait for parts that a build lacks; what is tried offline waits for none.
  if (isPatched) {
    const offline = await say(['validate', '--env', 'scripted'], { cwd: out });
    expect(offline.stdout).not.toContain('manifest.unsupported');
  }
  expect(await say(['fmt', '--check'], { cwd: out })).toMatchObject({ exit: 0 });
});

test('what would ask somebody answers by itself, with the same grants and approvals, and each difference is said', async () => {
  await writeFile(join(folder, 'agents.yaml'), elsewhere);
  const { stdout } = await say(['import', 'agents.yaml', '--scripted', '-o', 'json'], { cwd: folder });
  const out = join(folder, 'pawl');
  const fileAt = (path: string): Promise<string> => readFile(join(out, 'scripted', path), 'utf8');
  const settings = await readFile(join(out, 'pawl.yaml'), 'utf8');
  expect(settings).toContain('paths: [kagent, tools]');
  expect(settings).toContain('paths: [kagent, tools/roles, scripted]');
  const fixer = await fileAt('kagent/agents/fixer.yaml');
  expect(fixer).toContain('    - toolRef: tools/cluster-get-pods\n    - toolRef: tools/cluster-delete-pod\n');
  expect(fixer).toContain('      requireApproval: true\n');
  expect(await fileAt('tools/tools/cluster-delete-pod.yaml')).toContain('name: echo');
  expect(await fileAt('tools/roles/fixer-imported.yaml')).toContain('- tool:cluster-delete-pod:*\n');
  expect(await fileAt('kagent/agents/crew.yaml')).toContain('runtime: null\n  modelRef: mine\n');
  expect(await fileAt('kagent/models/mine.script.yaml')).toContain('- agent: crew\n');
  const { scripted } = JSON.parse(stdout) as { scripted: readonly { address: string; text: string }[] };
  expect(scripted.map(({ address }) => address)).toEqual(
    expect.arrayContaining(['McpServer/tools/cluster', 'Tool/tools/cluster-get-pods', 'Agent/kagent/crew']),
  );
});

test('a model that no file declares is stood in for, and said', async () => {
  await writeFile(join(folder, 'agents.yaml'), kagent);
  const without = await say(['import', 'agents.yaml', '--report', '-o', 'json'], { cwd: folder });
  expect(without.stdout).toContain('import.depends');
  const { stdout } = await say(['import', 'agents.yaml', '--scripted'], { cwd: folder });
  expect(stdout).toContain('import.scripted');
  const endpoint = await readFile(join(folder, 'pawl/models/mine.yaml'), 'utf8');
  expect(endpoint).toContain('provider: scripted');
});
