import { describe, expect, test } from 'vitest';
import { at, validateText } from './manifests.ts';

/** Nodes by name in flow style, without their braces; `agentRef` is added. */
function problemsOf(nodes: Readonly<Record<string, string>>, rest = '') {
  const lines = Object.entries(nodes).map(
    ([name, body]) => `    ${name}: {agentRef: x${body === '' ? '' : `, ${body}`}}`,
  );
  const text = `apiVersion: pawl/v1\nkind: AgentSystem\nmetadata: {name: s}\nspec:\n  graph:\n${lines.join('\n')}\n${rest}`;
  return validateText(text).problems.filter(({ code }) => code !== 'manifest.unsupported');
}
const found = (nodes: Readonly<Record<string, string>>, rest = '') => problemsOf(nodes, rest).map(at);
const only = (nodes: Readonly<Record<string, string>>, rest = '') => {
  const problems = problemsOf(nodes, rest);
  expect(problems).toHaveLength(1);
  return problems[0];
};

const bounded = '  limits: {maxTurns: 5}\n';
const revise = {
  plan: 'edges: [{to: draft}]',
  draft: 'edges: [{to: review}]',
  review: 'edges: [{to: draft, when: output == "again"}, {to: end, default: true}]',
};

describe('cycles', () => {
  test('a bounded cycle that can be left is fine', () => expect(found(revise, bounded)).toEqual([]));

  test('a cycle without a bound is refused at the edge that leads back', () => {
    const problem = only(revise);
    expect(problem).toMatchObject({
      code: 'graph.unbounded_cycle',
      severity: 'error',
      message: 'The edge from `review` back to `draft` closes a cycle without a bound.',
      help: 'Add `limits.maxTurns` to the system: how many turns a branch may take.',
      line: 8,
      column: 40,
    });
  });

  test('a cycle that nothing leads out of is a warning, unless reaching the limit is a success', () => {
    const spin = { a: 'edges: [{to: b}]', b: 'edges: [{to: c}]', c: 'edges: [{to: b}]' };
    expect(only(spin, bounded)).toMatchObject({
      code: 'graph.endless_cycle',
      severity: 'warning',
      message: 'Nothing leads out of the cycle of `b`, `c`: a run that enters it can only end at a limit.',
      line: 7,
      column: 5,
    });
    expect(found(spin, '  limits: {maxTurns: 5, onLimit: succeed}\n')).toEqual([]);
  });

  test('a node may lead back to itself', () => {
    const self = { a: 'edges: [{to: b}]', b: 'edges: [{to: b, when: output == "again"}, {to: end, default: true}]' };
    expect(found(self, bounded)).toEqual([]);
    expect(only(self)?.message).toBe('The edge from `b` back to `b` closes a cycle without a bound.');
  });

  test('a cycle with two ways in is refused, with the edge and the nodes named', () => {
    const problem = only(
      {
        a: 'edges: [{to: b}, {to: c}]',
        b: 'edges: [{to: c}]',
        c: 'edges: [{to: b, when: output == "x"}, {to: end, default: true}]',
      },
      bounded,
    );
    expect(problem).toMatchObject({
      code: 'graph.irreducible',
      message:
        'It is undecided whether the edge from `c` to `b` begins another turn: the cycle of `b`, `c` can be entered at `b` and `c`.',
      help: 'Let all edges from outside the cycle lead to one node of it.',
      line: 8,
      column: 35,
    });
  });

  test('going on to an earlier node on failure is a cycle too', () => {
    const problem = only({ a: 'edges: [{to: b}]', b: 'onError: goto a', c: 'edges: [{to: a}]' });
    expect(problem).toMatchObject({ code: 'graph.unbounded_cycle', line: 7, column: 31 });
  });
});

describe('edges written at their target', () => {
  test('are the same graph', () => {
    expect(found({ a: '', b: 'dependsOn: [a]', c: 'dependsOn: [a, b], join: {mode: all}' })).toEqual([]);
  });

  test.each([
    ['edges: [{to: b}]', 'The edge from `a` to `b` is written twice: `a` leads to it already.'],
    [
      'edges: [{to: b, when: output == "x"}, {to: end, default: true}]',
      'The edge from `a` to `b` is written twice: `a` leads to it under a condition already.',
    ],
    ['onError: goto b', '`b` depends on `a`, and `a` leads to it when it fails.'],
  ])('contradict %s', (body, message) => {
    const problems = problemsOf({ a: body, b: 'dependsOn: [a]' });
    expect(problems.map((problem) => [problem.code, problem.message, problem.line])).toContainEqual([
      'graph.duplicate_edge',
      message,
      7,
    ]);
  });

  test('an unknown node is reported with its nearest match, and so is one to come back to on failure', () => {
    expect(only({ draft: '', review: 'dependsOn: [darft]' })).toMatchObject({
      code: 'graph.unknown_node',
      message: 'The graph has no node `darft`.',
      help: 'Did you mean `draft`?',
      column: 39,
    });
    expect(only({ draft: 'onError: goto drfat' })?.help).toBe('Did you mean `draft`?');
    expect(only({ draft: 'dependsOn: [end]' })?.message).toBe(
      '`end` is no node: it is the target that finishes a branch.',
    );
    expect(only({ draft: '' }, '  onFailure: tell\n')).toMatchObject({
      code: 'graph.unknown_node',
      line: 7,
      column: 14,
    });
  });

  test('an edge without a condition makes a default idle, wherever it is written', () => {
    const problem = only({
      a: 'edges: [{to: c, when: output == "x"}, {to: end, default: true}]',
      b: 'dependsOn: [a]',
      c: '',
    });
    expect(problem).toMatchObject({
      code: 'graph.default',
      message: 'The default edge is never taken: the edge to `b` has no condition.',
      help: 'Remove the `dependsOn` of `b`, or remove `default`.',
    });
  });
});

describe('joins', () => {
  const fork = { a: 'edges: [{to: b}, {to: c}]', b: 'edges: [{to: d}]', c: 'edges: [{to: d}]' };

  test('of nothing are a warning', () => {
    expect(only({ a: 'edges: [{to: b}]', b: 'join: {mode: any}' })).toMatchObject({
      code: 'graph.idle_join',
      severity: 'warning',
      message: 'Only one edge leads on to `b`: there is nothing to join.',
      help: 'Remove `join`.',
      line: 7,
      column: 22,
    });
  });

  test('do not wait for an edge that leads back', () => {
    const problem = only({ ...revise, draft: 'edges: [{to: review}], join: {mode: all}' }, bounded);
    expect(problem?.message).toBe(
      'Only one edge leads on to `draft`: there is nothing to join. An edge that leads back is not waited for.',
    );
  });

  test.each([
    ['{mode: quorum, count: 2}', undefined],
    ['{mode: quorum, percent: 50}', undefined],
    ['{mode: quorum, count: 3}', 'The quorum of 3 can never meet: 2 edges lead on to `d`.'],
  ])('%s', (join, message) => {
    const problems = problemsOf({ ...fork, d: `join: ${join}` });
    expect(problems.map((problem) => [problem.code, problem.message])).toEqual(
      message === undefined ? [] : [['graph.quorum', message]],
    );
  });
});

describe('nodes', () => {
  test.each([
    [{ z: 'edges: [{to: a}]', a: 'onError: goto a' }, 'graph.goto_self 7:31'],
    [{ a: 'timeout: 1h' }, 'graph.timeout 7:31'],
    [{ a: 'timeout: 5s, retry: {backoff: {initial: 10s}}' }, 'graph.retry 7:35'],
    [{ a: 'retry: {maxAttempts: 5, backoff: {initial: 1s, max: 1m, multiplier: 2, jitter: full}}' }, undefined],
  ] as const)('%o', (nodes, expected) => {
    expect(found({ z: '', ...nodes })).toEqual(expected === undefined ? [] : [expected]);
  });
});

describe('delegates', () => {
  test('run beside the edges', () => {
    expect(
      found({ lead: 'delegates: [research, write], edges: [{to: check}]', research: '', write: '', check: '' }),
    ).toEqual([]);
  });

  test.each([
    [{ lead: 'delegates: [lead]' }, '`lead` would hand work to itself.'],
    [
      { lead: 'delegates: [a]', a: 'delegates: [b]', b: 'delegates: [a]' },
      'Delegation goes in a circle: `a` → `b` → `a`.',
    ],
    [
      { lead: 'delegates: [a]', a: 'edges: [{to: z}]', z: '' },
      '`a` is a delegate of `lead`, and an edge leads from `a` to `z`.',
    ],
  ])('%o', (nodes, message) => {
    const problems = problemsOf({ ...nodes, start: '' });
    expect(problems.map((problem) => [problem.code, problem.message])).toContainEqual(['graph.delegate', message]);
  });
});

describe('the node that runs on failure', () => {
  test('is no entry, and stands beside the graph', () => {
    expect(found({ a: '', tell: 'input: "${ run.id }"' }, '  onFailure: tell\n')).toEqual([]);
    expect(only({ a: 'edges: [{to: tell}]', tell: '' }, '  onFailure: tell\n')).toMatchObject({
      code: 'graph.on_failure',
      message: '`tell` is the node that runs when a run fails, and an edge leads from `a` to `tell`.',
    });
  });
});
