import { describe, expect, test } from 'vitest';
import { parseLock } from '../../src/manifest/lock.ts';
import { manifest, resolveTexts, type ResolveOptions } from './manifests.ts';

/** Bounds what each of these may take: every one would run for hours if any step went through all combinations. */
const bounded = { timeout: 60_000 };

const model = manifest(
  'ModelEndpoint',
  'm',
  '{provider: openaiCompatible, model: x, baseUrl: "https://a.example.com/v1"}',
);
const writer = manifest('Agent', 'writer', '{modelRef: m, prompt: Write.}');

/** How often each code is found. */
function codesOf(
  files: Readonly<Record<string, string>>,
  options: ResolveOptions = {},
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { code } of resolveTexts(files, options).problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

function system(schema: string, node: string): string {
  return `apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: s}\nspec:\n  roles: [r]\n  input:\n    schema: ${schema}\n  graph:\n    n: ${node}\n`;
}

const reading = (schema: string, expression: string) =>
  codesOf({
    'm.yaml': model,
    'a.yaml': writer,
    'r.yaml': manifest('AgentRole', 'r', '{permissions: ["tool:*:*"]}'),
    's.yaml': system(schema, `{agentRef: writer, input: {x: '\${ ${expression} }'}}`),
  });

const filling = (given: string, wanted: string) =>
  codesOf({
    't.yaml': manifest(
      'Tool',
      't',
      `{description: d, type: builtin, operation: read, builtin: {name: echo}, inputSchema: ${wanted}}`,
    ),
    'r.yaml': manifest('AgentRole', 'r', '{permissions: ["tool:*:*"]}'),
    's.yaml': system(given, '{toolRef: t}'),
  });

/** One of so many maps, whose fields are one of so many maps. */
function unions(depth: number, width: number): string {
  if (depth === 0) return '{type: string}';
  const maps = Array.from(
    { length: width },
    (_, index) =>
      `{type: object, properties: {p${index}: ${unions(depth - 1, width)}, kind: {const: k${index}}}, required: [kind], additionalProperties: false}`,
  );
  return `{anyOf: [${maps.join(', ')}]}`;
}

/** Each definition names the next one twice: 2^24 ways through it. */
function doubling(twice: (next: string) => string): string {
  const next = (index: number): string => `{$ref: "#/$defs/d${index + 1}"}`;
  const definitions = Array.from({ length: 24 }, (_, index) => `d${index}: ${twice(next(index))}`);
  return `{type: object, $defs: {${definitions.join(', ')}, d24: {type: string}}, required: [a], properties: {a: {$ref: "#/$defs/d0"}}}`;
}

const either = doubling((next) => `{anyOf: [${next}, ${next}]}`);
const both = doubling((next) => `{type: object, properties: {l: ${next}, r: ${next}}, required: [l, r]}`);
const tree = (name: string) =>
  `{type: object, $defs: {${name}: {type: object, additionalProperties: false, properties: {l: {$ref: "#/$defs/${name}"}, r: {$ref: "#/$defs/${name}"}, v: {anyOf: [{$ref: "#/$defs/${name}"}, {type: string}]}}}}, properties: {a: {$ref: "#/$defs/${name}"}}, required: [a]}`;

describe('types that branch more often than anybody could follow are followed as far as is asked', () => {
  test('unions of unions', bounded, () => {
    expect(reading(unions(3, 5), 'input.kind')).toEqual({});
    expect(Object.keys(reading(unions(3, 5), 'input.p0.p1.p2.kind'))).toContain('expression.may_be_missing');
  });

  test('a choice in each of a dozen conditions', bounded, () => {
    const conditions = Array.from({ length: 12 }, (_, index) => `has(input.p${index % 5}) ? "a" : (`);
    expect(reading(unions(2, 5), `${conditions.join('')}"x"${')'.repeat(conditions.length)}`)).not.toHaveProperty(
      'expression.unknown_field',
    );
  });

  test.each([
    ['either of two', either],
    ['both of two', both],
    ['a tree', tree('n')],
  ])('definitions that name %s', bounded, (_what, schema) => {
    expect(reading(schema, 'input.a')).not.toHaveProperty('expression.unknown_field');
    expect(Object.keys(reading(schema, `input.b${'.l.r'.repeat(10)}`))).toContain('expression.may_be_missing');
    expect(filling(schema, schema)).not.toHaveProperty('graph.input_type');
  });

  test('two trees that mean the same under other names', bounded, () => {
    expect(filling(tree('n'), tree('m'))).toEqual({});
  });

  test('twenty-five levels of maps', bounded, () => {
    const nested = (depth: number): string =>
      depth === 0
        ? '{type: string}'
        : `{type: object, required: [a], additionalProperties: false, properties: {a: ${nested(depth - 1)}}}`;
    expect(reading(nested(25), `input${'.a'.repeat(25)}`)).toEqual({});
    expect(reading(nested(25), `input${'.a'.repeat(24)}.b`)).toMatchObject({ 'expression.unknown_field': 1 });
  });
});

describe('many of one thing', () => {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index);
  const agents = numbers.map((index) => manifest('Agent', `a${index}`, '{modelRef: m, prompt: p}'));
  const patches = (spec: string) =>
    numbers.map(
      (index) =>
        `apiVersion: pawl/v1\nkind: Agent\nmetadata: {name: a${index}, annotations: {pawl/patch: merge}}\nspec: ${spec}\n`,
    );
  const files = (spec: string) => ({
    'base/m.yaml': model,
    'base/a.yaml': agents.join('---\n'),
    'over/a.yaml': patches(spec).join('---\n'),
  });

  test('a thousand patches of a thousand manifests', bounded, () => {
    const { problems, resources } = resolveTexts(files('{prompt: q}'), { paths: ['base', 'over'] });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(resources.size).toBe(1_001);
    expect(resources.get('Agent/default/a999')?.manifest['spec']).toMatchObject({ prompt: 'q' });
    expect(codesOf(files('{promt: q}'), { paths: ['base', 'over'] })).toMatchObject({
      'manifest.unknown_field': 1_000,
    });
  });

  test('ten thousand grants', bounded, () => {
    const roles = numbers.slice(0, 100).map((role) => {
      const permissions = numbers.slice(0, 100).map((index) => `"tool:t${role * 100 + index}:read"`);
      return [
        `r${role}.yaml`,
        manifest('AgentRole', `r${role}`, `{permissions: [${permissions.join(', ')}]}`),
      ] as const;
    });
    const held = numbers.slice(0, 50).map((index) => `r${index}`);
    const files = {
      'm.yaml': model,
      ...Object.fromEntries(roles),
      'a.yaml': manifest('Agent', 'a', `{modelRef: m, prompt: p, roles: [${held.join(', ')}]}`),
    };
    expect(codesOf(files)).toMatchObject({ 'grant.unknown_tool': 10_000 });
  });
});

describe('a lock file at its limits', () => {
  const lockOf = (servers: string) => {
    const { problems, lock } = parseLock({
      path: 'pawl.lock.yaml',
      bytes: Buffer.from(`apiVersion: pawl/v1\nkind: Lock\nservers:\n${servers}`),
    });
    return { codes: new Set(problems.map(({ code }) => code)), count: problems.length, lock };
  };

  test('has too many bytes', bounded, () => {
    const { codes, lock } = lockOf(`  default/s: {x: "${'x'.repeat(1024 * 1024)}"}\n`);
    expect([...codes]).toEqual(['limits.file_bytes']);
    expect(lock).toBeUndefined();
  });

  test('has too many servers, of which none is right: as many problems as anybody reads', bounded, () => {
    const { codes, count, lock } = lockOf(
      Array.from({ length: 20_000 }, (_, index) => `  default/s${index}: {x: 1}\n`).join(''),
    );
    expect(codes).toContain('manifest.limit');
    expect(count).toBeLessThanOrEqual(200);
    expect(lock).toBeUndefined();
  });

  test('has too many tools of one server', bounded, () => {
    const { codes, lock } = lockOf(
      `  default/s:\n    tools:\n${Array.from({ length: 1_001 }, (_, index) => `      t${index}: {}\n`).join('')}`,
    );
    expect(codes).toContain('manifest.limit');
    expect(lock).toBeUndefined();
  });
});
