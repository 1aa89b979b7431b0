import { describe, expect, test } from 'vitest';
import { at, manifest, validateText } from './manifests.ts';

const problemsOf = (text: string) => validateText(text).problems;
const codesOf = (text: string) => problemsOf(text).map(({ code }) => code);
const contentOf = (text: string) => validateText(text).manifests[0]?.content?.manifest;

const tool = (spec: string) => manifest('Tool', 't', `{type: builtin, description: d, builtin: {name: echo}, ${spec}}`);
const model = (spec: string) =>
  manifest('ModelEndpoint', 'm', `{provider: openaiCompatible, model: x, baseUrl: "https://x.example", ${spec}}`);
const agent = (spec: string) => manifest('Agent', 'a', `{modelRef: m, prompt: Go., ${spec}}`);

describe('everything wrong is reported at once, each at its place', () => {
  test('unknown fields, missing parts, bounds and types of one agent', () => {
    const problems = problemsOf(`apiVersion: pawl/v1
kind: Agent
metadata: {name: triage}
spec:
  modelRef: fast
  prompt: Go.
  tool: []
  memory: {}
  limits:
    maxSteps: 0
    timeout: 8d
    maxTokens: many
`);
    expect(problems.map(at)).toEqual([
      'manifest.unknown_field 7:3',
      'manifest.required 8:3',
      'manifest.limit 10:15',
      'manifest.format 11:14',
      'manifest.type 12:16',
    ]);
    expect(problems.map(({ help }) => help)[0]).toBe('Did you mean `tools`?');
    expect(problems.map(({ message }) => message).slice(1, 3)).toEqual([
      '`spec.memory.memoryRef` is missing.',
      '`spec.limits.maxSteps` must be at least 1.',
    ]);
    expect(problems.every(({ address }) => address === 'Agent/default/triage')).toBe(true);
  });

  test('a missing field is reported at what should hold it', () => {
    expect(
      problemsOf('apiVersion: pawl/v1\nkind: Secret\nmetadata: {name: a}\nspec:\n  source: env\n').map(at),
    ).toEqual(['manifest.required 4:1']);
  });

  test('neither and both of prompt and promptFile are refused', () => {
    expect(codesOf(manifest('Agent', 'a', '{modelRef: m}'))).toEqual(['manifest.exactly_one']);
    expect(codesOf(agent('promptFile: p.md'))).toEqual(['manifest.exactly_one']);
  });
});

describe('kinds and versions', () => {
  test.each([
    ['kind: Agnet', 'manifest.kind', 'Did you mean `Agent`?'],
    ['kind: agent', 'manifest.kind', 'Did you mean `Agent`?'],
    ['kind: [Agent]', 'manifest.kind', 'One of:'],
    ['metadata: {}', 'manifest.kind', 'One of:'],
  ])('%s is refused', (line, code, help) => {
    const problems = problemsOf(`apiVersion: pawl/v1\n${line}\n`);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]?.help).toContain(help);
  });

  test.each(['apiVersion: pawl/v2', 'apiVersion: kagent.dev/v1alpha1', 'x: 1', 'apiVersion: 1'])(
    '%s is refused',
    (line) => {
      expect(codesOf(`${line}\nkind: Agent\n`)).toEqual(['manifest.api_version']);
    },
  );

  test('a manifest of another system is refused with the command that rewrites it', () => {
    const [problem] = problemsOf('apiVersion: kagent.dev/v1alpha2\nkind: Agent\n');
    expect(problem?.help).toBe('It is of another system: `pawl import` writes it as manifests of pawl.');
  });

  test('a document that is no map is refused', () => {
    expect(codesOf('- a\n')).toEqual(['manifest.shape']);
    expect(codesOf('~\n')).toEqual(['manifest.shape']);
  });

  test.each([
    ['AlertRule', '{metric: leaseTakeovers, op: gt, threshold: 1, receivers: [r]}', 'metrics of leases'],
    ['Gateway', '{type: agent, class: builtin, exposes: [{agentRef: a}]}', 'exposed agents'],
  ])('%s %s names the part that is missing', (kind, spec, part) => {
    const problem = problemsOf(manifest(kind, 'x', spec)).find(({ code }) => code === 'manifest.unsupported');
    expect(problem?.message).toContain(part);
  });
});

describe('names', () => {
  test.each(['../../x', 'x'.repeat(300), 'оре', 'Agent', '-a', 'a-', 'a_b', 'a.b', '""', '1.5'])(
    '%s is refused',
    (name) => {
      const { manifests, problems } = validateText(
        manifest('AgentRole', `"${name.replaceAll('"', '')}"`, '{permissions: []}'),
      );
      expect(problems.length).toBeGreaterThan(0);
      expect(new Set(problems.map(({ line }) => line))).toEqual(new Set([3]));
      expect(manifests[0]?.address).toBeUndefined();
    },
  );

  test('the namespace is `default` unless it is written', () => {
    expect(validateText(manifest('AgentRole', 'r', '{permissions: []}')).manifests[0]?.address).toBe(
      'AgentRole/default/r',
    );
  });
});

describe('one way to write everything', () => {
  test('defaults are filled in, and what another system wrote about the resource is left out', () => {
    expect(contentOf(`${agent('roles: []')}status: {phase: Ready}\n`)).toEqual({
      apiVersion: 'pawl/v1',
      kind: 'Agent',
      metadata: { name: 'a', namespace: 'default' },
      spec: {
        modelRef: 'm',
        prompt: 'Go.',
        tools: [],
        roles: [],
        limits: { maxSteps: 10, maxToolCalls: 50, timeout: '5m' },
        execution: { toolUse: 'runAgain', onDeny: 'inform', maxDenials: 3 },
        runtime: 'builtin',
      },
    });
  });

  test('numbers written as text are numbers, and prices are micro-USD', () => {
    const written = model(
      'parameters: {temperature: "0.70", seed: "7"}, pricing: {inputPerMTok: "0.15", outputPerMTok: 1.25}',
    );
    expect(contentOf(written)).toMatchObject({
      spec: {
        parameters: { temperature: 0.7, seed: 7, maxOutputTokens: 1024 },
        pricing: { inputPerMTok: 150_000, outputPerMTok: 1_250_000 },
      },
    });
  });

  test.each([
    'parameters: {temperature: "2.5"}',
    'parameters: {temperature: warm}',
    'parameters: {seed: "1.5"}',
    'pricing: {inputPerMTok: -1, outputPerMTok: 0}',
  ])('bounds hold for numbers however they are written: %s', (spec) => expect(problemsOf(model(spec)).length).toBe(1));

  test('an amount finer than a micro-USD is refused', () => {
    expect(codesOf(model('pricing: {inputPerMTok: 0.0000001, outputPerMTok: 0}'))).toEqual(['manifest.money']);
  });

  test('one operation and a list of it are the same, sorted', () => {
    expect(contentOf(tool('inputSchema: {type: object}, operation: [write, read]'))).toMatchObject({
      spec: { operation: ['read', 'write'] },
    });
    expect(contentOf(tool('inputSchema: {type: object}'))).toMatchObject({ spec: { operation: ['write'] } });
    expect(codesOf(tool('inputSchema: {type: object}, operation: []'))).toEqual(['manifest.limit']);
    expect(codesOf(tool('inputSchema: {type: object}, operation: [read, raed]'))).toEqual(['manifest.value']);
  });
});

describe('what would be ignored is refused', () => {
  test.each([
    ['a builtin tool with http', tool('inputSchema: {type: object}, egress: {hosts: [a.example]}')],
    [
      'echo with entries',
      manifest(
        'Tool',
        't',
        '{type: builtin, description: d, inputSchema: {type: object}, builtin: {name: echo, entries: {}}}',
      ),
    ],
    [
      'a scripted endpoint with a URL',
      manifest(
        'ModelEndpoint',
        'm',
        '{provider: scripted, model: x, scriptFile: a.script.yaml, baseUrl: "https://x.example"}',
      ),
    ],
    ['a script beside a real provider', model('scriptFile: a.script.yaml')],
  ])('%s', (_what, text) => expect(codesOf(text)).toEqual(['manifest.contradiction']));

  test('braces in a prompt that mean nothing are reported where they stand', () => {
    const problems = problemsOf(manifest('Agent', 'a', '{modelRef: m, prompt: "Hello {{ name }} {{ a.b }}"}'));
    expect(problems.map(at)).toEqual(['prompt.syntax 4:47']);
  });

  test('an empty `tools.allow` is valid, means none, and is warned of', () => {
    const { manifests, problems } = validateText(manifest('AgentPolicy', 'p', '{global: true, tools: {allow: []}}'));
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['policy.allows_none', 'warning']]);
    expect(manifests[0]?.content?.manifest).toMatchObject({ spec: { tools: { allow: [] } } });
  });

  test('an invisible character in a prompt is a warning that names it', () => {
    const problems = problemsOf(manifest('Agent', 'a', '{modelRef: m, prompt: "Be\u202e nice"}'));
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['prompt.hidden_character', 'warning']]);
    expect(problems[0]?.message).toContain('U+202E');
  });
});

describe('the request of an http tool', () => {
  const http = (url: string, rest = '', closed = true) =>
    manifest(
      'Tool',
      't',
      `{type: http, description: d, inputSchema: {type: object, properties: {id: {type: string}}${closed ? ', additionalProperties: false' : ''}}, http: {method: GET, url: "${url}"${rest}}, egress: {hosts: ["http://127.0.0.1:8080", "*.example.com"]}}`,
    );

  test('has its placeholders among the arguments', () => {
    expect(problemsOf(http('https://a.example.com/{id}', ', query: {q: "{id}"}, body: {k: ["{id}"]}'))).toEqual([]);
    const problems = problemsOf(http('https://a.example.com/{ids}', ', body: {k: ["{other}"]}'));
    expect(problems.map(({ code, severity, help }) => [code, severity, help])).toEqual([
      ['tool.placeholder', 'error', 'Did you mean `id`?'],
      ['tool.placeholder', 'error', 'Arguments: id.'],
    ]);
    expect(problemsOf(http('https://a.example.com/{ids}', '', false)).map(({ severity }) => severity)).toEqual([
      'warning',
    ]);
  });

  test('names its host itself', () => {
    expect(codesOf(http('https://{id}.example.com/'))).toEqual(['tool.host']);
  });
});

test('ten thousand unknown fields are reported in bounded time and number', () => {
  const fields = Array.from({ length: 10_000 }, (_, index) => `  field${index}: 1`).join('\n');
  const started = performance.now();
  const problems = problemsOf(
    `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: {name: r}\nspec:\n  permissions: []\n${fields}\n`,
  );
  expect(problems.length).toBeGreaterThan(100);
  expect(problems.length).toBeLessThan(1_000);
  expect(performance.now() - started).toBeLessThan(30_000);
});

test('a list that fills a file is checked for repeats in bounded time', () => {
  const entries = Array.from({ length: 20_000 }, (_, index) => `a${index}`).join(', ');
  const started = performance.now();
  expect(codesOf(manifest('Agent', 'a', `{modelRef: m, prompt: x, roles: [${entries}]}`))).toEqual(['manifest.limit']);
  expect(performance.now() - started).toBeLessThan(30_000);
});
