import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

test('what the page on prompts shows is valid, and its prompt is put together as it says', () => {
  const page = readFileSync(new URL('../../docs/prompts.md', import.meta.url), 'utf8');
  const shown = Array.from(page.matchAll(/```yaml\n([\s\S]*?)```/g), ([, text]) => text ?? '');
  const model = manifest(
    'ModelEndpoint',
    'small',
    '{provider: openaiCompatible, model: s, baseUrl: "https://models.example.com/v1"}',
  );
  const { problems, resources } = resolveTexts(
    { 'page.yaml': shown.join('---\n'), 'model.yaml': model },
    { prompts: { 'prompts/escalation.md': 'Ask a person.\n' } },
  );
  expect(problems).toEqual([]);
  expect(resources.get('Agent/default/clerk')?.manifest).toMatchObject({
    spec: {
      limits: { maxSteps: 8, timeout: '2m' },
      prompt:
        'You answer {{ customer }} in a {{ tone }} voice about {{ order }}.\n1. Be kind, and brief.\n' +
        '2. Never promise a refund to {{ customer }}.\nAsk a person.\n',
    },
  });
});
