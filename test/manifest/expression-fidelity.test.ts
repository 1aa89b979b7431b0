import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { typeOf } from '../../src/manifest/expression-check.ts';
import { typeOfSchema, typeOfValue } from '../../src/manifest/expression-schema.ts';
import { misfitOf } from '../../src/manifest/expression-fit.ts';
import type { TypeFinding } from '../../src/manifest/expression-typing.ts';
import { compileExpression, evaluateExpression } from '../../src/manifest/expression.ts';
import { isPawlError } from '../../src/errors.ts';
import type { Json, JsonObject } from '../../src/manifest/json.ts';
import { schemaCompiler } from '../../src/policy/schema.ts';
import { asJson, type ValueType } from '../../src/manifest/expression-type.ts';

// What is checked before a run must be what happens in one: here both are done, and compared.

const schema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['i', 'n', 's', 'b', 'z', 'e', 'l', 'm', 'u'],
  properties: {
    i: { type: 'integer', minimum: -5, maximum: 5 },
    n: { type: 'number' },
    s: { type: 'string' },
    b: { type: 'boolean' },
    z: { type: ['string', 'null'] },
    o: { type: 'integer' },
    e: { enum: ['red', 'blue', 3] },
    l: {
      type: 'array',
      items: { type: 'object', required: ['p'], properties: { p: { type: 'integer' }, q: { type: 'string' } } },
    },
    m: { type: 'object', additionalProperties: { type: 'integer' } },
    u: {
      oneOf: [
        {
          type: 'object',
          additionalProperties: false,
          required: ['k', 'x'],
          properties: { k: { const: 'a' }, x: { type: 'string' } },
        },
        {
          type: 'object',
          additionalProperties: false,
          required: ['k', 'y'],
          properties: { k: { const: 'b' }, y: { type: 'integer' } },
        },
      ],
    },
  },
};

const integer = fc.integer({ min: -5, max: 5 });
const text = fc.constantFrom('', 'a', 'red', 'x1');
const anyInput: fc.Arbitrary<JsonObject> = fc.record(
  {
    i: integer,
    n: fc.constantFrom(0, 1, 2.5, -0.5),
    s: text,
    b: fc.boolean(),
    z: fc.option(text, { nil: null }),
    o: integer,
    e: fc.constantFrom<Json>('red', 'blue', 3),
    l: fc.array(fc.record({ p: integer, q: text }, { requiredKeys: ['p'] }), { maxLength: 3 }),
    m: fc.dictionary(fc.constantFrom('c', 'd'), integer),
    u: fc.oneof(fc.record({ k: fc.constant('a'), x: text }), fc.record({ k: fc.constant('b'), y: integer })),
  },
  { requiredKeys: ['i', 'n', 's', 'b', 'z', 'e', 'l', 'm', 'u'], noNullPrototype: true },
);

const leaf = fc.constantFrom(
  'input.i',
  'input.n',
  'input.s',
  'input.b',
  'input.z',
  'input.o',
  'input.e',
  'input.l',
  'input.m',
  'input.u',
  'input.u.k',
  'input.u.x',
  'input.u.y',
  'input.m.c',
  'input.nope',
  'input.s.t',
  'input["i"]',
  'has(input.o)',
  'has(input.u.x)',
  '1',
  '2.0',
  '"a"',
  '"red"',
  'true',
  'null',
  '[1, 2]',
  'input.?o',
  'input.?u.x',
  '"c" in input.m',
  'type(input.z) == string',
  'input.z != null',
  'input.u.k == "a"',
);
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const sub = tie('expression');
  const two = fc.tuple(sub, fc.constantFrom('+', '-', '*', '<', '>=', '==', '!=', '&&', '||', 'in'), sub);
  return {
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      two.map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(sub, sub, sub).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
      sub.map((a) => `!(${a})`),
      fc.tuple(fc.constantFrom('size', 'string', 'double', 'type'), sub).map(([name, a]) => `${name}(${a})`),
      fc
        .tuple(
          sub,
          fc.constantFrom('map', 'filter', 'exists', 'all'),
          fc.constantFrom('x.p > 1', 'x.q == "a"', 'has(x.q)', 'has(x.q) && x.q == "a"', 'x', 'x.p + 1', 'x == "c"'),
        )
        .map(([a, name, body]) => `(${a}).${name}(x, ${body})`),
      fc.tuple(sub, sub).map(([a, b]) => `(${a}).orValue(${b})`),
    ),
  };
});

interface Checked {
  readonly type: ValueType;
  readonly findings: readonly TypeFinding[];
}

/** Undefined: it is refused whatever the types. */
function checked(written: string): Checked | undefined {
  const compiled = compileExpression(written);
  if (compiled.kind === 'fault') return undefined;
  const findings: TypeFinding[] = [];
  const names = new Map([['input', typeOfSchema(schema)]]);
  const type = typeOf(compiled.evaluate.ast, { names, report: (finding) => findings.push(finding) });
  return { type, findings };
}

type Outcome = { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'failed'; readonly why: string };

function evaluated(written: string, input: JsonObject): Outcome {
  try {
    return { kind: 'value', value: evaluateExpression(written, { input, nodes: {} }) };
  } catch (cause) {
    if (!isPawlError(cause)) throw cause;
    return { kind: 'failed', why: cause.message };
  }
}

/** Failures that no type tells of. */
const byValue = /overflow|type that JSON does not have|conversion|convert/i;

describe('types', () => {
  const check = schemaCompiler().compile(schema);

  test('the inputs of these tests fit their schema', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(check(input).kind).toBe('valid');
      }),
      { numRuns: 200 },
    );
  });

  test('an expression with nothing found fails for no input, and gives what was said', () => {
    fc.assert(
      fc.property(expression, fc.array(anyInput, { minLength: 4, maxLength: 4 }), (written, inputs) => {
        const found = checked(written);
        if (found === undefined || found.findings.length > 0) return;
        for (const input of inputs) {
          const outcome = evaluated(written, input);
          if (outcome.kind === 'failed') expect(outcome.why, written).toMatch(byValue);
          else
            expect(
              misfitOf(typeOfValue(outcome.value), asJson(found.type)),
              `${written} gave ${JSON.stringify(outcome.value)}`,
            ).toBeUndefined();
        }
      }),
      { numRuns: 1_500 },
    );
  });

  test('an expression of which one part can never be right fails for all inputs that come to it', () => {
    const always = fc.constantFrom(
      'input.i + input.s',
      'input.s.t',
      'input.nope',
      'size(input.i)',
      '!input.s',
      'input.l.map(x, x.p + "a")',
      'input.b ? 1 + "a" : 2 + "a"',
    );
    fc.assert(
      fc.property(always, anyInput, (written, input) => {
        const errors = checked(written)?.findings.filter(({ severity }) => severity !== 'warning');
        if (checked(written) !== undefined) expect(errors).not.toEqual([]);
        const hasNoElements = written.startsWith('input.l') && JSON.stringify(input['l']) === '[]';
        if (!hasNoElements) expect(evaluated(written, input).kind, written).toBe('failed');
      }),
      { numRuns: 200 },
    );
  });

  test('what is never equal is never equal', () => {
    fc.assert(
      fc.property(expression, expression, anyInput, (left, right, input) => {
        const written = `(${left}) == (${right})`;
        const isNever = checked(written)?.findings.some(({ code }) => code === 'expression.never_equal') === true;
        const others = [left, right].flatMap((side) => checked(side)?.findings ?? []);
        if (!isNever || others.length > 0) return;
        const outcome = evaluated(written, input);
        if (outcome.kind === 'value') expect([written, outcome.value]).toEqual([written, false]);
      }),
      { numRuns: 700 },
    );
  });
});

describe('fit', () => {
  const schemas: readonly JsonObject[] = [
    schema,
    { type: 'object', required: ['i', 'o'], properties: { i: { type: 'integer' }, o: { type: 'integer' } } },
    { type: 'object', required: ['z'], properties: { z: { type: 'string' }, e: { enum: ['red'] } } },
    { type: 'object', additionalProperties: false, properties: { i: {} } },
    { type: 'string' },
    { type: ['object', 'null'], properties: { n: { type: 'integer' } } },
  ];
  const targets = schemas.map((target) => ({ target, compiled: schemaCompiler().compile(target) }));

  test('a value that certainly does not fit is refused by the schema, and one that fits is not', () => {
    fc.assert(
      fc.property(anyInput, fc.constantFrom(...targets), (input, { target, compiled }) => {
        const misfit = misfitOf(typeOfValue(input), typeOfSchema(target));
        const verdict = compiled(input).kind;
        expect(misfit?.isCertain === true ? 'invalid' : 'valid').toBe(verdict);
      }),
      { numRuns: 300 },
    );
  });
});
