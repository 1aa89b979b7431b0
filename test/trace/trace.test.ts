import { expect, test } from 'vitest';
import type { RunRecord, TraceRecord } from '../../src/api/operations.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { renderTrace } from '../../src/trace/render.ts';
import { trace } from '../../src/trace/trace.ts';
import { bundleOf } from '../support/runs.ts';

const bundle = bundleOf({
  nodes: {
    classify: {
      agent: 'classifier',
      to: [
        { to: 'answer', when: 'output == "x"' },
        { to: 'escalate', default: true },
      ],
    },
    answer: { agent: 'writer' },
    escalate: { tool: 'echo' },
  },
  agents: { classifier: {}, writer: {} },
});

const run: RunRecord = {
  id: '00000000-0000-7000-8000-000000000001',
  environment: 'production',
  system: 'default/work',
  revision: 3,
  state: 'Failed',
  input: {},
  output: undefined,
  error: {
    code: 'policy.denied',
    message: 'AgentPolicy/default/guard denies default/echo.',
    node: 'escalate',
    path: 'escalate/1',
  },
  waits: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:05.000Z',
};

const none = {
  argsDigest: undefined,
  body: undefined,
  decision: undefined,
  outcome: undefined,
  error: undefined,
  tokensReserved: undefined,
  tokensIn: undefined,
  tokensOut: undefined,
  cost: undefined,
} as const;

function row(path: string, atMs: number, more: Partial<RecordedRow>): RecordedRow {
  const kind = /\/\d+$/.test(path) && path.startsWith('classify') ? 'model' : 'tool';
  const target = kind === 'model' ? 'default/model' : 'default/echo';
  return {
    ...none,
    path,
    phase: 'result',
    node: path.split('/')[0] ?? '',
    kind,
    target,
    atMs: Date.parse(run.createdAt) + atMs,
    ...more,
  };
}

const allow = { kind: 'allow', rule: 'AgentRole/default/worker' } as const;
const deny = {
  kind: 'deny',
  rule: 'AgentPolicy/default/guard',
  reason: 'policy.denied',
  message: 'The guard denies it.',
} as const;

const rows = [
  row('classify/1', 0, { phase: 'intent', decision: allow, cost: 9_000 }),
  row('classify/1', 812, { outcome: 'done', tokensIn: 1_200, tokensOut: 34, cost: 4_100, body: '{"toolCalls":[{}]}' }),
  row('classify/1.1', 812, { phase: 'intent', decision: allow }),
  row('classify/1.1', 2_312, { outcome: 'failed', error: { code: 'tool.failed', message: 'It said 500.' }, cost: 0 }),
  row('classify/2', 2_312, { phase: 'intent', decision: allow, cost: 9_000 }),
  row('classify/2', 3_000, { outcome: 'done', tokensIn: 10, tokensOut: 5, cost: 1, body: '{"toolCalls":[]}' }),
  row('escalate/1', 3_000, {
    outcome: 'denied',
    decision: deny,
    error: { code: 'policy.denied', message: deny.message },
  }),
];

test('a trace holds nodes in the order in which they ran, and what never ran last', () => {
  const traced = trace(run, rows, bundle);
  expect(traced.nodes.map(({ node, state }) => [node, state])).toEqual([
    ['classify', 'done'],
    ['escalate', 'failed'],
    ['answer', 'skipped'],
  ]);
  expect(traced.totals).toEqual({ tokensIn: 1_210, tokensOut: 39, cost: 4_101, calls: 4, denied: 1 });
});

test('a call whose end nobody knows is charged in full once the run has ended, and runs until then', () => {
  const open = [row('classify/1', 0, { phase: 'intent', decision: allow, cost: 9_000 })];
  expect(trace(run, open, bundle).nodes[0]?.calls[0]).toMatchObject({ outcome: 'unknown', cost: 9_000 });
  const going = trace({ ...run, state: 'Running', endedAt: undefined, error: undefined }, open, bundle);
  expect(going.nodes).toMatchObject([{ node: 'classify', state: 'running', calls: [{ outcome: 'running', cost: 0 }] }]);
});

test('the tree shows durations, tokens, cost in USD and the reason of a refusal', () => {
  expect(renderTrace(trace(run, rows, bundle), { width: 120, color: false })).toBe(
    [
      'run 00000000-0000-7000-8000-000000000001  default/work  revision 3  Failed  1 min 5 s',
      '  policy.denied: AgentPolicy/default/guard denies default/echo.',
      '├─ classify  agent default/classifier  done  3.0 s  1,249 tokens  $0.004101',
      '│  ├─ 1  model default/model  done  812 ms  1,200 in, 34 out  $0.0041  allowed by AgentRole/default/worker',
      '│  ├─ 1.1  tool default/echo  failed  1.5 s  allowed by AgentRole/default/worker',
      '│  │    tool.failed: It said 500.',
      '│  └─ 2  model default/model  done  688 ms  10 in, 5 out  $0.000001  allowed by AgentRole/default/worker',
      '├─ escalate  tool default/echo  failed  0 ms',
      '│  └─ 1  tool default/echo  denied',
      '│       policy.denied by AgentPolicy/default/guard: The guard denies it.',
      '└─ answer  agent default/writer  skipped',
      '4 calls  1 denied  1,210 tokens in, 39 out  $0.004101',
      '',
    ].join('\n'),
  );
});

test.each([60, 80, 120, 200])('no line is wider than %i columns, with colour or without', (width) => {
  const traced = trace(run, rows, bundle);
  const plain = renderTrace(traced, { width, color: false });
  expect(Math.max(...plain.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  const coloured = renderTrace(traced, { width, color: true });
  expect(coloured).toContain('\u001b[');
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
});

test('what a model or a tool wrote cannot act on the terminal', () => {
  const hostile: TraceRecord = trace(
    run,
    [
      row('escalate/1', 0, {
        outcome: 'denied',
        target: 'rm\u001b[2J\r\u202e',
        decision: { ...deny, message: 'a\u0007b\nc' },
      }),
    ],
    bundle,
  );
  const text = renderTrace(hostile, { width: 200, color: false, unicode: false });
  expect(text).toContain('tool rm\\u{1b}[2J\\r\\u{202e}');
  expect(text).toContain('a\\u{7}b\\nc');
  expect(text).not.toMatch(/[^\n\u0020-\u007e]/);
});

test('only a call of a tool that was really made a second time is shown as made again', () => {
  // A tool may have the name of a model endpoint.
  const named = bundleOf({
    nodes: { classify: { agent: 'classifier', to: ['escalate'] }, escalate: { tool: 'echo' } },
    agents: { classifier: {} },
    tools: { model: {} },
  });
  const twice = (path: string, result: Partial<RecordedRow>) => [
    row(path, 0, { phase: 'intent', decision: allow, fence: 1 }),
    row(path, 100, { outcome: 'done', body: '{}', fence: 2, ...result }),
  ];
  const error = { code: 'call.not_made', message: 'The call was not made: the run was stopped.' };
  const calls = (path: string, result: Partial<RecordedRow> = {}) =>
    trace(run, twice(path, result), named).nodes.flatMap((node) => node.calls.map(({ madeAgain }) => madeAgain));
  expect(calls('escalate/1')).toEqual([true]);
  expect(calls('classify/1')).toEqual([undefined]);
  expect(calls('escalate/1', { outcome: 'unknown', body: undefined, error })).toEqual([undefined]);
});
