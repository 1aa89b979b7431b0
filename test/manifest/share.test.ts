import { describe, expect, test } from 'vitest';
import { said, type Texts } from './environment-texts.ts';
import { manifest } from './manifests.ts';

describe('a resource of another namespace', () => {
  const files = (annotation: string, defaults = ''): Texts => ({
    'model.yaml': manifest('ModelEndpoint', 'fast', {
      spec: '{provider: openaiCompatible, model: m, baseUrl: "https://models.example.com/v1"}',
      metadata: `, namespace: models${annotation === '' ? '' : `, annotations: {pawl/share: "${annotation}"}`}`,
    }),
    'agent.yaml': manifest('Agent', 'a', {
      spec: '{modelRef: models/fast, prompt: Hi.}',
      metadata: ', namespace: support',
    }),
    ...(defaults === '' ? {} : { 'defaults.yaml': defaults }),
  });

  test.each(['*', 'true', 'support', 'billing, support', 'billing support'])(
    'is reached where `%s` shares it',
    (annotation) => {
      expect(said(files(annotation))).toEqual([]);
    },
  );

  test.each(['', 'false', 'billing'])('is not reached where `%s` is all it says', (annotation) => {
    expect(said(files(annotation))).toEqual([
      [
        'agent.yaml reference.not_shared 4:18',
        'ModelEndpoint/models/fast is of another namespace and is not shared with `support`.',
        'Add the annotation `pawl/share: support` to it (model.yaml:1), or use one of this namespace.',
      ],
    ]);
  });

  test('is shared by the Defaults of its namespace or environment, unless it says otherwise', () => {
    const defaults = (scope: string, namespace: string, share: boolean) =>
      manifest('Defaults', 'all', {
        spec: `{scope: ${scope}, share: ${share}}`,
        metadata: `, namespace: ${namespace}`,
      });
    expect(said(files('', defaults('namespace', 'models', true)))).toEqual([]);
    expect(said(files('', defaults('environment', 'support', true)))).toEqual([]);
    expect(said(files('false', defaults('namespace', 'models', true)))).toHaveLength(1);
    expect(said(files('', defaults('namespace', 'support', true)))).toHaveLength(1);
  });

  test('with an annotation that names no namespace is reported, and so is one that pawl does not have', () => {
    expect(said(files('Support!'))[0]).toEqual([
      'model.yaml reference.share 3:69',
      '`Support!` in `pawl/share` is no namespace.',
      'Write `*` for all namespaces, or their names, separated by commas.',
    ]);
    const shared = { 'model.yaml': (files('*')['model.yaml'] ?? '').replace('pawl/share', 'pawl/shared') };
    expect(said(shared)).toEqual([
      [
        'model.yaml manifest.annotation 3:57',
        "`pawl/shared` is no annotation of pawl's.",
        'Did you mean `pawl/share`?',
      ],
    ]);
  });
});
