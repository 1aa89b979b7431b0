import { expect, test } from 'vitest';
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
