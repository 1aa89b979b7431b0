import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { schemaCompiler } from '../../src/policy/schema.ts';

const compiler = schemaCompiler();

test('each pattern is its own, though all are compiled by one engine', () => {
  const check = compiler.compile({
    type: 'object',
    properties: { a: { type: 'string', pattern: '^a+$' }, b: { type: 'string', pattern: '^b+$' } },
  });
  expect(check({ a: 'aa', b: 'bb' }).kind).toBe('valid');
  expect(check({ a: 'aa', b: 'aa' })).toMatchObject({ kind: 'invalid', pointer: '/b' });
  expect(compiler.compile({ type: 'string', pattern: '^c$' })('a').kind).toBe('invalid');
});

test('a pattern that explodes in other engines takes no time, and one that RE2 lacks is an error', () => {
  const check = compiler.compile({ type: 'string', pattern: '^(a+)+$' });
  expect(check(`${'a'.repeat(50_000)}!`).kind).toBe('invalid');
  expect(compiler.compile({ type: 'string', pattern: '(?<=a)b' })('ab').kind).toBe('error');
});

test('a schema that is asynchronous, remote, circular or no schema never says yes', () => {
  const schemas = [
    { $async: true, type: 'object' },
    { $ref: 'https://example.com/schema.json' },
    { $ref: '#' },
    { type: 'nothing' },
    { type: 'string', format: 'no-such-format' },
    { type: 'object', reqired: ['a'] },
  ];
  for (const schema of schemas) expect(compiler.compile(schema)({}).kind).toBe('error');
});

test('an invalid value is described by place and rule alone', () => {
  const check = compiler.compile({
    type: 'object',
    properties: { card: { type: 'string', maxLength: 4 } },
    additionalProperties: false,
  });
  expect(check({ card: 'CANARY-4711' })).toEqual({
    kind: 'invalid',
    pointer: '/card',
    message: 'must NOT have more than 4 characters',
  });
  expect(JSON.stringify(check({ 'CANARY-4711': 1 }))).not.toContain('CANARY');
});

test('nothing is coerced, filled in or taken away', () => {
  const check = compiler.compile({
    type: 'object',
    properties: { n: { type: 'integer', default: 3 } },
    required: ['n'],
  });
  expect(check({ n: '3' }).kind).toBe('invalid');
  expect(check({}).kind).toBe('invalid');
});

test('references that double the work at each level of schema or value are given up, and say neither yes nor no', () => {
  const doubled = Array.from({ length: 40 }, (_, at): [string, JsonObject] => [
    `n${at}`,
    { anyOf: [{ $ref: `#/$defs/n${at + 1}` }, { $ref: `#/$defs/n${at + 1}` }] },
  ]);
  const wide = { $ref: '#/$defs/n0', $defs: { ...Object.fromEntries(doubled), n40: { type: 'string' } } };
  expect(compiler.compile(wide)(1).kind).toBe('error');
  const list = { type: 'array', items: { $ref: '#/$defs/list' } };
  const deep = {
    $ref: '#/$defs/list',
    $defs: {
      list: {
        anyOf: [
          { ...list, minItems: 1 },
          { ...list, maxItems: 1 },
        ],
      },
    },
  };
  let nested: Json = 1;
  for (let level = 0; level < 40; level += 1) nested = [nested];
  expect(compiler.compile(deep)(nested).kind).toBe('error');
  const both = { left: { $ref: '#/$defs/tree' }, right: { $ref: '#/$defs/tree' } };
  const tree = { $ref: '#/$defs/tree', $defs: { tree: { type: 'object', properties: both } } };
  expect(compiler.compile(tree)({ left: { left: {} }, right: {} }).kind).toBe('valid');
});

test('a hundred thousand items are compared as fast as they are read', () => {
  const check = compiler.compile({ type: 'array', uniqueItems: true });
  const items = Array.from({ length: 100_000 }, (_, at) => ({ at }));
  expect(check(items).kind).toBe('valid');
  expect(check([...items, { at: 7 }])).toMatchObject({ kind: 'invalid', message: 'must NOT have duplicate items' });
  expect(
    check([
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]).kind,
  ).toBe('invalid');
  expect(check([1, '1', true, null, [1], { a: 1 }]).kind).toBe('valid');
});

test('a schema may refer to itself by its root, and each does to its own', () => {
  const tree = (leaf: string) => ({ type: 'object', properties: { left: { $ref: '#' }, leaf: { type: leaf } } });
  const [texts, figures] = [compiler.compile(tree('string')), compiler.compile(tree('number'))];
  expect([texts({ left: { leaf: 'a' } }).kind, figures({ left: { leaf: 1 } }).kind]).toEqual(['valid', 'valid']);
  expect(texts({ left: { leaf: 1 } })).toMatchObject({ kind: 'invalid', pointer: '/left/leaf' });
});

test('a schema that says it is of draft 7 is read as such, by the same engines', () => {
  const $schema = 'http://json-schema.org/draft-07/schema#';
  const pair = compiler.compile({ $schema, type: 'array', items: [{ type: 'string' }], additionalItems: false });
  expect([pair(['a']).kind, pair([1]).kind, pair(['a', 'b']).kind]).toEqual(['valid', 'invalid', 'invalid']);
  const patient = compiler.compile({ $schema, type: 'string', pattern: '^(a+)+$' });
  expect(patient(`${'a'.repeat(50)}!`).kind).toBe('invalid');
  const both = { left: { $ref: '#/definitions/tree' }, right: { $ref: '#/definitions/tree' } };
  const tree = { $ref: '#/definitions/tree', definitions: { tree: { type: 'object', properties: both } } };
  let nested: Json = {};
  for (let level = 0; level < 30; level += 1) nested = { left: nested, right: nested };
  expect(compiler.compile({ $schema, ...tree })(nested).kind).toBe('error');
});

test('what a server’s schema says beyond the standard is an annotation; in an author’s own it is a mistake', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      at: { type: 'string', format: 'moment', 'x-order': 1, minLength: 2 },
      'x-note': { deprecatedSince: 2 },
    },
    'x-vendor': { any: true },
  };
  expect(compiler.compile(schema)({ at: 'now' })).toMatchObject({ kind: 'error' });
  const check = compiler.compileForeign(schema);
  expect(check({ at: 'now' })).toEqual({ kind: 'valid' });
  expect(check({ at: '' })).toMatchObject({ kind: 'invalid', pointer: '/at' });
  const older = { ...schema, $schema: 'http://json-schema.org/draft-07/schema#' };
  expect(compiler.compileForeign(older)({ at: 'now' })).toEqual({ kind: 'valid' });
  // What the standard itself forbids, and what no engine here runs, stays an error.
  expect(compiler.compileForeign({ type: 'objekt' })({})).toMatchObject({ kind: 'error' });
  expect(compiler.compileForeign({ pattern: '(?=a)' })('a')).toMatchObject({ kind: 'error' });
  expect(compiler.compileForeign({ $ref: 'https://evil.example/schema.json' })({})).toMatchObject({ kind: 'error' });
});

test('every compiler says the same of what is no schema, whatever was compiled before and by whichever name of its draft', () => {
  const named = [
    undefined,
    'https://json-schema.org/draft/2020-12/schema',
    'https://json-schema.org/draft/2020-12/schema#',
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2020-12/meta/validation',
  ];
  for (const $schema of [...named, ...named]) {
    const draft = $schema === undefined ? {} : { $schema };
    for (const one of [schemaCompiler(), schemaCompiler({ allErrors: true })]) {
      for (const compile of [one.compile, one.compileForeign]) {
        expect(compile({ ...draft, required: ['a', 'a'] })({})).toEqual({
          kind: 'error',
          message: 'The schema does not compile: schema is invalid: data/required must NOT have duplicate items.',
        });
        expect(compile({ ...draft, required: ['a'] })({ a: 1 })).toEqual({ kind: 'valid' });
      }
    }
  }
  const unknown = { $schema: 'http://json-schema.org/draft-04/schema#' };
  expect(compiler.compileForeign(unknown)({})).toEqual({
    kind: 'error',
    message: `The schema does not compile: no schema with key or ref "${unknown.$schema}".`,
  });
});
