import { describe, expect, test } from 'vitest';
import { problemsOfSystem as problemsOf } from './systems.ts';

/** What is found of one expression in the input of an agent that follows `triage`. */
function of(expression: string) {
  const graph = `    triage: {agentRef: triage, edges: [{to: write}]}\n    write:\n      agentRef: writer\n      input: '\${ ${expression} }'\n`;
  return problemsOf(graph).map(({ code, severity, message, help }) => [code, severity, message, help]);
}

describe('fields', () => {
  test('a closed schema has no others, and the place is the field', () => {
    const [problem] = problemsOf('    a: {agentRef: writer, input: "${ input.nam }"}\n');
    expect(problem).toMatchObject({
      code: 'expression.unknown_field',
      severity: 'error',
      message: '`input` has no field `nam`.',
      help: 'Did you mean `name`?',
      file: 's.yaml',
      line: 18,
      column: 44,
    });
  });

  test.each([
    ['input.name', []],
    [
      'nodes.triage.output.prio',
      [
        [
          'expression.unknown_field',
          'error',
          '`nodes.triage.output` has no field `prio`.',
          'Its fields: priority, reason, parts.',
        ],
      ],
    ],
    [
      'input.nick',
      [
        [
          'expression.may_be_missing',
          'warning',
          '`input` may have no field `nick`: its schema does not require it.',
          'Write `input.?nick.orValue(…)`, ask `has(input.nick)` first, or require it in the schema.',
        ],
      ],
    ],
    ['has(input.nick) ? input.nick : ""', []],
    ['has(input.nick) && input.nick == "x"', []],
    ['input.nick == "x" && has(input.nick)', []],
    ['!has(input.nick) || input.nick == "x"', []],
    ['"nick" in input ? input.nick : ""', []],
    ['input.?nick.orValue("")', []],
    [
      'input.?nick',
      [
        [
          'expression.optional',
          'error',
          '`input.?nick` is a value or nothing.',
          'Add `.orValue(…)`, which says what to take instead of nothing.',
        ],
      ],
    ],
    ['nodes.triage.output.parts.filter(p, p.id > 1).map(p, string(p.id))', []],
    [
      'nodes.triage.output.parts.map(p, p.name)',
      [['expression.unknown_field', 'error', '`p` has no field `name`.', 'Its fields: id.']],
    ],
    ['nodes.triage.output.parts[0].id', []],
    [
      'input.name.first',
      [
        [
          'expression.unknown_field',
          'error',
          '`input.name` is string, which has no field `first`.',
          'Read the value itself.',
        ],
      ],
    ],
    ['run.id + run.system', []],
    [
      'run.name',
      [
        [
          'expression.unknown_field',
          'error',
          '`run` has no field `name`.',
          'Its fields: id, namespace, system, environment, revision.',
        ],
      ],
    ],
  ])('%s', (expression, expected) => expect(of(expression)).toEqual(expected));
});

describe('operators and functions', () => {
  test.each([
    ['input.count + 1', []],
    ['double(input.price) * 2.0', []],
    ['input.price > 1', []],
    [
      'input.count + input.name',
      [
        [
          'expression.type',
          'error',
          '`+` does not take these: `input.count` is int, `input.name` is string.',
          'Convert one: `string(…)`, `int(…)` or `double(…)`.',
        ],
      ],
    ],
    [
      'input.price + 1',
      [
        [
          'expression.may_fail',
          'warning',
          '`+` fails where `input.price` is double.',
          'Whole numbers are int and others double: write `double(input.price)`, and the other one with a point.',
        ],
      ],
    ],
    [
      'input.note + "!"',
      [
        [
          'expression.may_fail',
          'warning',
          '`+` fails where `input.note` is null.',
          'Ask first: `input.note != null ? … : …`.',
        ],
      ],
    ],
    ['input.note != null ? input.note + "!" : ""', []],
    ['type(input.note) == string ? input.note + "!" : ""', []],
    [
      'size(input.count)',
      [
        [
          'expression.type',
          'error',
          '`size` does not take these: `input.count` is int.',
          'Use values of types that go together.',
        ],
      ],
    ],
    [
      'nodes.triage.output.priority == "hihg"',
      [['expression.never_equal', 'error', '`nodes.triage.output.priority` is never "hihg".', 'Did you mean `high`?']],
    ],
    [
      'input.count == "1"',
      [
        [
          'expression.never_equal',
          'error',
          '`input.count` (int) is never equal to `"1"` (string).',
          'Convert one: `string(…)`, `int(…)` or `double(…)`.',
        ],
      ],
    ],
    [
      'input.name ? 1 : 2',
      [
        [
          'expression.type',
          'error',
          'The condition before `?` needs true or false; `input.name` is string.',
          'Compare it with something.',
        ],
      ],
    ],
    [
      'duration("1s")',
      [
        [
          'expression.no_json',
          'error',
          'What an expression gives is kept as JSON; `duration("1s")` gives duration.',
          'Convert it, as in `string(…)`.',
        ],
      ],
    ],
    ['timestamp("2026-01-01T00:00:00Z")', []],
  ])('%s', (expression, expected) => expect(of(expression)).toEqual(expected));
});

test('what a condition never chooses has no say in the type', () => {
  const nested = 'size(input.note != null ? (type(input.note) == string ? input.count : "x") : input.count)';
  expect(of(nested).map(([code]) => code)).toEqual(['expression.type']);
  expect(of('size(input.note != null ? (type(input.note) == string ? "x" : input.count) : "y")')).toEqual([]);
});
