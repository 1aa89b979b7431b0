import { describe, expect, test } from 'vitest';
import { filesNeeded, resolve } from '../../src/manifest/resolve.ts';
import { at, bytesOf, manifest, promptFiles, resolveTexts, validateText, validFiles } from './manifests.ts';

const found = (files: Readonly<Record<string, string>>, options = {}) =>
  resolveTexts(files, options).problems.map((problem) => `${problem.file} ${at(problem)}`);

const without = (path: string, document: number): Record<string, string> => {
  const parts = (validFiles[path] ?? '').split('---\n');
  return { ...validFiles, [path]: parts.filter((_part, index) => index !== document).join('---\n') };
};

describe('a repository in which everything is right', () => {
  test('has no problems and its resources in address order, prompts read in', () => {
    const { resources, problems } = resolveTexts(validFiles);
    expect(problems).toEqual([]);
    expect([...resources.keys()]).toEqual([
      'Agent/default/triage',
      'Agent/default/writer',
      'AgentPolicy/default/spend',
      'AgentRole/default/support',
      'AgentSystem/default/support',
      'ModelEndpoint/default/fast',
      'Secret/default/models',
      'Tool/default/search',
      'Tool/default/send-email',
      'ToolPermission/default/send-email',
    ]);
    const triage = resources.get('Agent/default/triage');
    expect(triage?.manifest['spec']).toMatchObject({ prompt: promptFiles['agents/prompts/triage.md'] });
    expect(triage?.manifest['spec']).not.toHaveProperty('promptFile');
    expect(triage?.place).toEqual({ file: 'agents/triage.yaml', line: 1, column: 1 });
  });

  test('names the files that it needs', () => {
    const manifests = Object.entries(validFiles).flatMap(([path, text]) => validateText(text, path).manifests);
    expect(filesNeeded(manifests)).toEqual(['agents/prompts/triage.md']);
  });
});

describe('references', () => {
  test('a missing one is reported with its nearest match', () => {
    const files = {
      ...validFiles,
      'agents/writer.yaml': manifest(
        'Agent',
        'writer',
        '{modelRef: fsat, prompt: x, tools: [{toolRef: serch}], roles: [suport]}',
      ),
    };
    const problems = resolveTexts(files).problems.filter(({ code }) => code === 'reference.missing');
    expect(problems.map(({ message, help }) => `${message} ${help}`)).toEqual([
      'ModelEndpoint `fsat` is not defined. Did you mean `fast` (models/fast.yaml)?',
      'Tool `serch` is not defined. Did you mean `search` (tools/search.yaml)?',
      'AgentRole `suport` is not defined. Did you mean `support` (policies/support.yaml)?',
    ]);
    expect(problems.map(at)).toEqual(['reference.missing 4:18', 'reference.missing 4:53', 'reference.missing 4:70']);
  });

  test('a resource that is deleted while others name it is reported at each of them', () => {
    expect(found(without('models/fast.yaml', 0)).filter((line) => line.includes('reference.missing'))).toEqual([
      'agents/triage.yaml reference.missing 9:13',
      'agents/writer.yaml reference.missing 4:18',
    ]);
    expect(found(without('models/fast.yaml', 1))).toEqual(['models/fast.yaml reference.missing 17:13']);
  });

  test('a reference to a resource that is wrong itself is not missing', () => {
    const files = { ...validFiles, 'models/fast.yaml': (validFiles['models/fast.yaml'] ?? '').replace('0.7', '7') };
    expect(found(files)).toEqual(['models/fast.yaml manifest.limit 10:18']);
  });

  test('another namespace is reached only where the target says that it is shared', () => {
    const secret = (annotations: string) =>
      manifest('Secret', 'keys', {
        spec: '{source: env, keys: {token: PAWL_SECRET_T}}',
        metadata: `, namespace: vault${annotations}`,
      });
    const files = (annotations: string) => ({
      ...validFiles,
      'models/fast.yaml': (validFiles['models/fast.yaml'] ?? '').replace('name: models', 'name: vault/keys'),
      'vault.yaml': secret(annotations),
    });
    expect(found(files('')).filter((line) => line.includes('reference'))).toEqual([
      'models/fast.yaml reference.not_shared 17:13',
    ]);
    expect(found(files(', annotations: {pawl/share: "true"}')).filter((line) => line.includes('reference'))).toEqual(
      [],
    );
  });

  test('a policy may name what is not shared: it only restricts', () => {
    const policy = manifest('AgentPolicy', 'p', {
      spec: '{global: true, tools: {deny: [default/send-email]}}',
      metadata: ', namespace: security',
    });
    expect(found({ ...validFiles, 'p.yaml': policy })).toEqual([]);
  });

  test('a key that the Secret does not have is reported', () => {
    const files = {
      ...validFiles,
      'models/fast.yaml': (validFiles['models/fast.yaml'] ?? '').replace('key: token', 'key: tokn'),
    };
    const [problem] = resolveTexts(files).problems;
    expect([problem?.code, problem?.help]).toEqual(['reference.secret_key', 'Did you mean `token`?']);
  });
});

describe('identities', () => {
  test('one that is declared twice names both places, whatever the order of files', () => {
    const twin = manifest('Agent', 'writer', '{modelRef: fast, prompt: Other.}');
    const files = { ...validFiles, 'zz.yaml': twin };
    for (const order of [files, Object.fromEntries(Object.entries(files).reverse())]) {
      const { problems, resources } = resolveTexts(order);
      expect(problems.map((problem) => `${problem.file}:${problem.line} ${problem.message}`)).toEqual([
        'zz.yaml:3 Agent/default/writer is declared twice: here and at agents/writer.yaml:1.',
      ]);
      expect(resources.get('Agent/default/writer')?.place.file).toBe('agents/writer.yaml');
    }
  });

  test('a namespace that the environment does not hold is refused', () => {
    const problems = resolveTexts(validFiles, { namespaces: ['support'] }).problems;
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['environment.namespace']));
    expect(problems.length).toBe(10);
  });
});

describe('prompt and script files', () => {
  const agentWith = (path: string) => ({
    ...validFiles,
    'agents/writer.yaml': manifest('Agent', 'writer', `{modelRef: fast, promptFile: "${path}"}`),
  });

  test.each(['../../etc/passwd', '../../../x.md', '/../x.md', '.git/config', 'a\\\\b.md'])(
    '%s leads out of the repository',
    (path) => {
      expect(found(agentWith(path)).filter((line) => !line.includes('unused'))).toEqual([
        'agents/writer.yaml reference.file_escape 4:36',
      ]);
    },
  );

  test.each(['prompts/triage.md', './prompts/../prompts/triage.md', '/agents/prompts/triage.md'])(
    '%s is the file',
    (path) => {
      expect(found(agentWith(path))).toEqual([]);
    },
  );

  test('a file that is not there, or too large, or empty, or no text, is reported', () => {
    const one = (text: string) => found(agentWith('p.md'), { prompts: { ...promptFiles, 'agents/p.md': text } });
    expect(found(agentWith('p.md'))).toEqual(['agents/writer.yaml reference.file_missing 4:36']);
    expect(one('x'.repeat(64 * 1024 + 1))).toEqual(['agents/writer.yaml limits.text_file_bytes 4:36']);
    expect(one(' \n')).toEqual(['agents/p.md manifest.required 1:1']);
    expect(one('a\0b')).toEqual(['agents/p.md yaml.nul 1:2']);
    expect(one('Hello\n  {{ name }}')).toEqual(['agents/p.md prompt.undeclared 2:3']);
  });

  test('a credential is named where it stands in the prompt', () => {
    const prompts = { 'agents/prompts/triage.md': `You\nuse ghp_${'a1'.repeat(18)} well.` };
    expect(found(validFiles, { prompts })).toEqual(['agents/prompts/triage.md manifest.secret_literal 2:5']);
  });

  test('an invisible character is a warning at its place in the prompt, and the resource stays', () => {
    const { problems, resources } = resolveTexts(validFiles, {
      prompts: { 'agents/prompts/triage.md': 'You\nare\u200b kind.' },
    });
    expect(problems.map((problem) => `${problem.severity} ${problem.file} ${at(problem)}`)).toEqual([
      'warning agents/prompts/triage.md prompt.hidden_character 2:4',
    ]);
    expect(resources.has('Agent/default/triage')).toBe(true);
  });

  test('an emoji that is joined of several is no hidden character', () => {
    expect(found(validFiles, { prompts: { 'agents/prompts/triage.md': 'Be kind 👩‍💻.' } })).toEqual([]);
  });

  test('a script is read into its endpoint with its defaults, and what is wrong in it is reported in it', () => {
    const files = {
      ...validFiles,
      'models/s.yaml': manifest('ModelEndpoint', 's', '{provider: scripted, model: x, scriptFile: s.script.yaml}'),
    };
    const script = (text: string) => resolveTexts(files, { prompts: { ...promptFiles, 'models/s.script.yaml': text } });
    expect(
      script('replies: [{agent: triage, turns: [{text: hi}]}]').resources.get('ModelEndpoint/default/s')?.manifest[
        'spec'
      ],
    ).toMatchObject({
      script: { replies: [{ agent: 'triage', turns: [{ text: 'hi', latencyMs: 0 }] }] },
    });
    const wrong = script('replies:\n  - agent: triage\n    turns:\n      - txt: hi\n').problems.filter(
      ({ severity }) => severity === 'error',
    );
    expect(wrong.map((problem) => `${problem.file} ${at(problem)}`)).toEqual([
      'models/s.script.yaml manifest.unknown_field 4:9',
    ]);
  });
});

describe('what can have no effect is warned of', () => {
  test('a tool without a grant names the permission and the role to add it to', () => {
    const files = {
      ...validFiles,
      'policies/support.yaml': (validFiles['policies/support.yaml'] ?? '').replace('    - capability:mail\n', ''),
    };
    const [problem] = resolveTexts(files).problems;
    expect(problem?.severity).toBe('warning');
    expect(`${problem?.file} ${problem && at(problem)}`).toBe('agents/triage.yaml grant.missing 13:16');
    expect(problem?.help).toBe(
      'Add `- capability:mail` to the permissions of AgentRole/default/support (policies/support.yaml:1).',
    );
  });

  test('a tool of an agent without roles names the role to write', () => {
    const writer = manifest('Agent', 'writer', '{modelRef: fast, prompt: Hi., tools: [{toolRef: search}]}');
    const { problems } = resolveTexts({ ...validFiles, 'agents/writer.yaml': writer });
    expect(problems.map(({ code, help }) => [code, help])).toEqual([
      ['grant.missing', 'Add an AgentRole (`permissions: ["tool:search:read"]`), and the role to `roles`.'],
    ]);
  });

  test('a whole part may be granted with `*`', () => {
    const role = (permission: string) =>
      (validFiles['policies/support.yaml'] ?? '').replace('tool:search:read', permission);
    for (const permission of ['"tool:search:*"', '"tool:*:read"', '"tool:*:*"']) {
      expect(found({ ...validFiles, 'policies/support.yaml': role(permission) })).toEqual([]);
    }
    expect(found({ ...validFiles, 'policies/support.yaml': role('tool:search:write') })).toEqual([
      'agents/triage.yaml grant.missing 12:16',
    ]);
  });

  test.each(['labels: {tier: silver}', 'labels: {tier: gold, region: eu}', 'agents: []', 'namespaces: [nowhere]'])(
    'a policy that targets nothing: %s',
    (targets) => {
      const policy = manifest('AgentPolicy', 'p', `{targets: {${targets}}, tools: {deny: [search]}}`);
      expect(found({ ...validFiles, 'p.yaml': policy })).toEqual([
        `p.yaml policy.targets_nothing 4:${18 + targets.indexOf(': ') + 2}`,
      ]);
    },
  );

  test('a resource that nothing uses', () => {
    expect(found({ ...validFiles, 'r.yaml': manifest('AgentRole', 'spare', '{permissions: []}') })).toEqual([
      'r.yaml manifest.unused 3:18',
    ]);
  });
});

test('resolving again with the same documents and bytes gives the same resources, not equal ones', () => {
  const manifests = Object.entries(validFiles).flatMap(([path, text]) => validateText(text, path).manifests);
  const files = new Map(Object.entries(promptFiles).map(([path, text]) => [path, bytesOf(text)]));
  const first = resolve(manifests, files, {});
  const second = resolve(manifests, files, {});
  for (const [address, resource] of first.resources) expect(second.resources.get(address)).toBe(resource);
  const changed = resolve(manifests, new Map([['agents/prompts/triage.md', bytesOf('Other.')]]), {});
  expect(changed.resources.get('Agent/default/triage')?.digest).not.toBe(
    first.resources.get('Agent/default/triage')?.digest,
  );
});
