import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { overlay } from '../../src/manifest/overlay.ts';
import { at, manifest, resolveTexts, validateText } from './manifests.ts';

const paths = ['base', 'production', 'region'];

const base = `apiVersion: pawl/v1
kind: Agent
metadata:
  name: triage
  labels: {tier: gold, team: support}
spec:
  modelRef: fast
  promptFile: prompts/triage.md
  limits:
    maxSteps: 5
    timeout: 2m
`;

const model = manifest(
  'ModelEndpoint',
  'fast',
  '{provider: openaiCompatible, model: small-1, baseUrl: "https://models.example.com/v1"}',
);

const patch = (spec: string, metadata = '') =>
  `apiVersion: pawl/v1
kind: Agent
metadata:
  name: triage${metadata}
  annotations:
    pawl/patch: merge
spec:
${spec}`;

const files = (patches: Readonly<Record<string, string>>) => ({
  'base/triage.yaml': base,
  'base/fast.yaml': model,
  ...patches,
});

const prompts = { 'base/prompts/triage.md': 'You sort tickets.', 'production/loud.md': 'You sort tickets loudly.' };

const taken = (patches: Readonly<Record<string, string>>) => {
  const { resources, problems } = resolveTexts(files(patches), { prompts, paths });
  // Nothing names the only agent of these environments.
  const found = problems.filter(({ code }) => code !== 'manifest.unused');
  return { agent: resources.get('Agent/default/triage'), found };
};

const found = (patches: Readonly<Record<string, string>>) =>
  taken(patches).found.map((problem) => `${problem.file} ${at(problem)}`);

describe('a merge patch in a later path', () => {
  test('changes what it says, adds, removes and leaves the rest', () => {
    const { agent, found: problems } = taken({
      'production/triage.yaml': patch(
        '  description: Live\n  limits:\n    maxSteps: 9\n    timeout: null\n',
        '\n  labels: {tier: platinum}',
      ),
    });
    expect(problems).toEqual([]);
    expect(agent?.manifest).toMatchObject({
      metadata: { name: 'triage', labels: { tier: 'platinum', team: 'support' } },
      spec: { description: 'Live', modelRef: 'fast', limits: { maxSteps: 9 }, prompt: 'You sort tickets.' },
    });
    expect(agent?.manifest['metadata']).not.toHaveProperty('annotations');
    expect(agent?.place.file).toBe('base/triage.yaml');
  });

  test('gives the digest of the same manifest written whole', () => {
    const whole = base.replace('maxSteps: 5', 'maxSteps: 9').replace('    timeout: 2m\n', '');
    const patched = taken({
      'production/t.yaml': patch('  limits: {maxSteps: "9", timeout: null}\n'.replace('"9"', '9')),
    });
    const written = resolveTexts({ 'base/triage.yaml': whole, 'base/fast.yaml': model }, { prompts, paths });
    expect(patched.agent?.digest).toBe(written.resources.get('Agent/default/triage')?.digest);
  });

  test('is followed by the patches of still later paths', () => {
    const { agent } = taken({
      'region/a.yaml': patch('  limits: {maxSteps: 7, maxTokens: null}\n'),
      'production/z.yaml': patch('  limits: {maxSteps: 9, maxTokens: 100}\n'),
    });
    expect(agent?.manifest['spec']).toMatchObject({ limits: { maxSteps: 7, timeout: '2m' } });
    expect(agent?.manifest['spec']).not.toHaveProperty('limits.maxTokens');
  });

  test('replaces a list', () => {
    const list = `${base}  roles: [a, b]\n`;
    const { problems } = resolveTexts(
      { ...files({ 'production/t.yaml': patch('  roles: [c]\n') }), 'base/triage.yaml': list },
      { prompts, paths },
    );
    expect(problems.filter(({ code }) => code === 'reference.missing').map((problem) => problem.message)).toEqual([
      'AgentRole `c` is not defined.',
    ]);
  });

  test('names a prompt file relative to itself', () => {
    expect(taken({ 'production/t.yaml': patch('  promptFile: loud.md\n') }).agent?.manifest['spec']).toMatchObject({
      prompt: 'You sort tickets loudly.',
    });
    expect(found({ 'production/t.yaml': patch('  promptFile: quiet.md\n') })).toEqual([
      'production/t.yaml reference.file_missing 8:15',
    ]);
  });

  test('may complete a manifest that is not whole by itself', () => {
    const partial = base.replace('  modelRef: fast\n', '');
    const one = { ...files({ 'production/t.yaml': patch('  modelRef: fast\n') }), 'base/triage.yaml': partial };
    expect(resolveTexts(one, { prompts, paths }).resources.has('Agent/default/triage')).toBe(true);
  });
});

describe('what is wrong is placed where it is written', () => {
  test.each([
    ['an unknown field of the patch', '  promt: x\n', 'production/t.yaml manifest.unknown_field 8:3'],
    ['an unknown field that the patch takes away', '  promt: null\n', 'production/t.yaml manifest.unknown_field 8:3'],
    ['a type of the patch', '  limits:\n    maxSteps: many\n', 'production/t.yaml manifest.type 9:15'],
    ['a reference of the patch', '  modelRef: slow\n', 'production/t.yaml reference.missing 8:13'],
    ['a list with an entry of the wrong type', '  roles: [null]\n', 'production/t.yaml manifest.type 8:11'],
  ])('%s', (_what, spec, expected) => {
    expect(found({ 'production/t.yaml': patch(spec) })).toContain(expected);
  });

  test('a field that the manifest needs is missing where the patch removes it', () => {
    const without = manifest('ModelEndpoint', 'fast', {
      spec: '{model: null}',
      metadata: ', annotations: {pawl/patch: merge}',
    });
    expect(found({ 'production/fast.yaml': without })).toContain('production/fast.yaml manifest.required 4:8');
  });

  test('what is wrong with the base stays there, and is said once', () => {
    const wrong = { ...files({ 'production/t.yaml': patch('  description: x\n') }) };
    wrong['base/triage.yaml'] = base.replace('maxSteps: 5', 'maxSteps: 0');
    const { problems } = resolveTexts(wrong, { prompts, paths });
    expect(
      problems.filter(({ severity }) => severity === 'error').map((problem) => `${problem.file} ${at(problem)}`),
    ).toEqual(['base/triage.yaml manifest.limit 10:15']);
  });

  test('a mistake of the base that a patch corrects is none, but a credential in it is', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    const wrong = base.replace('maxSteps: 5', 'maxSteps: 0').replace('spec:\n', `spec:\n  description: ${token}\n`);
    const one = { ...files({ 'production/t.yaml': patch('  description: x\n  limits: {maxSteps: 3}\n') }) };
    one['base/triage.yaml'] = wrong;
    const { problems } = resolveTexts(one, { prompts, paths });
    expect(
      problems.filter(({ severity }) => severity === 'error').map((problem) => `${problem.file} ${at(problem)}`),
    ).toEqual(['base/triage.yaml manifest.secret_literal 7:16']);
  });
});

describe('a patch that cannot be applied says why', () => {
  const said = (patches: Readonly<Record<string, string>>) =>
    taken(patches).found.map(({ file, line, code, message, help }) => [`${file}:${line} ${code}`, message, help]);

  test('without a base, with the nearest identity', () => {
    const text = patch('  description: x\n').replace('name: triage', 'name: triaeg');
    expect(said({ 'production/t.yaml': text })).toEqual([
      [
        'production/t.yaml:4 patch.no_base',
        'There is no Agent/default/triaeg to patch.',
        'Did you mean `Agent/default/triage`?',
      ],
    ]);
    const nothing = patch('  description: x\n').replace('name: triage', 'name: zzzzzzzzzzz');
    expect(said({ 'production/t.yaml': nothing })[0]?.[2]).toBe(
      'Declare it in an earlier path, or remove the annotation `pawl/patch` and write it whole.',
    );
  });

  test('but not without a base that may be in a file that cannot be read', () => {
    const broken = 'kind: Agent\nmetadata: {name: triage}\nspec: [';
    const { problems } = resolveTexts(
      { 'base/triage.yaml': broken, 'production/t.yaml': patch('  description: x\n') },
      { paths },
    );
    expect(problems.map(({ code }) => code)).toEqual(['yaml.syntax']);
  });

  test('in the path of its base, or in an earlier one', () => {
    const same = said({ 'base/z.yaml': patch('  description: x\n') });
    expect(same).toEqual([
      [
        'base/z.yaml:6 patch.order',
        'The patch is in the same path as Agent/default/triage, at base/triage.yaml:1.',
        'Change the manifest itself, or move the patch to a later path of the environment.',
      ],
    ]);
    const earlier = resolveTexts(files({ 'production/t.yaml': patch('  description: x\n') }), {
      prompts,
      paths: ['production', 'base'],
    });
    expect(earlier.problems.find(({ code }) => code === 'patch.order')).toMatchObject({
      message: 'The patch is in an earlier path than Agent/default/triage, at base/triage.yaml:1.',
      help: 'Put the path of the patch after it, under `paths` in pawl.yaml.',
    });
  });

  test('twice in one path', () => {
    const twice = {
      'production/a.yaml': patch('  description: x\n'),
      'production/b.yaml': patch('  description: y\n'),
    };
    expect(said(twice)).toEqual([
      [
        'production/b.yaml:6 patch.twice',
        'Agent/default/triage is patched twice in one path: here and at production/a.yaml:1.',
        'Join the two patches in one, or move one to a later path.',
      ],
    ]);
  });

  test('with an identity that it removes or renames, or another way to patch', () => {
    const text = patch('  description: x\n');
    expect(found({ 'production/t.yaml': text.replace('name: triage', 'name: null') })).toEqual([
      'production/t.yaml patch.identity 4:3',
    ]);
    expect(found({ 'production/t.yaml': text.replace('pawl/patch: merge', 'pawl/patch: replace') })).toEqual([
      'production/t.yaml patch.strategy 6:17',
    ]);
  });

  test('the same identity without the annotation names both places and the annotation', () => {
    const { problems } = resolveTexts(files({ 'production/t.yaml': base.replace('prompts/', '../base/prompts/') }), {
      prompts,
      paths,
    });
    expect(problems.find(({ code }) => code === 'manifest.duplicate')).toMatchObject({
      file: 'production/t.yaml',
      message: 'Agent/default/triage is declared twice: here and at base/triage.yaml:1.',
      help: 'Add the annotation `pawl/patch: merge` to the one in the later path to change only what it says, or remove one of the two.',
    });
  });

  test.each(['patch.strategy', 'patch.identity', 'patch.no_base', 'patch.order', 'patch.twice'])(
    '%s is explained',
    (code) => {
      expect(codes[code]?.cure).toBeTruthy();
    },
  );
});

test('merging again gives the same manifest, not an equal one, and nothing without patches is touched', () => {
  const texts = files({ 'production/t.yaml': patch('  description: x\n') });
  const manifests = Object.entries(texts).flatMap(([path, text]) => validateText(text, path).manifests);
  const [first, again] = [overlay(manifests, { paths }), overlay(manifests.toReversed(), { paths })];
  expect(new Set(again.manifests)).toEqual(new Set(first.manifests));
  for (const merged of first.manifests) expect(again.manifests.includes(merged)).toBe(true);
  const plain = manifests.filter(({ patch: partial }) => partial === undefined);
  expect(overlay(plain, { paths }).manifests).toBe(plain);
});
