import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { sensitive, shownArguments } from '../../src/policy/shown-arguments.ts';

const hide = { 'x-sensitive': true } as const;

test.each<[string, JsonObject, JsonObject, JsonObject]>([
  ['nothing', { type: 'object' }, { a: 1 }, { a: 1 }],
  ['a property', { properties: { pin: hide } }, { pin: 1, a: 2 }, { pin: sensitive, a: 2 }],
  [
    'a part of each entry',
    { properties: { l: { items: { properties: { k: hide } } } } },
    { l: [{ k: 1 }] },
    { l: [{ k: sensitive }] },
  ],
  [
    'what a reference leads to',
    { $defs: { s: hide }, properties: { k: { $ref: '#/$defs/s' } } },
    { k: 1 },
    { k: sensitive },
  ],
  ['what one alternative hides', { anyOf: [{ properties: { k: hide } }, {}] }, { k: 1 }, { k: sensitive }],
  [
    'fields without a name of their own',
    { properties: { a: {} }, additionalProperties: hide },
    { a: 1, b: 2 },
    { a: 1, b: sensitive },
  ],
  ['what a pattern might mean', { patternProperties: { '^k': hide } }, { k: 1, x: 2 }, { k: sensitive, x: sensitive }],
  ['what cannot be made out', { properties: { a: hide, k: { $ref: '#there' } } }, { k: 1 }, { k: sensitive }],
])('people are not shown %s', (_what, schema, args, seen) => {
  expect(shownArguments(args, schema)).toEqual(seen);
});

test('a schema that leads to itself without end hides, in bounded time', () => {
  const self = { $ref: '#' };
  const schema = { allOf: [self, self, self], properties: { k: hide } };
  expect(shownArguments({ k: 1, a: 2 }, schema)).toBe(sensitive);
});
