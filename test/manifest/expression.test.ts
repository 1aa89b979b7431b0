import { describe, expect, test } from 'vitest';
import { compileExpression, evaluateCondition, evaluateExpression } from '../../src/manifest/expression.ts';
import { evaluateTemplates, parseTemplate } from '../../src/manifest/template.ts';

const scope = {
  input: { n: 1, half: 0.5, list: [1, 2.5], text: 'hi', big: 9007199254740991 },
  nodes: { a: { output: { x: 2 } }, 'draft-reply': { output: 'done' } },
  output: { ok: true },
};

describe('evaluation', () => {
  test.each([
    ['input.n + 1', 2],
    ['nodes.a.output.x * 2', 4],
    ['nodes["draft-reply"].output', 'done'],
    ['input.list.map(e, e > 2)', [false, true]],
    ['size(input.list)', 2],
    ['{"a": [1, 2.5, null, true], "b": input}', { a: [1, 2.5, null, true], b: scope.input }],
    ['has(input.missing) ? 1 : 2', 2],
    ['re2(input.text, "^h.$")', true],
    ['1u + 2u', 3],
  ])('%s', (text, expected) => expect(evaluateExpression(text, scope)).toEqual(expected));

  test.each([
    'input.missing',
    'input.text + 1',
    '1.0 / 0.0',
    'duration("3s")',
    'b"x"',
    'input.big + 1',
    're2(input.text, "(a")',
  ])('%s fails with a stable code', (text) =>
    expect(() => evaluateExpression(text, scope)).toThrow(expect.objectContaining({ code: 'expression.failed' })),
  );

  test('only true is true, and what is no boolean is a failure, never a no', () => {
    expect(evaluateCondition('output.ok', scope)).toBe(true);
    expect(evaluateCondition('input.n == 2', scope)).toBe(false);
    expect(() => evaluateCondition('input.n', scope)).toThrow('a condition must give true or false');
  });

  test('`__proto__` and `constructor` are keys like others, and are not there', () => {
    for (const key of ['__proto__', 'constructor'])
      expect(() => evaluateExpression(`input["${key}"]`, scope)).toThrow('No such key');
  });
});

describe('compilation', () => {
  test('says which nodes are read', () => {
    expect(compileExpression('nodes.b.output.x + nodes["a-c"].output > size(input)')).toMatchObject({
      kind: 'expression',
      reads: ['a-c', 'b'],
      readsInput: true,
    });
  });

  test.each([
    ['nodes', 'expression.nodes'],
    ['nodes[input.x].output', 'expression.nodes'],
    ['nodes.a.ouput', 'expression.nodes'],
    ['cel.bind(a, input.x + input.x, cel.bind(b, a + a, b))', 'expression.nesting'],
    ['input.x.map(e, e.filter(f, f))', 'expression.nesting'],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'expression.syntax'],
    [Array.from({ length: 5_000 }, () => '1').join('+'), 'expression.syntax'],
  ])('%s is refused', (text, code) => expect(compileExpression(text)).toMatchObject({ kind: 'fault', code }));

  test('a comprehension over more values than it could compare in pairs fails, and reading them does not', () => {
    const input = { list: Array.from({ length: 10_001 }, (_, index) => index) };
    expect(evaluateExpression('size(input.list)', { input, nodes: {} })).toBe(10_001);
    expect(() => evaluateExpression('input.list.filter(e, e in input.list)', { input, nodes: {} })).toThrow(
      'failed: a comprehension reads at most 10,000 values.',
    );
  });

  test('comprehensions one after another are fine', () => {
    expect(evaluateExpression('input.list.filter(e, e > 1).map(e, e > 2)', scope)).toEqual([true]);
  });
});

describe('templates', () => {
  test('a text that is one expression keeps the type of its value', () => {
    expect(evaluateTemplates({ a: '${ input.n }', b: ['${input.list}\n'], c: 1, d: null }, scope)).toEqual({
      a: 1,
      b: [[1, 2.5]],
      c: 1,
      d: null,
    });
  });

  test('a text around expressions takes texts as they are and everything else as JSON', () => {
    expect(evaluateTemplates('${input.text}: ${input.list} ${ {"k": "}"} }!', scope)).toBe('hi: [1,2.5] {"k":"}"}!');
  });

  test('`$${` stands for the characters', () => {
    expect(evaluateTemplates('costs $${input.n} and ${input.n}', scope)).toBe('costs ${input.n} and 1');
  });

  test.each(['${', 'a ${ "}', '${ {"a": 1 }'])('%s is not closed', (text) => {
    expect(parseTemplate(text)).toMatchObject({ kind: 'fault', code: 'expression.template' });
    expect(() => evaluateTemplates(text, scope)).toThrow(expect.objectContaining({ code: 'expression.template' }));
  });
});

test('a result that a macro would make enormous is refused before it is built', () => {
  const input = { items: Array.from({ length: 5_000 }, (_, at) => at), prefix: 'x'.repeat(100_000) };
  expect(() => evaluateExpression('input.items.map(item, input.prefix + string(item))', { input, nodes: {} })).toThrow(
    'the result holds more than 8388608 values and characters',
  );
});
