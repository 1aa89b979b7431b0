import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { environmentCodes } from '../../src/manifest/environment-codes.ts';
import { at, manifest, promptFiles, resolveTexts, validFiles, type ResolveOptions } from './manifests.ts';

type Texts = Readonly<Record<string, string>>;

const wrong = (files: Texts, options: ResolveOptions = {}) =>
  resolveTexts(files, options).problems.filter(
    ({ code }) => code !== 'manifest.unused' && code !== 'manifest.unsupported',
  );

const said = (files: Texts, options: ResolveOptions = {}) =>
  wrong(files, options).map((problem) => [`${problem.file} ${at(problem)}`, problem.message, problem.help]);

const model = manifest(
  'ModelEndpoint',
  'fast',
  '{provider: openaiCompatible, model: small-1, baseUrl: "https://models.example.com/v1"}',
);

const agent = (name: string, spec = '', metadata = '') =>
  manifest('Agent', name, { spec: `{modelRef: fast, prompt: Hi.${spec}}`, metadata });

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

describe('work that is handed on', () => {
  const agents = (edges: Readonly<Record<string, string>>, limits = ''): Texts => ({
    'model.yaml': model,
    ...Object.fromEntries(
      Object.entries(edges).map(([name, to]) => {
        const entries = to.split(' ').map((target) => `{agentRef: ${target}}`);
        const first = name === Object.keys(edges)[0] ? limits : '';
        return [`${name}.yaml`, agent(name, to === '' ? '' : `, agents: [${entries.join(', ')}]${first}`)];
      }),
    ),
  });

  test('in a circle is reported once, with all places', () => {
    expect(said(agents({ a: 'b', b: 'c', c: 'a' }))).toEqual([
      [
        'a.yaml reference.cycle 4:57',
        'Agents hand work to each other in a circle: `a` → `b` → `c` → `a`.',
        'Remove one of the references: this one, or b.yaml:4, c.yaml:4.',
      ],
    ]);
    expect(said(agents({ a: 'a' }))).toEqual([
      ['a.yaml reference.self 4:57', '`a` hands work to itself.', 'Remove the reference.'],
    ]);
  });

  test('deeper than the first agent allows is reported there, with the chain', () => {
    const chain = { a: 'b', b: 'c', c: 'd', d: '' };
    expect(said(agents(chain, ', limits: {maxDelegationDepth: 2}'))).toEqual([]);
    expect(said(agents(chain, ', limits: {maxDelegationDepth: 1}'))).toEqual([
      [
        'a.yaml delegation.depth 4:57',
        'Work is handed on from agent to agent (`a` → `b` → `c` → `d`): 2 deep. Its `limits.maxDelegationDepth` is 1.',
        'Shorten the chain, or raise `limits.maxDelegationDepth`.',
      ],
    ]);
    const defaults = manifest('Defaults', 'all', '{limits: {maxDelegationDepth: 1}}');
    expect(said({ ...agents(chain), 'z.yaml': defaults })[0]?.[1]).toBe(
      'Work is handed on from agent to agent (`a` → `b` → `c` → `d`): 2 deep. Defaults/default/all (z.yaml:4) allows 1.',
    );
  });

  test('has a bound where nobody sets one', () => {
    const names = Array.from({ length: 13 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const chain = Object.fromEntries(names.map((name, index) => [name, names[index + 1] ?? '']));
    expect(said(agents(chain)).map(([where]) => where)).toEqual(['n00.yaml delegation.depth 4:57']);
  });

  test('systems that contain each other are reported alike', () => {
    const system = (name: string, inner: string) =>
      manifest('AgentSystem', name, `{graph: {n: {systemRef: ${inner}}}}`);
    expect(said({ 's.yaml': system('s', 't'), 't.yaml': system('t', 's') })).toEqual([
      [
        's.yaml reference.cycle 4:31',
        'Systems contain each other in a circle: `s` → `t` → `s`.',
        'Remove one of the references: this one, or t.yaml:4.',
      ],
    ]);
    expect(said({ 's.yaml': system('s', 's') })[0]?.[1]).toBe('`s` contains itself.');
  });
});

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

describe('limits above a ceiling', () => {
  const policy = (name: string, targets: string, limits: string) =>
    manifest('AgentPolicy', name, `{${targets}, limits: {${limits}}}`);
  const files = (limits: string, policies: Texts): Texts => ({
    'model.yaml': model,
    'agent.yaml': agent('a', `, limits: {${limits}}`, ', labels: {tier: gold}'),
    ...policies,
  });

  test('are warned of with the line of the policy and what holds', () => {
    const { problems, resources } = resolveTexts(
      files('maxSteps: 50, timeout: 10m', {
        'p.yaml': policy('p', 'global: true', 'maxSteps: 20, timeout: 5m'),
        'q.yaml': policy('q', 'targets: {labels: {tier: gold}}', 'maxSteps: 10'),
      }),
    );
    const found = problems.filter(({ code }) => code === 'limits.above_ceiling');
    expect(found.map((problem) => [problem.severity, at(problem), problem.message, problem.help])).toEqual([
      [
        'warning',
        'limits.above_ceiling 4:56',
        '`limits.maxSteps` is 50, and AgentPolicy/default/q (q.yaml:4) allows 10: 10 is what holds.',
        "Lower it to 10, or raise the policy's limit.",
      ],
      [
        'warning',
        'limits.above_ceiling 4:69',
        '`limits.timeout` is 10m, and AgentPolicy/default/p (p.yaml:4) allows 5m: 5m is what holds.',
        "Lower it to 5m, or raise the policy's limit.",
      ],
    ]);
    expect(resources.has('Agent/default/a')).toBe(true);
  });

  test('are not warned of where nothing is written, nothing is above, or the policy does not reach the agent', () => {
    const all = { 'p.yaml': policy('p', 'global: true', 'maxSteps: 5') };
    expect(wrong({ ...all, 'model.yaml': model, 'agent.yaml': agent('a') })).toEqual([]);
    expect(wrong(files('maxSteps: 5', all))).toEqual([]);
    const others = policy('p', 'targets: {namespaces: [default], labels: {tier: silver}}', 'maxSteps: 5');
    expect(wrong(files('maxSteps: 6', { 'p.yaml': others })).map(at)).toEqual(['policy.targets_nothing 4:49']);
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
  expect(expected.sorted.length).toBeGreaterThan(8);
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
      expect(taken(shuffled)).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});
