import { describe, expect, test } from 'vitest';
import { problemsOfSystem as problemsOf } from './systems.ts';

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

  test('a node that goes elsewhere when it fails has an output where it did not, and none at the end', () => {
    const graph = (sorry: string) =>
      `    a: {agentRef: writer, onError: goto sorry, edges: [{to: b}]}\n    b: {agentRef: writer, edges: [{to: c}]}\n    c: {agentRef: writer, input: "\${ nodes.a.output }"}\n    sorry: {agentRef: writer${sorry}}\n`;
    const skipped = ['expression.may_be_skipped'];
    expect(problemsOf(graph(''))).toEqual([]);
    expect(problemsOf(graph(', edges: [{to: c}]')).map(({ code }) => code)).toEqual(skipped);
    expect(problemsOf(graph(', input: "${ nodes.a.output }"')).map(({ code }) => code)).toEqual(skipped);
    expect(problemsOf(graph(''), '  output: ${ nodes.a.output }\n').map(({ code }) => code)).toEqual(skipped);
  });

  test('what a join does not wait for is no order, but for the join itself', () => {
    const graph = (reader: string) =>
      `    a: {agentRef: writer, edges: [{to: b}, {to: c}]}\n    b: {agentRef: writer, edges: [{to: d}]}\n    c: {agentRef: writer, edges: [{to: d}]}\n    d: {agentRef: writer, join: {mode: any}, edges: [{to: e}]${reader}\n`;
    const [problem] = problemsOf(graph('}\n    e: {agentRef: writer, input: "${ nodes.b.output }"}'));
    expect(problem).toMatchObject({
      code: 'expression.order',
      message: '`b` may still be running when the node `e` starts: a join before it does not wait for all.',
    });
    const end = '}\n    e: {agentRef: writer}';
    const own = (read: string) => problemsOf(graph(`, input: "\${ ${read} }"${end}`)).map(({ code }) => code);
    expect(own('nodes.b.output')).toEqual(['expression.may_be_skipped']);
    expect(own('nodes.?b.output.orValue("none")')).toEqual([]);
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
