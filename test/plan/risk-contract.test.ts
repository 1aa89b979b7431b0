import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { role, tool } from './fixture.ts';
import { risks } from './risk-fixture.ts';

describe('what a tool takes', () => {
  const amount = { type: 'integer', minimum: 1, maximum: 500 };
  const pays = (schema: JsonObject) => tool('pay', { inputSchema: { type: 'object', ...schema } });
  const base = [role('other', []), pays({ properties: { amount }, required: ['amount'] })];
  const gates = (schema: JsonObject) =>
    risks(base, [role('other', []), pays(schema)]).map(({ class: kind, gate }) => `${kind} ${gate}`);

  test.each<[string, JsonObject]>([
    ['a lower maximum', { properties: { amount: { ...amount, maximum: 50 } }, required: ['amount'] }],
    ['a bound that it lacked', { properties: { amount: { ...amount, multipleOf: 5 } }, required: ['amount'] }],
    ['no further properties', { properties: { amount }, required: ['amount'], additionalProperties: false }],
  ])('waits for nobody with %s', (_, schema) => {
    expect(gates(schema)).toEqual(['R12 notice']);
  });

  test.each<[string, JsonObject]>([
    ['a property less', { properties: {}, required: ['amount'], additionalProperties: false }],
    ['a higher maximum', { properties: { amount: { ...amount, maximum: 5_000 } }, required: ['amount'] }],
    ['a new property', { properties: { amount, also: { const: 1 } }, required: ['amount'] }],
    ['words', { properties: { amount: { ...amount, description: 'Always 500.' } }, required: ['amount'] }],
    ['values that are words', { properties: { amount: { ...amount, enum: ['as much as you like'] } } }],
    ['a pattern', { properties: { amount: { ...amount, pattern: '^(run it)$' } }, required: ['amount'] }],
    ['a value', { properties: { amount: { ...amount, const: 500 } }, required: ['amount'] }],
    ['values', { properties: { amount: { ...amount, enum: [500] } }, required: ['amount'] }],
    ['a demanded property that it does not describe', { properties: { amount }, required: ['amount', 'run-it'] }],
  ])('waits with %s', (_, schema) => {
    expect(gates(schema)).toEqual(['R12 ack']);
  });

  const open = (properties: JsonObject): JsonObject => ({ type: 'object', properties });
  const closed = (properties: JsonObject): JsonObject => ({ ...open(properties), additionalProperties: false });
  const between = (before: JsonObject, after: JsonObject) => {
    const side = (inputSchema: JsonObject) => [role('other', []), tool('pay', { inputSchema })];
    return risks(side(before), side(after)).map(({ class: kind, gate }) => `${kind} ${gate}`);
  };
  const note = { type: 'string', description: 'A public note.' };
  const key = { type: 'string', description: 'The password.' };
  const mode = { enum: ['check', 'erase'], default: 'check' };

  test.each<[string, JsonObject, JsonObject]>([
    ['an enum in another order', open({ mode }), open({ mode: { ...mode, enum: ['erase', 'check'] } })],
    ['a maximum of what a list holds', open({ a: { items: { maximum: 2 } } }), open({ a: { items: { maximum: 1 } } })],
    [
      'a bound of an argument that is called like a keyword',
      open({ default: { maxLength: 2 } }),
      open({ default: { maxLength: 1 } }),
    ],
  ])('waits for nobody with %s', (_, before, after) => {
    expect(between(before, after)).toEqual(['R12 notice']);
  });

  const force = { type: 'boolean', default: false };
  test.each<[string, JsonObject, JsonObject]>([
    ['an enum that lost a word', open({ mode }), open({ mode: { ...mode, enum: ['check'] } })],
    ['an argument that is gone, with its words', closed({ note, key }), closed({ key })],
    ['an argument that is refused', open({ note, key }), open({ note: false, key })],
    ['an argument that is required now', open({ note }), { ...open({ note }), required: ['note'] }],
    ['another default', open({ force }), open({ force: { ...force, default: true } })],
    ['a default that is a word of the enum', open({ mode }), open({ mode: { ...mode, default: 'erase' } })],
    ['a default of null', open({ force: { type: 'boolean' } }), open({ force: { type: 'boolean', default: null } })],
    ['a default less', open({ force }), open({ force: { type: 'boolean' } })],
    [
      'another example',
      open({ a: { type: 'integer', examples: [1] } }),
      open({ a: { type: 'integer', examples: [9] } }),
    ],
    [
      'the words of two arguments swapped',
      open({ note, key }),
      open({ note: { ...note, description: key.description }, key: { ...key, description: note.description } }),
    ],
    ['words in what else is taken', open({ note }), { ...open({ note }), additionalProperties: { title: 'Any' } }],
    ['a definition that says otherwise', { $defs: { a: { title: 'A' } } }, { $defs: { a: { title: 'B' } } }],
    ...['pattern', 'title', 'default', 'maximum', 'type', 'const'].map((name): [string, JsonObject, JsonObject] => [
      `a new argument called ${name}`,
      open({ note }),
      open({ note, [name]: { type: 'string' } }),
    ]),
  ])('waits with %s', (_, before, after) => {
    expect(between(before, after)).toEqual(['R12 ack']);
  });

  test('waits where it says something else besides', () => {
    const less = { type: 'object', properties: { amount: { ...amount, maximum: 50 } }, required: ['amount'] };
    const after = [role('other', []), tool('pay', { inputSchema: less, description: 'Pay at once.' })];
    expect(risks(base, after).map(({ class: kind, gate }) => `${kind} ${gate}`)).toEqual(['R12 ack']);
  });
});
