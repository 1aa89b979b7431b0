import { describe, expect, test } from 'vitest';
import { manifest, resolveTexts } from './manifests.ts';

const base = {
  'models/m.yaml': manifest('ModelEndpoint', 'm', '{provider: scripted, model: x, script: {replies: []}}'),
  'agents/triage.yaml': `apiVersion: pawl/v1
kind: Agent
metadata: {name: triage}
spec:
  modelRef: m
  prompt: Sort.
  output:
    schema:
      type: object
      additionalProperties: false
      required: [priority, parts]
      properties:
        priority: {enum: [high, low]}
        reason: {type: string}
        parts: {type: array, items: {type: object, required: [id], additionalProperties: false, properties: {id: {type: integer}}}}
`,
  'agents/writer.yaml': manifest('Agent', 'writer', '{modelRef: m, prompt: Write.}'),
  'tools/search.yaml': `apiVersion: pawl/v1
kind: Tool
metadata: {name: search}
spec:
  description: Finds
  type: builtin
  builtin: {name: echo}
  inputSchema:
    type: object
    additionalProperties: false
    required: [query]
    properties:
      query: {type: string}
      limit: {type: integer}
      order: {enum: [up, down]}
  outputSchema: {type: object, required: [hits], properties: {hits: {type: integer}}}
`,
  'roles/r.yaml': manifest('AgentRole', 'r', "{permissions: ['tool:*:*']}"),
};

const inputSchema = `  input:
    schema:
      type: object
      additionalProperties: false
      required: [name, count, price, note]
      properties:
        name: {type: string}
        count: {type: integer}
        price: {type: number}
        nick: {type: string}
        note: {type: [string, 'null']}
`;

/** Findings about the expressions of one system, whose first node is on line 18. */
function problemsOf(graph: string, rest = '', others: Readonly<Record<string, string>> = {}) {
  const text = `apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: s}\nspec:\n  roles: [r]\n${inputSchema}  graph:\n${graph}${rest}`;
  return resolveTexts({ ...base, ...others, 's.yaml': text }).problems.filter(({ code }) =>
    /^(expression|graph)\./.test(code),
  );
}

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

describe('nodes that may be skipped', () => {
  const fork = (read: string, edges = '[{to: b, when: output.priority == "high"}, {to: c, default: true}]') =>
    problemsOf(
      `    a: {agentRef: triage, edges: ${edges}}\n    b: {agentRef: writer, edges: [{to: d}]}\n    c: {agentRef: writer, edges: [{to: d}]}\n    d:\n      agentRef: writer\n      input: \${ ${read} }\n`,
    );

  test('are a warning with the way to ask', () => {
    expect(fork('nodes.b.output')).toMatchObject([
      {
        code: 'expression.may_be_skipped',
        severity: 'warning',
        message: '`b` may have no output: it can be skipped, or fail, or come only in a later turn.',
        help: 'Write `nodes.?b.output.orValue(…)`, or ask `has(nodes.b)` first.',
        line: 23,
      },
    ]);
    for (const asked of [
      'has(nodes.b) ? nodes.b.output : ""',
      'nodes.?b.output.orValue("")',
      '"b" in nodes ? nodes.b.output : ""',
    ])
      expect(fork(asked)).toEqual([]);
  });

  test('are none where no condition stands before them, or where all ways lead to them', () => {
    expect(fork('nodes.b.output', '[{to: b}, {to: c}]')).toEqual([]);
    expect(fork('nodes.a.output')).toEqual([]);
  });

  test('a name with hyphens is asked for by its index', () => {
    const [problem] = problemsOf(
      '    a: {agentRef: triage, edges: [{to: b-c, when: output.priority == "high"}, {to: end, default: true}]}\n    b-c: {agentRef: writer}\n',
      '  output: ${ nodes["b-c"].output }\n',
    );
    expect(problem?.help).toBe('Write `nodes[?"b-c"].output.orValue(…)`, or ask `"b-c" in nodes` first.');
  });

  test('where all edges lead to a node in the end, the output may read it', () => {
    const graph =
      '    a: {agentRef: triage, edges: [{to: b, when: output.priority == "high"}, {to: c, default: true}]}\n    b: {agentRef: writer, edges: [{to: c}]}\n    c: {agentRef: writer}\n';
    expect(problemsOf(graph, '  output: ${ nodes.c.output }\n')).toEqual([]);
    expect(problemsOf(graph, '  output: ${ nodes.b.output }\n').map(({ code }) => code)).toEqual([
      'expression.may_be_skipped',
    ]);
  });

  test('a loop that is left leads on', () => {
    const graph =
      '    a: {agentRef: writer, edges: [{to: b}]}\n    b: {agentRef: triage, edges: [{to: a2, default: true}, {to: c, when: output.priority == "high"}]}\n    a2: {agentRef: writer, edges: [{to: b}]}\n    c: {agentRef: writer}\n';
    expect(problemsOf(graph, '  limits: {maxTurns: 3}\n  output: ${ nodes.c.output }\n')).toEqual([]);
    expect(
      problemsOf(graph, '  limits: {maxTurns: 3, onLimit: succeed}\n  output: ${ nodes.c.output }\n').map(
        ({ code }) => code,
      ),
    ).toEqual(['expression.may_be_skipped']);
  });

  test('a node that may fail and lets the run go on has no certain output', () => {
    const graph =
      '    a: {agentRef: writer, onError: continue, edges: [{to: b}]}\n    b: {agentRef: writer, input: "${ nodes.a.output }"}\n';
    expect(problemsOf(graph).map(({ code }) => code)).toEqual(['expression.may_be_skipped']);
  });

  test('what a join does not wait for is no order', () => {
    const graph =
      '    a: {agentRef: writer, edges: [{to: b}, {to: c}]}\n    b: {agentRef: writer, edges: [{to: d}]}\n    c: {agentRef: writer, edges: [{to: d}]}\n    d: {agentRef: writer, join: {mode: any}, input: "${ nodes.b.output }"}\n';
    const [problem] = problemsOf(graph);
    expect(problem).toMatchObject({
      code: 'expression.order',
      message: '`b` may still be running when the node `d` starts: a join before it does not wait for all.',
    });
  });
});

describe('places', () => {
  test('a condition is true or false', () => {
    const [problem] = problemsOf(
      '    a:\n      agentRef: triage\n      edges: [{to: end, when: output.priority}, {to: end2, default: true}]\n    end2: {agentRef: writer}\n',
    );
    expect(problem).toMatchObject({
      code: 'expression.not_boolean',
      message: 'A condition must give true or false; `output.priority` gives string.',
      line: 20,
      column: 31,
    });
  });

  test('`forEach` goes through a list, and `item` is an entry of it', () => {
    const graph = (forEach: string, input: string, read = 'nodes.b.output[0]') =>
      problemsOf(
        `    a: {agentRef: triage, edges: [{to: b}]}\n    b:\n      agentRef: writer\n      forEach: ${forEach}\n      input: \${ ${input} }\n`,
        `  output: \${ ${read} }\n`,
      ).map(({ code, message }) => [code, message]);
    expect(graph('nodes.a.output.parts', 'string(item.id)')).toEqual([]);
    expect(graph('nodes.a.output.parts', 'item.name')).toEqual([
      ['expression.unknown_field', '`item` has no field `name`.'],
    ]);
    expect(graph('nodes.a.output.priority', '1')).toEqual([
      ['expression.not_list', '`forEach` goes through a list; `nodes.a.output.priority` gives string.'],
    ]);
    expect(graph('nodes.a.output.parts', '1', 'nodes.b.output.x')).toEqual([
      ['expression.unknown_field', '`nodes.b.output` is list, which has no field `x`.'],
    ]);
  });

  test('`item` stands only beside `forEach`', () => {
    expect(problemsOf('    a: {agentRef: writer, input: "${ item.id }"}\n').map(({ code }) => code)).toEqual([
      'expression.item',
    ]);
  });

  test('the key of concurrency reads only the input', () => {
    const found = (key: string) =>
      problemsOf('    a: {agentRef: writer}\n', `  concurrency: {limit: 1, key: ${key}}\n`).map(({ code }) => code);
    expect(found('input.name')).toEqual([]);
    expect(found('input.nam')).toEqual(['expression.unknown_field']);
    expect(found('nodes.a.output')).toEqual(['expression.order']);
  });
});

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
