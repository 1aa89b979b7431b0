import { describe, expect, test } from 'vitest';
import { problemsOfSystem as problemsOf } from './systems.ts';

describe('what a tool is given', () => {
  const tool = (input: string) =>
    problemsOf(`    t:\n      toolRef: search\n      input: ${input}\n`).map(
      ({ code, severity, message, help, line }) => [code, severity, message, help, line],
    );

  test.each([
    ['{query: "${ input.name }", limit: 3, order: up}', []],
    ['{query: "all of ${ input.count }"}', []],
    [
      '{limit: 3}',
      [['graph.input_missing', 'error', '`query`, which the tool `search` needs, is missing.', 'Give it: string.', 20]],
    ],
    [
      '{query: x, limt: 3}',
      [['graph.input_unknown', 'error', '`limt` is no input of the tool `search`.', 'Did you mean `limit`?', 20]],
    ],
    [
      '{query: "${ input.count }"}',
      [
        [
          'graph.input_type',
          'error',
          '`query` of the tool `search` must be string; it is int.',
          'Give it another value, or convert it.',
          20,
        ],
      ],
    ],
    [
      '{query: "${ input.note }"}',
      [
        [
          'graph.input_type',
          'warning',
          '`query` of the tool `search` must be string; it may be null.',
          'Give it another value, or convert it.',
          20,
        ],
      ],
    ],
    [
      '{query: x, order: sideways}',
      [
        [
          'graph.input_type',
          'error',
          '`order` of the tool `search` must be "up" or "down"; it is "sideways".',
          'Give it another value, or convert it.',
          20,
        ],
      ],
    ],
    [
      '"${ input.name }"',
      [
        [
          'graph.input_type',
          'error',
          'The input of the tool `search` must be map; it is string.',
          'Give it another value, or convert it.',
          20,
        ],
      ],
    ],
  ])('%s', (input, expected) => expect(tool(input)).toEqual(expected));

  test('without an input it is given what came before it', () => {
    expect(problemsOf('    t: {toolRef: search}\n').map(({ code, message }) => [code, message])).toEqual([
      ['graph.input_missing', '`query`, which the tool `search` needs, is missing.'],
    ]);
  });
});

describe('systems in systems', () => {
  const inner = {
    'inner.yaml': `apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: inner}\nspec:\n  input: {schema: {type: object, required: [topic], additionalProperties: false, properties: {topic: {type: string}}}}\n  graph:\n    w: {agentRef: triage}\n  output: {level: "\${ nodes.w.output.priority }"}\n`,
  };

  test('take their input and give their output', () => {
    const found = (input: string, read: string) =>
      problemsOf(`    n: {systemRef: inner, input: ${input}}\n`, `  output: \${ ${read} }\n`, inner).map(
        ({ message }) => message,
      );
    expect(found('{topic: "${ input.name }"}', 'nodes.n.output.level == "high"')).toEqual([]);
    expect(found('{topc: x}', 'nodes.n.output.levl')).toEqual([
      '`topic`, which the system `inner` needs, is missing.',
      '`topc` is no input of the system `inner`.',
      '`nodes.n.output` has no field `levl`.',
    ]);
  });
});
