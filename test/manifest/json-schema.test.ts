import { describe, expect, test } from 'vitest';
import { validateSchema } from '../../src/manifest/json-schema.ts';
import { schemaCompiler } from '../../src/policy/schema.ts';
import { at, validateText } from './manifests.ts';

const codesOf = (schema: Parameters<typeof validateSchema>[0]) => validateSchema(schema).map(({ code }) => code);

describe('a schema that a gate cannot use is refused', () => {
  test.each([
    ['a remote reference', { $ref: 'https://example.com/schema.json' }, 'schema.remote_ref'],
    ['a relative file', { $ref: 'other.json#/x' }, 'schema.remote_ref'],
    ['a dynamic reference', { $dynamicRef: '#node', $dynamicAnchor: 'node' }, 'schema.keyword'],
    ['an identity of its own', { $id: 'https://example.com/x' }, 'schema.keyword'],
    ['a reference to nothing', { $ref: '#/$defs/missing' }, 'schema.ref'],
    ['a reference to itself', { $ref: '#' }, 'schema.ref'],
    [
      'a loop of references',
      { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
      'schema.ref',
    ],
    ['look-behind', { pattern: '(?<=a)b' }, 'schema.pattern'],
    ['look-ahead', { pattern: '(?=a)b' }, 'schema.pattern'],
    ['a back-reference', { pattern: '(a)\\1' }, 'schema.pattern'],
    ['a broken pattern', { patternProperties: { '(': {} } }, 'schema.pattern'],
    ['a misspelt keyword', { properies: {} }, 'schema.keyword'],
    ['a misspelt type', { type: 'strnig' }, 'schema.shape'],
    ['an unknown format', { format: 'phone' }, 'schema.shape'],
    ['a count that is none', { maxLength: -1 }, 'schema.shape'],
    ['properties that are a list', { properties: [] }, 'schema.shape'],
    ['an empty enum', { enum: [] }, 'schema.shape'],
    ['a text for a schema', { items: 'string' }, 'schema.shape'],
  ])('%s', (_what, schema, code) => expect(new Set(codesOf(schema))).toEqual(new Set([code])));

  test('a pattern that backtracks elsewhere is linear here, and may be used', () => {
    expect(codesOf({ pattern: '(a+)+$' })).toEqual([]);
    const check = schemaCompiler().compile({ type: 'string', pattern: '^(a+)+$' });
    const started = performance.now();
    expect(check(`${'a'.repeat(50_000)}!`).kind).toBe('invalid');
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  test('one that is too large', () => {
    expect(codesOf({ description: 'x'.repeat(70_000) })).toEqual(['schema.size']);
  });
});

test('what passes here compiles at the gate', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $defs: {
      node: {
        type: 'object',
        properties: { next: { $ref: '#/$defs/node' }, id: { type: ['string', 'null'], format: 'uuid' } },
      },
    },
    type: 'object',
    required: ['q'],
    additionalProperties: false,
    properties: {
      q: { type: 'string', pattern: '^[a-z]+$', examples: ['a'], 'x-sensitive': true },
      n: { $ref: '#/$defs/node' },
      l: { prefixItems: [{ const: 1 }], items: false },
    },
    dependentRequired: { n: ['l'] },
    if: { required: ['n'] },
    then: { minProperties: 2 },
  };
  expect(validateSchema(schema)).toEqual([]);
  expect(schemaCompiler().compile(schema)({ q: 'abc' })).toEqual({ kind: 'valid' });
});

test("what is wrong in a manifest's schema is reported at its place", () => {
  const { problems } = validateText(`apiVersion: pawl/v1
kind: Tool
metadata: {name: t}
spec:
  type: builtin
  description: d
  builtin: {name: echo}
  inputSchema:
    type: object
    properties:
      a:
        typo: string
      b:
        pattern: (?=x)
  outputSchema:
    $ref: https://example.com/x
`);
  expect(problems.map(at)).toEqual(['schema.keyword 12:9', 'schema.pattern 14:18', 'schema.remote_ref 16:11']);
});
