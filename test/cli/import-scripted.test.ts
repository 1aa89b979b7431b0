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

test.each([
  ['Orloj, the Agent Runtime Operator and kagent', [reviewCycle, operator, kagent].join('---\n'), true],
  ['the Kagent reference', reference, false],
])(
  'what comes from %s is valid in every environment that is written',
  { timeout: 60_000 },
  async (_system, text, isPatched) => {
    await writeFile(join(folder, 'agents.yaml'), text);
    const imported = await say(['import', 'agents.yaml', '--scripted'], { cwd: folder });
    expect(imported, imported.stdout).toMatchObject({ exit: 0 });
    const out = join(folder, 'pawl');
    const settings = await readFile(join(out, 'pawl.yaml'), 'utf8');
    expect(settings.includes('- name: scripted')).toBe(isPatched);
    const { exit, stdout, stderr } = await say(['validate'], { cwd: out });
    expect(exit, stdout + stderr).toBe(0);
    expect(await say(['fmt', '--check'], { cwd: out })).toMatchObject({ exit: 0 });
  },
);

test('a model that no file declares is stood in for, and said', async () => {
  await writeFile(join(folder, 'agents.yaml'), kagent);
  const without = await say(['import', 'agents.yaml', '--report', '-o', 'json'], { cwd: folder });
  expect(without.stdout).toContain('import.depends');
  const { stdout } = await say(['import', 'agents.yaml', '--scripted'], { cwd: folder });
  expect(stdout).toContain('import.scripted');
  const endpoint = await readFile(join(folder, 'pawl/models/mine.yaml'), 'utf8');
  expect(endpoint).toContain('provider: scripted');
});
