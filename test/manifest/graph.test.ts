import { describe, expect, test } from 'vitest';
import { at, validateText } from './manifests.ts';

const problemsOf = (graph: string, rest = '') =>
  validateText(`apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: s}\nspec:\n  graph:\n${graph}${rest}`)
    .problems;
const found = (graph: string, rest = '') => problemsOf(graph, rest).map(at);

const pair = (condition: string) =>
  `    a:\n      agentRef: x\n      edges:\n        - to: b\n          when: ${condition}\n    b: {agentRef: x}\n`;

describe('graphs', () => {
  test('fan-out and join of all are fine', () => {
    expect(
      found(
        '    a: {agentRef: x, edges: [{to: b}, {to: c}]}\n    b: {agentRef: x, edges: [{to: d}]}\n    c: {toolRef: t, edges: [{to: d}]}\n    d: {agentRef: x, join: {mode: all}, edges: [{to: end}]}\n',
      ),
    ).toEqual([]);
  });

  test('an unknown target is reported with its nearest match', () => {
    const problems = problemsOf('    draft: {agentRef: x, edges: [{to: reviw}]}\n    review: {agentRef: x}\n');
    expect(problems.map(({ code, help }) => [code, help])).toEqual([['graph.unknown_node', 'Did you mean `review`?']]);
  });

  test('`end` is no name for a node', () => {
    expect(found('    end: {agentRef: x}\n')).toEqual(['graph.reserved 6:5']);
  });

  test('a node that leads to itself is no entry', () => {
    expect(found('    a: {agentRef: x, edges: [{to: a}]}\n')).toEqual(['graph.no_entry 5:3']);
  });

  test('nodes that no entry leads to are reported', () => {
    const problems = problemsOf(
      '    a: {agentRef: x}\n    b: {agentRef: x, edges: [{to: c}]}\n    c: {agentRef: x, edges: [{to: b}]}\n',
    );
    expect(problems.map(({ code }) => code)).toEqual(['graph.unreachable', 'graph.unreachable']);
  });

  test.each([
    ['two defaults', '[{to: b, default: true}, {to: end, default: true}]'],
    ['a default with a condition', '[{to: b, default: true, when: "true"}]'],
    ['a default beside an edge without a condition', '[{to: b, default: true}, {to: end}]'],
  ])('%s are refused', (_what, edges) => {
    expect(problemsOf(`    a: {agentRef: x, edges: ${edges}}\n    b: {agentRef: x}\n`).map(({ code }) => code)).toEqual(
      ['graph.default'],
    );
  });

  test('two edges to one node are refused', () => {
    expect(
      problemsOf(
        '    a: {agentRef: x, edges: [{to: b, when: output.x}, {to: b, when: output.y}]}\n    b: {agentRef: x}\n',
      ).map(({ code }) => code),
    ).toEqual(['graph.duplicate_edge']);
  });

  test('a node is an agent or a tool, never both or neither', () => {
    expect(found('    a: {agentRef: x, toolRef: y}\n')).toEqual(['manifest.exactly_one 6:5']);
    expect(found('    a: {}\n')).toEqual(['manifest.exactly_one 6:5']);
  });

  test('a chain of 500 nodes is checked, and 501 are too many', () => {
    const chain = (count: number) =>
      Array.from(
        { length: count },
        (_, index) => `    n${index}: {agentRef: x, edges: [{to: ${index + 1 < count ? `n${index + 1}` : 'end'}}]}\n`,
      ).join('');
    expect(found(chain(500))).toEqual([]);
    expect(found(chain(501)).map((line) => line.split(' ')[0])).toEqual(['manifest.limit']);
  });
});

describe('expressions are checked with their place', () => {
  test.each([
    ['output.x ==', 'expression.syntax 10:28'],
    ['foo.bar', 'expression.unknown_variable 10:17'],
    ['output.x + 1', 'expression.not_boolean 10:17'],
    ['output.x && matches(output.y, "a")', 'expression.matches 10:29'],
    ['output.all(a, a.all(b, b.all(c, c.all(d, d.all(e, e.all(f, f))))))', 'expression.nesting 10:31'],
    [`output.x == "${'x'.repeat(10_200)}"`, undefined],
    ['nodes.zz.output.x', 'expression.unknown_node 10:23'],
    ['nodes.b.output.x', 'expression.order 10:23'],
    ['nodes.all(x, true)', 'expression.nodes 10:17'],
    ['input.all(output, true)', 'expression.shadow 10:27'],
    ['"a" + 1 == "a"', 'expression.type 10:18'],
  ])('%s', (expression, expected) => {
    const lines = found(pair(`'${expression}'`)).map((line) => line);
    if (expected === undefined) expect(lines).toEqual([]);
    else expect(lines.map((line) => line.split(' ')[0])).toEqual([expected.split(' ')[0]]);
    if (expected !== undefined) expect(lines[0]?.split(' ')[1]?.split(':')[0]).toBe('10');
  });

  test('a position inside a quoted condition is exact', () => {
    expect(found(pair('\'output.x && matches(output.y, "a")\''))).toEqual(['expression.matches 10:30']);
  });

  test('an expression beyond 10 KiB is refused', () => {
    expect(found(pair(`'output.x == "${'x'.repeat(10_300)}"'`)).map((line) => line.split(' ')[0])).toContain(
      'manifest.limit',
    );
    const input = `    a: {agentRef: x, input: '\${ "${'x'.repeat(11_000)}" }'}\n`;
    expect(found(input).map((line) => line.split(' ')[0])).toEqual(['expression.size']);
  });

  test('a name with hyphens is read by its index, and the help says so', () => {
    expect(
      found('    a-b: {agentRef: x, edges: [{to: c}]}\n    c: {agentRef: x, input: "${ nodes[\'a-b\'].output }"}\n'),
    ).toEqual([]);
    const [problem] = problemsOf(
      '    a-b: {agentRef: x, edges: [{to: c}]}\n    c: {agentRef: x, input: "${ nodes.a-b.output }"}\n',
    );
    expect(problem?.help).toContain('nodes["some-name"].output');
  });

  test('inputs read only nodes before them, conditions also their own, the output all of them', () => {
    const graph =
      '    a: {agentRef: x, edges: [{to: b, when: nodes.a.output.x}]}\n    b: {agentRef: x, input: "${ nodes.a.output }"}\n';
    expect(found(graph, '  output: ${ nodes.b.output }\n')).toEqual([]);
    expect(found('    a: {agentRef: x, input: "${ nodes.a.output }"}\n').map((line) => line.split(' ')[0])).toEqual([
      'expression.order',
    ]);
    expect(found('    a: {agentRef: x, input: {q: ["${ output }"]}}\n').map((line) => line.split(' ')[0])).toEqual([
      'expression.output',
    ]);
    expect(
      found('    a: {agentRef: x}\n', '  output: {r: "${ nodes.zz.output }"}\n').map((line) => line.split(' ')[0]),
    ).toEqual(['expression.unknown_node']);
  });

  test('a `${` that is not closed is refused', () => {
    expect(found('    a: {agentRef: x, input: "Hello ${ input.name"}\n').map((line) => line.split(' ')[0])).toEqual([
      'expression.template',
    ]);
  });
});
