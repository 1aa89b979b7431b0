import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText } from '../../src/manifest/digest.ts';
import { parseStrictJson } from '../../src/policy/strict-json.ts';

describe('what JSON.parse forgives is refused', () => {
  test.each([
    ['a duplicate key', '{"amount":1,"amount":1000}'],
    ['a duplicate key, once escaped', '{"amount":1,"\\u0061mount":1000}'],
    ['a duplicate key deep inside', '{"a":[{"b":{"c":1,"c":1}}]}'],
    ['a duplicate numeric key', '{"1":1,"1":2}'],
    ['an integer that is not exact', '{"a":9007199254740993}'],
    ['an integer that is not exact, as a float', '{"a":9.007199254740993e15}'],
    ['a number that is infinite', '{"a":1e309}'],
    ['a NUL', '{"a":"\\u0000"}'],
    ['a NUL in a key', '{"\\u0000":1}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['half a surrogate pair, unescaped', '{"a":"\ud800"}'],
    ['half a surrogate pair in a key', '{"\\udc00x":1}'],
    ['the key __proto__', '{"__proto__":{"admin":true}}'],
  ])('%s', (_name, text) => {
    expect(parseStrictJson(text).kind).toBe('malformed');
  });
});

test.each([
  '',
  '{',
  '{"a":1',
  '{"a":NaN}',
  '{"a":-Infinity}',
  "{'a':1}",
  '{"a":1,}',
  '{"a":01}',
  '{"a":1}x',
  '// x\n{}',
  '\ufeff{}',
  '{"a":"\n"}',
])('%j is not JSON', (text) => {
  expect(parseStrictJson(text)).toEqual({ kind: 'malformed', message: 'It is not complete JSON.' });
});

test('depth, values and bytes have a limit each, looked at before anything is parsed', () => {
  const bounds = { bytes: 100, depth: 3, values: 5 };
  expect(parseStrictJson('[[[1]]]', bounds).kind).toBe('parsed');
  expect(parseStrictJson('[[[[1]]]]', bounds).kind).toBe('tooLarge');
  expect(parseStrictJson('[1,2,3,4,5]', bounds).kind).toBe('parsed');
  expect(parseStrictJson('[1,2,3,4,5,6]', bounds).kind).toBe('tooLarge');
  expect(parseStrictJson(`"${'é'.repeat(49)}"`, bounds).kind).toBe('parsed');
  expect(parseStrictJson(`"${'é'.repeat(50)}"`, bounds).kind).toBe('tooLarge');
  expect(parseStrictJson('['.repeat(200_000)).kind).toBe('tooLarge');
  expect(parseStrictJson('{"a":"[[[[[[[[[,,,,,,"}', bounds).kind).toBe('parsed');
  expect(parseStrictJson('{"a\\"[[[[":"\\\\"}', bounds).kind).toBe('parsed');
});

test('negative zero becomes zero, and the result is frozen all the way down', () => {
  const parsed = parseStrictJson('{"b":-0,"a":{"c":[-0.0]}}');
  if (parsed.kind !== 'parsed') throw new Error('it parses');
  expect(JSON.stringify(parsed.value)).toBe('{"a":{"c":[0]},"b":0}');
  const { a } = parsed.value as { a: { c: number[] } };
  expect([parsed.value, a, a.c].every((part) => Object.isFrozen(part))).toBe(true);
  expect(() => a.c.push(1)).toThrow(TypeError);
});

test('every JSON value that PostgreSQL can hold is parsed to itself, in any spacing', () => {
  const storable = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text !== '__proto__');
  const value = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
      storable,
      fc.array(tie('json'), { maxLength: 5 }),
      fc.dictionary(fc.oneof(storable, fc.nat(12).map(String)), tie('json'), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).json;
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (json, indent) => {
      const parsed = parseStrictJson(JSON.stringify(json, null, indent));
      expect(parsed.kind).toBe('parsed');
      if (parsed.kind !== 'parsed') return;
      const canonical = canonicalText(JSON.parse(JSON.stringify(json)));
      expect(canonicalText(parsed.value)).toBe(canonical);
      if (parsed.isCanonical) expect(JSON.stringify(parsed.value)).toBe(canonical);
      for (const text of [canonical, JSON.stringify(json, null, indent)]) expectWritten(text);
    }),
    { numRuns: 300 },
  );
});

/** A text that is said to be canonical is digested as it stands. */
function expectWritten(text: string): void {
  const parsed = parseStrictJson(text);
  if (parsed.kind === 'parsed' && parsed.isWrittenCanonical) expect(text).toBe(canonicalText(parsed.value));
}

test.each([
  ['{"a":"x","b":[true,null,{"c":"ü\u2028"}]}', true],
  ['{"b":"x","a":"y"}', false],
  ['[{"b":"x","a":"y"}]', false],
  ['{"a": "x"}', false],
  ['{"a":"\\u0041"}', false],
  ['{"a":"\\/"}', false],
  ['{"a":1.0}', false],
  ['{"a":-0}', false],
  ['{"10":"x","9":"y"}', false],
])('%j says of itself whether it is canonical: %s', (text, expected) => {
  const parsed = parseStrictJson(text);
  expect(parsed.kind === 'parsed' && parsed.isWrittenCanonical).toBe(expected);
  expectWritten(text);
});

test('keys that objects list as numbers are no canonical order, and the gate asks for it', () => {
  const isCanonical = (text: string): boolean => {
    const parsed = parseStrictJson(text);
    return parsed.kind === 'parsed' && parsed.isCanonical;
  };
  expect(isCanonical('{"b":1,"a":{"c":[{"d":"10"}]}}')).toBe(true);
  expect(isCanonical('{"a":[{"9":1,"10":2}]}')).toBe(false);
});

test('any text at all is parsed or refused, never thrown upon', () => {
  const jsonish = fc.array(
    fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', 'a', '1', '-', 'e', ' ', '\ud800'),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(jsonish, (parts) => {
      const text = parts.join('');
      const parsed = parseStrictJson(text);
      // What it accepts, JSON.parse accepts.
      if (parsed.kind === 'parsed') expect(() => JSON.parse(text)).not.toThrow();
      expectWritten(text);
    }),
    { numRuns: 2000 },
  );
});
