import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { answerOf } from '../../../src/manifest/import/scripted-answer.ts';
import { valueOf } from '../../../src/manifest/import/scripted-value.ts';
import type { JsonObject } from '../../../src/manifest/json.ts';

const graph = (edges: JsonObject[], more: JsonObject = {}): JsonObject => ({
  draft: { agentRef: 'writer', edges: [{ to: 'review' }] },
  review: { agentRef: 'editor', edges, ...more },
  publish: {},
});

const said = (edges: JsonObject[], spec: JsonObject = {}, more: JsonObject = {}) =>
  answerOf('editor', spec, [{ graph: graph(edges, more), node: 'review' }]);

test('an agent says its name where nothing reads its answer', () => {
  expect(answerOf('editor', {}, [])).toBe('editor answers from its script.');
  expect(said([{ to: 'publish' }])).toBe('editor answers from its script.');
});

test('a text that conditions read is one that leads on, and not back', () => {
  expect(
    said([
      { to: 'draft', when: 'output.contains("REVISE")' },
      { to: 'publish', default: true },
    ]),
  ).toBe('editor answers from its script.');
  expect(
    said([
      { to: 'draft', when: '!output.contains("APPROVED")' },
      { to: 'end', default: true },
    ]),
  ).toBe('editor answers from its script. APPROVED');
  expect(said([{ to: 'publish', when: "output == 'yes'" }])).toBe('yes');
});

test('fields of a structured answer are chosen by what the conditions compare them with', () => {
  const schema = {
    type: 'object',
    properties: { verdict: { enum: ['revise', 'approve'] }, score: { type: 'integer' }, why: { type: 'string' } },
  };
  expect(
    said(
      [
        { to: 'draft', when: 'output.verdict == "revise" || output.score < 7' },
        { to: 'publish', when: 'output.verdict == "approve"' },
      ],
      { output: { schema } },
    ),
  ).toEqual({ verdict: 'approve', score: 7, why: 'editor answers from its script.' });
});

test('a loop is left where an answer can leave it, and else runs to its bound', () => {
  expect(said([], {}, { loop: { until: 'output.contains("done")', maxTurns: 3 } })).toBe(
    'editor answers from its script. done',
  );
  expect(said([], {}, { loop: { until: 'input.rounds > 5', maxTurns: 3 } })).toBe('editor answers from its script.');
});

test('an edge back is better than none, which would fail the run', () => {
  expect(said([{ to: 'draft', when: 'output.contains("again")' }])).toBe('editor answers from its script. again');
});

test.each<[string, JsonObject]>([
  [
    'fields',
    {
      type: 'object',
      required: ['a', 'z'],
      properties: { a: { type: 'string', minLength: 60 }, b: { type: 'boolean' } },
    },
  ],
  [
    'numbers',
    {
      type: 'object',
      properties: {
        a: { type: 'integer', minimum: 3 },
        b: { type: 'number', maximum: 0 },
        c: { type: 'integer', multipleOf: 5, minimum: 6 },
      },
    },
  ],
  ['lists', { type: 'array', minItems: 2, items: { type: ['string', 'null'], maxLength: 5 } }],
  [
    'choices',
    { anyOf: [{ type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] }, { type: 'null' }] },
  ],
  [
    'definitions',
    {
      $defs: {
        line: { type: 'object', properties: { at: { type: 'integer', exclusiveMinimum: 4 } }, required: ['at'] },
      },
      type: 'object',
      properties: { line: { $ref: '#/$defs/line' } },
    },
  ],
  [
    'all of several',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { enum: [2, 3] } }, required: ['b'] },
      ],
    },
  ],
])('a value of a schema with %s satisfies it', (_what, schema) => {
  const valid = new Ajv2020({ strict: false }).compile(schema);
  const value = valueOf(schema, 'editor answers from its script.');
  expect(valid(value), JSON.stringify({ value, errors: valid.errors })).toBe(true);
});

test('a schema that holds itself ends', () => {
  const schema: JsonObject = { type: 'object', properties: { next: { $ref: '#' } } };
  expect(JSON.stringify(valueOf(schema, 'x')).length).toBeLessThan(1_000);
});
