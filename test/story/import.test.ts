import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../support/git.ts';
import { typist } from './example.ts';

const manifests = `apiVersion: orloj.dev/v1
kind: ModelEndpoint
metadata: { name: small }
spec: { provider: openai, default_model: small-1, auth: { secretRef: key } }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: writer }
spec: { model_ref: small, prompt: Write. }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: editor }
spec: { model_ref: small, prompt: Edit. }
---
apiVersion: orloj.dev/v1
kind: AgentSystem
metadata: { name: letters }
spec:
  agents: [writer, editor]
  graph:
    writer: { edges: [{ to: editor }] }
    editor: { edges: [{ to: writer, condition: { output_not_contains: APPROVED } }] }
`;

test('a review cycle of another system is imported, tried offline, and ends by its own condition', {
  timeout: 120_000,
}, async () => {
  const repository = await createRepository();
  try {
    await mkdir(join(repository.path, 'old'));
    await writeFile(join(repository.path, 'old/letters.yaml'), manifests);
    const pawl = typist(repository.path);
    const imported = await pawl('import', 'old', '--scripted', '--out', '.');
    expect(imported, imported.stdout + imported.stderr).toMatchObject({ exit: 0 });
    const run = await pawl('run', 'letters', '--local', '--env', 'scripted', '-i', 'topic=tea', '--exit-status');
    expect(run, run.stdout + run.stderr).toMatchObject({ exit: 0 });
    expect(run.stdout).toContain('editor answers from its script. approved');
    expect(run.stdout).not.toContain('editor#2');
  } finally {
    await repository.remove();
  }
});
