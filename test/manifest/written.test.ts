import { describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { keepMaking, makingOf } from '../../src/manifest/origin.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { writtenDigest } from '../../src/manifest/written.ts';
import { manifest, resolveTexts } from './manifests.ts';

const paths = ['base', 'top'];
const model = manifest(
  'ModelEndpoint',
  'fast',
  '{provider: openaiCompatible, model: s, baseUrl: "https://models.example.com/v1"}',
);
const library = (text: string) => manifest('PromptLibrary', 'texts', `{prompts: {tone: "${text}"}}`);

const files = {
  'base/model.yaml': model,
  'base/defaults.yaml': manifest('Defaults', 'all', '{limits: {maxSteps: 4}}'),
  'base/texts.yaml': library('Be kind.'),
  'base/agent.yaml': manifest('Agent', 'a', '{modelRef: fast, promptFile: p.md, limits: {maxTokens: 100}}'),
  'top/patch.yaml': manifest('Agent', 'a', {
    spec: '{description: Ours}',
    metadata: ', annotations: {pawl/patch: merge}',
  }),
};
const prompts = { 'base/p.md': 'Sort. {{> texts/tone }}' };

function agentOf(
  change: Readonly<Record<string, string>> = {},
  texts: Readonly<Record<string, string>> = {},
): Resource {
  const { resources, problems } = resolveTexts({ ...files, ...change }, { prompts: { ...prompts, ...texts }, paths });
  const found = resources.get('Agent/default/a');
  if (found === undefined) throw new Error(JSON.stringify(problems, null, 2));
  return found;
}

/** As another build would make it, with a field that is new in its schema. */
function recompiled(resource: Resource): Resource {
  const spec: JsonObject = { ...(resource.manifest['spec'] as JsonObject), newField: 'by default' };
  const newer = { ...resource.manifest, spec };
  const made: Resource = { ...resource, manifest: newer, digest: digest(newer) };
  const making = makingOf(resource);
  if (making !== undefined) keepMaking(made, making);
  return made;
}

describe('what authors wrote of a resource', () => {
  const written = writtenDigest(agentOf());

  test('is the same when it is read again, and when pawl alone fills in more', () => {
    expect(written).toMatch(/^[0-9a-f]{64}$/);
    expect(writtenDigest(agentOf())).toBe(written);
    const newer = recompiled(agentOf());
    expect(newer.digest).not.toBe(agentOf().digest);
    expect(writtenDigest(newer)).toBe(written);
  });

  test.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['its manifest', { 'base/agent.yaml': files['base/agent.yaml'].replace('100', '200') }, {}],
    [
      'a value that its manifest now writes and pawl gave before',
      {
        'base/agent.yaml': files['base/agent.yaml'].replace('maxTokens: 100', 'maxTokens: 100, maxToolCalls: 50'),
      },
      {},
    ],
    ['a patch', { 'top/patch.yaml': files['top/patch.yaml'].replace('Ours', 'Theirs') }, {}],
    ['the Defaults', { 'base/defaults.yaml': files['base/defaults.yaml'].replace('4', '3') }, {}],
    [
      'a Defaults of its namespace that says the same as pawl',
      {
        'base/defaults.yaml': files['base/defaults.yaml'].replace('maxSteps: 4', 'maxSteps: 4, maxToolCalls: 50'),
      },
      {},
    ],
    ['its prompt file', {}, { 'base/p.md': 'Sort well. {{> texts/tone }}' }],
    ['a library that its prompt takes a text from', { 'base/texts.yaml': library('Be short.') }, {}],
  ])('is another when %s changed', (_what, change, texts) => {
    expect(writtenDigest(agentOf(change, texts))).not.toBe(written);
  });

  test('is not known of a resource that came from the database', () => {
    const { kind, namespace, name, address, manifest: body, digest: stored, place } = agentOf();
    expect(writtenDigest({ kind, namespace, name, address, manifest: body, digest: stored, place })).toBeUndefined();
  });
});
