import fc from 'fast-check';
import { splice, textMutated } from './mutation.ts';

const words = [
  'input',
  'input.rows',
  'nodes',
  'nodes.first.output',
  'nodes[?"second"]',
  'nodes.third.output.tags',
  'output',
  'output.rank',
  'output.by',
  'item',
  'payload',
  'x',
  '__proto__',
  'constructor',
  '1',
  '-1',
  '0.5',
  '9007199254740993',
  '1u',
  '"a"',
  "'é'",
  'b"x"',
  'r"\\d"',
  'true',
  'null',
  '[]',
  '{}',
  '[1, "a"]',
  '{"a": 1}',
  'duration("1s")',
  'timestamp("x")',
];

/** Expressions of the right grammar about what there is and what there is not. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const part = tie('expression');
  const call = fc.constantFrom('size', 'has', 'int', 'double', 'string', 'dyn', 'type', 'bool', 'optional.of', 'nope');
  const method = fc.constantFrom('startsWith', 'contains', 'matches', 'orValue', 'size', 'hasValue', 'split', 'nope');
  const macro = fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter');
  const operator = fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in');
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...words),
      fc.tuple(part, operator, part).map(([a, sign, b]) => `${a} ${sign} ${b}`),
      fc.tuple(part, part, part).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(call, part).map(([name, a]) => `${name}(${a})`),
      fc.tuple(part, method, part).map(([a, name, b]) => `${a}.${name}(${b})`),
      fc.tuple(part, macro, part).map(([a, name, b]) => `${a}.${name}(x, ${b})`),
      fc
        .tuple(part, fc.constantFrom('.rank', '.?rank', '.tags', '[0]', '[?0]', '["a"]', '.n', '.output'))
        .map(([a, step]) => a + step),
      fc.tuple(part, part).map(([a, b]) => `[${a}, ${b}]`),
      fc.tuple(part, part).map(([a, b]) => `{"k": ${a}, ?"o": ${b}}`),
      part.map((a) => `!${a}`),
    ),
  };
});

const broken = fc
  .array(
    fc.constantFrom(
      ...words,
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '.',
      ',',
      '?',
      ':',
      '&&',
      '||',
      '"',
      "'",
      '\\',
      '$',
      '${',
      '\n',
    ),
    { maxLength: 12 },
  )
  .map((all) => all.join(' '));

/** A text in which one expression is another. */
export function expressionIn(text: string): fc.Arbitrary<string> {
  const spans = [
    ...text.matchAll(/\$\{ ?(.*?) ?\}(?=[" ']|$)|(?:when|until|forEach|filter): (['"]?)(.+?)\2(?= ?[,}]|$)/gm),
  ].map((found) => {
    const inside = found[1] ?? found[3] ?? '';
    const from = found.index + found[0].indexOf(inside);
    return [from, from + inside.length] as const;
  });
  if (spans.length === 0) return textMutated(text);
  const put = fc.oneof(
    { weight: 4, arbitrary: expression },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.tuple(expression, splice).map(([of, mutate]) => mutate(of)) },
  );
  return fc.tuple(fc.nat({ max: spans.length - 1 }), put).map(([index, code]) => {
    const [from, to] = spans[index] ?? [0, 0];
    // As the text of a quoted scalar it stays one scalar, so that the expression is what is wrong.
    return text.slice(0, from) + code.replaceAll("'", '"') + text.slice(to);
  });
}
