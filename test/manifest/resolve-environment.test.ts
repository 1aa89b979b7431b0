import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { environmentCodes } from '../../src/manifest/environment-codes.ts';
import { agent, model, said, type Texts, wrong } from './environment-texts.ts';
import { at, manifest, promptFiles, resolveTexts, validFiles } from './manifests.ts';

test('every code has a title, a cause and a cure', () => {
  for (const code of Object.keys(environmentCodes)) {
    expect([codes[code]?.title, codes[code]?.cause, codes[code]?.cure].every(Boolean)).toBe(true);
  }
});

describe('ownership', () => {
  const place = { file: 'pawl.yaml', line: 9, column: 11 };
  const files = {
    'teams/a/agent.yaml': agent('one', '', ', namespace: b'),
    'teams/a/shared/model.yaml': model.replace('name: fast', 'name: fast, namespace: b'),
  };

  test('lets a folder declare only its namespaces and kinds, with both places', () => {
    const ownership = [{ path: 'teams/a', namespaces: ['a'], kinds: ['Tool', 'AgentRole'], place }];
    expect(
      said(
        { 'teams/a/agent.yaml': files['teams/a/agent.yaml'], 'model.yaml': files['teams/a/shared/model.yaml'] },
        { ownership },
      ),
    ).toEqual([
      [
        'teams/a/agent.yaml ownership.kind 2:7',
        'Manifests of `teams/a` (pawl.yaml:9) may not declare the kind Agent.',
        'The kinds there are Tool, AgentRole. Move the manifest, or change the ownership in pawl.yaml.',
      ],
      [
        'teams/a/agent.yaml ownership.namespace 3:34',
        'Manifests of `teams/a` (pawl.yaml:9) may not declare resources of the namespace `b`.',
        'The namespace there is a. Move the manifest, or change the ownership in pawl.yaml.',
      ],
    ]);
  });

  test('goes by the innermost path, and says nothing of what no path holds', () => {
    const ownership = [
      { path: '', namespaces: ['a'], place },
      { path: 'teams/a', namespaces: ['b'], place },
      { path: 'teams/a/shared', kinds: ['ModelEndpoint'], place },
    ];
    expect(said(files, { ownership })).toEqual([]);
    expect(said(files, { ownership: [{ path: 'teams', kinds: [], place }] }).map(([where]) => where)).toEqual([
      'teams/a/agent.yaml ownership.kind 2:7',
      'teams/a/shared/model.yaml ownership.kind 2:7',
    ]);
    expect(said(files, { ownership: [{ path: 'team', kinds: [], place }] })).toEqual([]);
  });

  test('keeps a folder with namespaces from giving something to all namespaces', () => {
    const defaults = (scope: string) =>
      manifest('Defaults', 'd', { spec: `{scope: ${scope}, share: true}`, metadata: ', namespace: a' });
    const ownership = [{ path: 'teams/a', namespaces: ['a'], place }];
    expect(said({ 'teams/a/d.yaml': defaults('environment') }, { ownership })).toEqual([
      [
        'teams/a/d.yaml ownership.namespace 4:15',
        'Manifests of `teams/a` (pawl.yaml:9) may not declare Defaults of the whole environment.',
        'Write `scope: namespace`, or move the Defaults to a folder whose ownership lists no namespaces.',
      ],
    ]);
    expect(said({ 'teams/a/d.yaml': defaults('namespace') }, { ownership })).toEqual([]);
    expect(said({ 'd.yaml': defaults('environment') }, { ownership })).toEqual([]);
  });

  test('holds for a patch too, at its own line', () => {
    const patch = manifest('Agent', 'one', {
      spec: '{description: x}',
      metadata: ', namespace: b, annotations: {pawl/patch: merge}',
    });
    const options = { paths: ['teams', 'patches'], ownership: [{ path: 'patches', namespaces: ['a'], place }] };
    expect(said({ ...files, 'patches/p.yaml': patch }, options).map(([where]) => where)).toEqual([
      'patches/p.yaml ownership.namespace 3:34',
    ]);
  });
});

describe('renamedFrom', () => {
  const files = (from: string, others: Texts = {}) => ({
    'model.yaml': model,
    'a.yaml': agent('a', '', `, renamedFrom: ${from}`),
    ...others,
  });

  test('may be a name that is gone', () => {
    expect(said(files('old'))).toEqual([]);
    expect(said(files('other/old'))).toEqual([]);
  });

  test('may not be the name itself, one that is still declared, or that of another', () => {
    expect(said(files('a'))).toEqual([
      [
        'a.yaml rename.self 3:34',
        'Agent/default/a cannot be renamed from itself.',
        'Write the name that it had before, or remove `renamedFrom`.',
      ],
    ]);
    expect(said(files('default/b', { 'b.yaml': agent('b') }))).toEqual([
      [
        'a.yaml rename.declared 3:34',
        'Agent/default/a is renamed from Agent/default/b, which is still declared at b.yaml:1.',
        'Remove the old one, or `renamedFrom` if both are meant.',
      ],
    ]);
    expect(said(files('old', { 'b.yaml': agent('b', '', ', renamedFrom: old') }))).toEqual([
      [
        'b.yaml rename.twice 3:34',
        'Agent/default/b and Agent/default/a (a.yaml:1) are both renamed from Agent/default/old.',
        'Keep `renamedFrom` at the one that goes on; the other is new.',
      ],
    ]);
  });

  test('has the grammar of a name', () => {
    expect(wrong(files('Old_Name')).map(at)).toEqual(['manifest.format 3:34']);
  });
});

describe('a document that cannot be read', () => {
  const referrer = agent('a', ', roles: [support, suport]');
  const roles = 'kind: AgentRole\nmetadata:\n  name: support\nspec: [\n';

  test('does not make what it seems to declare missing', () => {
    const problems = wrong({ 'model.yaml': model, 'agent.yaml': referrer, 'roles.yaml': roles });
    expect(problems.map((problem) => `${problem.file} ${problem.code} ${problem.message}`)).toEqual([
      expect.stringContaining('roles.yaml yaml.syntax'),
      'agent.yaml reference.missing AgentRole `suport` is not defined.',
    ]);
  });

  test('of unknown content hides what is missing, but not what is misspelt', () => {
    const files = {
      'model.yaml': model,
      'role.yaml': manifest('AgentRole', 'support', '{permissions: []}'),
      'agent.yaml': agent('a', ', roles: [support, suport, elsewhere]'),
      'broken.yaml': '{',
    };
    expect(wrong(files).map(({ message }) => message)).toEqual([
      expect.stringContaining('Flow map'),
      'AgentRole `suport` is not defined.',
    ]);
  });
});

describe('what can have no effect', () => {
  test('a permission for a tool that is not there', () => {
    const files = {
      ...validFiles,
      'policies/support.yaml': (validFiles['policies/support.yaml'] ?? '').replace(
        'tool:search:read',
        'tool:serch:read',
      ),
    };
    expect(said(files)[1]).toEqual([
      'policies/support.yaml grant.unknown_tool 7:7',
      'The role grants a permission for the tool `serch`, which is not defined.',
      'Did you mean `search`?',
    ]);
  });

  test.each([
    ['Memory', '{type: inMemory}'],
    ['Guard', '{mode: [preCall], provider: {type: regex, regex: {patterns: [{name: a, pattern: a}]}}, action: block}'],
    ['PromptLibrary', '{prompts: {a: {text: Hi.}}}'],
    ['Task', '{systemRef: s}'],
  ])('a %s that nothing refers to', (kind, spec) => {
    const { problems } = resolveTexts({ 'x.yaml': manifest(kind, 'spare', spec) });
    expect(problems.filter(({ code }) => code === 'manifest.unused').map(({ message }) => message)).toEqual([
      `Nothing refers to ${kind}/default/spare.`,
    ]);
  });
});

test('the order of files changes neither resources nor problems', () => {
  const files: Texts = {
    ...validFiles,
    'agents/zz.yaml': agent('writer', ', roles: [nobody], tools: [{toolRef: serch}], limits: {maxSteps: 90}'),
    'agents/x.yaml': agent('x', ', agents: [{agentRef: y}]', ', renamedFrom: old'),
    'agents/y.yaml': agent('y', ', agents: [{agentRef: x}]', ', renamedFrom: old'),
    'broken.yaml': 'kind: Tool\nmetadata: {name: lost}\nspec: [',
    'policies/p.yaml': manifest('AgentPolicy', 'p', '{global: true, limits: {maxSteps: 3}}'),
    'over/triage.yaml': manifest('Agent', 'triage', {
      spec: '{limits: {maxSteps: 8}}',
      metadata: ', annotations: {pawl/patch: merge}',
    }),
    'over/more.yaml': manifest('Agent', 'triage', {
      spec: '{limits: {maxSteps: 9}}',
      metadata: ', annotations: {pawl/patch: merge}',
    }),
  };
  const options = { prompts: promptFiles, paths: ['', 'over'] };
  const taken = (entries: readonly (readonly [string, string])[]) => {
    const { resources, problems } = resolveTexts(Object.fromEntries(entries), options);
    const sorted = problems.map((problem) => JSON.stringify(problem)).sort();
    return { digests: Array.from(resources.values(), ({ address, digest }) => [address, digest]), sorted };
  };
  const entries = Object.entries(files);
  const expected = taken(entries);
  expect(expected.sorted.length).toBeGreaterThan(5);
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
      expect(taken(shuffled)).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});
