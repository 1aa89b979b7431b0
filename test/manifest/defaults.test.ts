import { describe, expect, test } from 'vitest';
import { originsOf } from '../../src/manifest/origin.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { manifest, resolveTexts } from './manifests.ts';

const endpoint = (name: string, metadata = '') =>
  manifest('ModelEndpoint', name, {
    spec: '{provider: openaiCompatible, model: s, baseUrl: "https://models.example.com/v1"}',
    metadata,
  });
const shared = ', namespace: platform, annotations: {pawl/share: "true"}';
const system = (agent: string, metadata = '') =>
  manifest('AgentSystem', `s-${agent}`, { spec: `{graph: {a: {agentRef: ${agent}}}}`, metadata });

const resolved = (files: Readonly<Record<string, string>>) => resolveTexts(files, { prompts: {} });

const specOf = (result: ReturnType<typeof resolved>, address: string): JsonObject =>
  (result.resources.get(address)?.manifest['spec'] ?? {}) as JsonObject;

const originOf = (result: ReturnType<typeof resolved>, address: string, pointer: string) => {
  const resource = result.resources.get(address);
  return resource === undefined ? undefined : originsOf(resource).get(pointer);
};

const files: Readonly<Record<string, string>> = {
  'models.yaml': [endpoint('slow', shared), endpoint('fast')].join('---\n'),
  'platform.yaml': manifest('Defaults', 'all', {
    spec: '{scope: environment, modelRef: slow, limits: {maxSteps: 7, maxTokens: 9000}, timeouts: {agent: 9m, system: 2h, tool: 3s}}',
    metadata: ', namespace: platform',
  }),
  'team.yaml': manifest('Defaults', 'team', '{modelRef: fast, limits: {maxSteps: 4}}'),
  'a.yaml': [
    manifest('Agent', 'a', '{prompt: Go., limits: {maxTokens: 5}}'),
    system('a'),
    manifest('Agent', 'p', { spec: '{prompt: Go.}', metadata: ', namespace: platform' }),
    system('p', ', namespace: platform'),
    manifest('Agent', 'x', { spec: '{prompt: Go.}', metadata: ', namespace: other' }),
    system('x', ', namespace: other'),
  ].join('---\n'),
};

describe('what a manifest does not say', () => {
  const result = resolved(files);

  test('comes from the Defaults of its namespace, then from those of the environment, then from pawl', () => {
    expect(result.problems).toEqual([]);
    expect(specOf(result, 'Agent/default/a')).toMatchObject({
      modelRef: 'fast',
      limits: { maxTokens: 5, maxSteps: 4, timeout: '9m', maxToolCalls: 50 },
    });
    expect(specOf(result, 'AgentSystem/default/s-a')).toMatchObject({ limits: { timeout: '2h' } });
  });

  test('and its origin can be asked for', () => {
    const origins = [
      'modelRef',
      'limits/maxTokens',
      'limits/maxSteps',
      'limits/timeout',
      'limits/maxToolCalls',
      'prompt',
    ];
    expect(origins.map((pointer) => originOf(result, 'Agent/default/a', `/spec/${pointer}`))).toEqual([
      'Defaults/default/team',
      'manifest',
      'Defaults/default/team',
      'Defaults/platform/all',
      'built-in',
      'manifest',
    ]);
    expect(originOf(result, 'Agent/default/a', '/metadata/namespace')).toBe('built-in');
    expect(originOf(result, 'Agent/platform/p', '/metadata/namespace')).toBe('manifest');
  });

  test('names a model in the namespace of the Defaults that name it', () => {
    expect(specOf(result, 'Agent/platform/p')['modelRef']).toBe('slow');
    expect(specOf(result, 'Agent/other/x')['modelRef']).toBe('platform/slow');
  });

  test('is what its author would have written: the digest does not know where a value is from', () => {
    const written =
      files['a.yaml']?.replace('{maxTokens: 5}', '{maxTokens: 5, maxSteps: 4, timeout: 9m}, modelRef: fast') ?? '';
    const other = resolved({ ...files, 'a.yaml': written });
    expect(other.resources.get('Agent/default/a')?.digest).toBe(result.resources.get('Agent/default/a')?.digest);
    expect(originOf(other, 'Agent/default/a', '/spec/modelRef')).toBe('manifest');
  });
});

test('changing Defaults changes what they reach and nothing else', () => {
  const before = resolved(files);
  const after = resolved({
    ...files,
    'team.yaml': manifest('Defaults', 'team', '{modelRef: fast, limits: {maxSteps: 5}}'),
  });
  const changed = [...after.resources].filter(
    ([address, { digest }]) => before.resources.get(address)?.digest !== digest,
  );
  expect(changed.map(([address]) => address)).toEqual(['Agent/default/a', 'Defaults/default/team']);
});

describe('Defaults that cannot be followed', () => {
  test('two of one scope are an error that names both, in any order of files', () => {
    const twins = {
      ...files,
      'b.yaml': manifest('Defaults', 'mine', '{modelRef: fast}'),
      'c.yaml': manifest('Defaults', 'ours', '{scope: environment, modelRef: platform/slow}'),
    };
    for (const order of [twins, Object.fromEntries(Object.entries(twins).reverse())]) {
      expect(resolved(order).problems.map(({ file, code, message }) => `${file} ${code} ${message}`)).toEqual([
        'platform.yaml defaults.duplicate Defaults/platform/all and Defaults/default/ours (c.yaml:1) are both the Defaults of the environment.',
        'team.yaml defaults.duplicate Defaults/default/team and Defaults/default/mine (b.yaml:1) are both the Defaults of the namespace default.',
      ]);
    }
  });

  test('an agent that no model reaches says how to give it one', () => {
    const { problems } = resolved({
      ...files,
      'platform.yaml': manifest(
        'Tool',
        't',
        '{type: builtin, description: d, inputSchema: {type: object}, builtin: {name: echo}}',
      ),
    });
    const missing = problems.filter(({ code }) => code === 'defaults.no_model');
    expect(missing.map(({ address, help }) => [address, help])).toEqual([
      ['Agent/platform/p', 'Add `modelRef`, or a Defaults with `modelRef` that reaches its namespace.'],
      ['Agent/other/x', 'Add `modelRef`, or a Defaults with `modelRef` that reaches its namespace.'],
    ]);
  });

  test('with a mistake in Defaults, agents are not blamed for it', () => {
    const { problems } = resolved({
      ...files,
      'platform.yaml': manifest('Defaults', 'all', '{scope: environment, mdelRef: slow}'),
    });
    expect(problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
      'manifest.unknown_field',
    ]);
  });

  test('a model that is not shared is reported where the Defaults name it, once', () => {
    const models = files['models.yaml']?.replace(', annotations: {pawl/share: "true"}', '') ?? '';
    const { problems } = resolved({ ...files, 'models.yaml': models });
    expect(problems.map(({ file, message }) => `${file} ${message}`)).toEqual([
      'platform.yaml ModelEndpoint/platform/slow is not shared, and these Defaults give it to agents of the namespace other.',
    ]);
  });

  test('a model that is not there is reported at the Defaults', () => {
    const { problems } = resolved({ ...files, 'team.yaml': manifest('Defaults', 'team', '{modelRef: fats}') });
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file, code }) => `${file} ${code}`)).toEqual(['team.yaml reference.missing']);
  });
});
