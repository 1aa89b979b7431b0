import { expect, test } from 'vitest';
import { repositoryFiles } from '../../src/cli/import-site.ts';
import { importTexts } from '../support/import.ts';

const agent = `apiVersion: orloj.dev/v1
kind: ModelEndpoint
metadata: { name: local }
spec: { provider: ollama, default_model: small }
---
apiVersion: orloj.dev/v1
kind: Agent
metadata: { name: writer }
spec: { model_ref: local, prompt: Write. }
---
apiVersion: orloj.dev/v1
kind: AgentSystem
metadata: { name: desk }
spec: { agents: [writer]`;

function settings(system: string): string {
  const { written } = importTexts(`${agent}${system} }\n`);
  const files = repositoryFiles(written, { out: '/tmp/nowhere', root: undefined, repositoryAbove: undefined });
  return files.find(({ path }) => path === 'pawl.yaml')?.text ?? '';
}

test('a group that imported reviews ask is named in the settings, for somebody to fill', () => {
  expect(settings(', completion_review: { checkpoint_id: last }')).toContain(
    'groups:\n  reviewers: { description: "Nobody yet: say who decides." }\n',
  );
  expect(settings('')).not.toContain('groups:');
});
