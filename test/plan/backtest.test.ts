import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { sha256 } from '../../src/manifest/digest.ts';
import { backtesting, type RecordedRow, type RecordedRun } from '../../src/plan/backtest.ts';
import type { Backtest } from '../../src/plan/beside.ts';
import type { Authority, SubjectAuthority } from '../../src/policy/authority.ts';
import { type AuthorityPlan, authorityOf, bundleOf } from '../support/runs.ts';

const bundle = bundleOf({
  nodes: { draft: { agent: 'writer', to: ['look'] }, look: { tool: 'search' } },
  agents: { writer: { tools: { echo: 'default/echo', search: 'default/search' } } },
  tools: { search: {} },
});

interface Target {
  readonly content?: Bundle;
  readonly authority?: Authority;
  readonly moves?: Readonly<Record<string, string>>;
  /** Under another name, or not at all. */
  readonly system?: string | undefined;
}

function decideAgain(runs: readonly RecordedRun[], target: Target = {}): Backtest {
  const { content = bundle, authority = authorityOf(content), moves = {} } = target;
  const name = 'system' in target ? target.system : content.system;
  const compiled = { content, authority };
  const test = backtesting({
    system: (asked) => (asked === name ? compiled : undefined),
    moves: new Map(Object.entries(moves)),
  });
  for (const run of runs) test.add(run);
  return test.result();
}

const under = (plan: AuthorityPlan): Target => ({ authority: authorityOf(bundle, plan) });

const blank = {
  argsDigest: undefined,
  decision: undefined,
  args: undefined,
  outcome: undefined,
  error: undefined,
  tokensReserved: undefined,
  tokensIn: undefined,
  tokensOut: undefined,
  cost: undefined,
} as const;

/** An allowed call of the node `draft` and what it came to. */
function toolCall(path: string, args = '{}', target = 'default/search'): readonly RecordedRow[] {
  const call = { ...blank, path, node: 'draft', kind: 'tool', target } as const;
  const decision = { kind: 'allow', rule: 'AgentRole/default/worker' } as const;
  return [
    { ...call, phase: 'intent', decision, args, argsDigest: sha256(args), tokensReserved: 0, cost: 0 },
    { ...call, phase: 'result', outcome: 'done', tokensIn: 0, tokensOut: 0, cost: 0 },
  ];
}

function modelCall(path: string, tokens: number): readonly RecordedRow[] {
  const call = { ...blank, path, node: 'draft', kind: 'model', target: 'default/model' } as const;
  return [
    { ...call, phase: 'intent', decision: { kind: 'allow' }, tokensReserved: tokens * 2, cost: 0 },
    { ...call, phase: 'result', outcome: 'done', tokensIn: tokens, tokensOut: tokens, cost: 0 },
  ];
}

function denied(path: string, reason: string, target = 'default/search'): readonly RecordedRow[] {
  const decision = { kind: 'deny', reason } as const;
  return [{ ...blank, path, node: 'draft', kind: 'tool', target, phase: 'result', outcome: 'denied', decision }];
}

const run = (id: string, ...calls: readonly (readonly RecordedRow[])[]): RecordedRun => ({
  id,
  system: 'default/work',
  agents: new Map([
    ['draft', 'default/writer'],
    ['look', undefined],
  ]),
  rows: calls.flat(),
});

const nothing = {
  deniedRuns: 0,
  deniedCalls: 0,
  askedRuns: 0,
  askedCalls: 0,
  unaskedCalls: 0,
  allowedCalls: 0,
  undecidedCalls: 0,
  examples: [],
};

/** A target whose writer has some rules more. */
function ruled(rules: Partial<SubjectAuthority>, content = bundle): Target {
  const authority = authorityOf(content);
  const [address, row] = Object.entries(authority.subjects).find(([name]) => name.startsWith('Agent/')) ?? [];
  if (address === undefined || row === undefined) throw new Error('no agent');
  return { content, authority: { ...authority, subjects: { ...authority.subjects, [address]: { ...row, ...rules } } } };
}

const asking: Partial<SubjectAuthority> = {
  tools: {
    'default/echo': { kind: 'allow', rule: 'AgentRole/default/worker' },
    'default/search': { kind: 'ask', rule: 'AgentRole/default/worker', asks: ['ToolPermission/default/p'] },
  },
  approvals: { 'ToolPermission/default/p': { ttlMs: 900_000, fourEyes: true } },
};

describe('recorded calls decided again', () => {
  test('come out as they did where nothing changed', () => {
    const runs = [run('a', modelCall('draft/1', 10), toolCall('draft/1.1')), run('b', toolCall('draft/1.1'))];
    expect(decideAgain(runs)).toEqual({ runs: 2, calls: 3, ...nothing });
  });

  test('are counted by what would deny them, with the first example of each', () => {
    const runs = [
      run('a', toolCall('draft/1.1', '{}', 'default/echo'), toolCall('draft/1.2'), toolCall('draft/1.3')),
      run('b', toolCall('draft/1.1')),
      run('c', toolCall('draft/1.1', '{}', 'default/echo')),
    ];
    expect(decideAgain(runs, under({ deny: ['search'] }))).toEqual({
      ...nothing,
      runs: 3,
      calls: 5,
      deniedRuns: 2,
      deniedCalls: 3,
      examples: [
        {
          run: 'a',
          path: 'draft/1.2',
          subject: 'Agent/default/writer',
          target: 'default/search',
          reason: 'policy.denied',
          rule: 'AgentPolicy/default/guard',
          count: 3,
        },
      ],
    });
  });

  test('that were denied and would pass are counted apart', () => {
    const made = decideAgain([
      run('a', denied('draft/1.1', 'policy.denied'), denied('draft/1.2', 'policy.not_granted')),
    ]);
    expect(made).toEqual({ ...nothing, runs: 1, calls: 2, allowedCalls: 2 });
  });

  test('that were and stay denied are neither', () => {
    const made = decideAgain([run('a', denied('draft/1.1', 'policy.not_granted'))], under({ deny: ['search'] }));
    expect(made).toEqual({ ...nothing, runs: 1, calls: 1 });
  });

  test.each(['args.invalid', 'call.malformed', 'run.cancelled', 'gate.conflict', 'halt.tool', 'guard.blocked'])(
    'that were denied for %s are left as they were: the journal does not keep why',
    (reason) => {
      expect(decideAgain([run('a', denied('draft/1.1', reason))])).toEqual({
        ...nothing,
        runs: 1,
        calls: 1,
        undecidedCalls: 1,
      });
    },
  );

  test('look at arguments that the journal keeps, by the schema of the target', () => {
    const inputSchema = { type: 'object', required: ['query'], properties: { query: { type: 'string' } } } as const;
    const content = bundleOf({
      nodes: { draft: { agent: 'writer' } },
      agents: { writer: { tools: { search: 'default/search' } } },
      tools: { search: { inputSchema } },
    });
    const [intent, ...rest] = toolCall('draft/1.3');
    if (intent === undefined) throw new Error('no intent');
    const runs = [
      run('a', toolCall('draft/1.1', '{"query":"x"}'), toolCall('draft/1.2', '{"other":1}'), [
        { ...intent, args: undefined },
        ...rest,
      ]),
    ];
    const made = decideAgain(runs, { content });
    expect(made).toMatchObject({ calls: 3, deniedCalls: 1 });
    expect(made.examples).toMatchObject([{ path: 'draft/1.2', reason: 'args.invalid', rule: 'default/search' }]);
  });

  test('count towards limits as they did in the run', () => {
    const calls = [1, 2, 3, 4].map((at) => toolCall(`draft/1.${at}`, JSON.stringify({ at })));
    const made = decideAgain([run('a', ...calls)], under({ limits: { maxToolCalls: 3 } }));
    expect(made).toMatchObject({ deniedCalls: 1, examples: [{ path: 'draft/1.4', reason: 'limit.tool_calls' }] });
    expect(decideAgain([run('a', ...calls)], under({ limits: { maxToolCalls: 4 } }))).toMatchObject({ deniedCalls: 0 });
  });

  test('count towards budgets with the tokens that they took', () => {
    const calls = [1, 2, 3].map((at) => modelCall(`draft/${at}`, 1_000));
    const budget = (limit: number) =>
      under({ budgets: [{ id: 'AgentPolicy/default/cap#0', scope: 'run', unit: 'tokens', limit }] });
    expect(decideAgain([run('a', ...calls)], budget(5_000))).toMatchObject({
      deniedCalls: 1,
      examples: [{ path: 'draft/3', reason: 'budget.exhausted', rule: 'AgentPolicy/default/cap#0' }],
    });
    expect(decideAgain([run('a', ...calls)], budget(6_000))).toMatchObject({ deniedCalls: 0 });
  });

  test('are denied where their system, agent or tool would be gone', () => {
    const gone = decideAgain([run('a', toolCall('draft/1.1'))], { system: undefined });
    expect(gone.examples).toMatchObject([{ reason: 'gate.authority_missing', rule: 'AgentSystem/default/work' }]);
    const alone = bundleOf({ nodes: { look: { tool: 'search' } }, tools: { search: {} } });
    expect(decideAgain([run('a', toolCall('draft/1.1'))], { content: alone }).examples).toMatchObject([
      { reason: 'gate.authority_missing', rule: 'Agent/default/writer' },
    ]);
    const without = bundleOf({ nodes: { draft: { agent: 'writer' } }, agents: { writer: {} } });
    expect(decideAgain([run('a', toolCall('draft/1.1'))], { content: without }).examples).toMatchObject([
      { reason: 'tool.unknown', target: 'default/search' },
    ]);
  });

  test('that would wait for people are counted apart from those that would be denied', () => {
    const [first, second] = [toolCall('draft/1.1'), toolCall('draft/1.2')];
    expect(decideAgain([run('a', first, second), run('b', first)], ruled(asking))).toEqual({
      ...nothing,
      runs: 2,
      calls: 3,
      askedRuns: 2,
      askedCalls: 3,
      examples: [expect.objectContaining({ reason: 'asks', rule: 'ToolPermission/default/p', count: 3 })],
    });
  });

  test('that people released then wait as they did, or no longer have to', () => {
    const released = toolCall('draft/1.1').map((row) =>
      row.decision === undefined ? row : { ...row, decision: { ...row.decision, approval: 'a1' } },
    );
    const refused = denied('draft/1.2', 'approval.denied');
    expect(decideAgain([run('a', released, refused)], ruled(asking))).toEqual({ ...nothing, runs: 1, calls: 2 });
    const made = decideAgain([run('a', released, refused)]);
    expect(made).toEqual({ ...nothing, runs: 1, calls: 2, unaskedCalls: 1, allowedCalls: 1 });
  });

  test('meet conditions with the arguments, the input and the hour of then', () => {
    const expr = 'args.n < 3 && run.input.kind == "a" && now.getFullYear() == 2024';
    const target = ruled({ conditions: [{ id: 'AgentPolicy/default/p#c', kind: 'denyUnless', expr }] });
    const at = (year: number, args: string) =>
      toolCall('draft/1.1', args).map((row) => ({ ...row, at: `${year}-05-01T00:00:00.000Z` }));
    const decided = (rows: readonly RecordedRow[], kind = 'a') =>
      decideAgain([{ ...run('a', rows), input: { kind } }], target).examples.map(({ reason }) => reason);
    expect(decided(at(2024, '{"n":1}'))).toEqual([]);
    for (const rows of [at(2024, '{"n":3}'), at(2025, '{"n":1}')])
      expect(decided(rows)).toEqual(['policy.condition_false']);
    expect(decided(at(2024, '{"n":1}'), 'b')).toEqual(['policy.condition_false']);
  });

  test('meet rules on data with what the run had touched by then', () => {
    const content = bundleOf({
      nodes: { draft: { agent: 'writer' } },
      agents: { writer: { tools: { echo: 'default/echo', search: 'default/search' } } },
      tools: { search: { dataClass: 'privateRead' }, echo: { dataClass: 'externalWrite' } },
    });
    const target = ruled(
      { flow: [{ id: 'AgentPolicy/default/p#f', when: ['privateRead'], what: 'deny', target: 'externalWrite' }] },
      content,
    );
    const send = (path: string) => toolCall(path, '{}', 'default/echo');
    // As the gate counts: from the moment a call is let through, whatever becomes of it.
    for (const search of [toolCall('draft/1.2'), toolCall('draft/1.2').slice(0, 1)]) {
      const made = decideAgain([run('a', send('draft/1.1'), search, send('draft/1.3'))], target);
      expect(made).toMatchObject({ deniedCalls: 1, examples: [{ path: 'draft/1.3', reason: 'flow.denied' }] });
    }
  });

  test('follow what moves to its new name', () => {
    const content = {
      ...bundleOf({
        nodes: { draft: { agent: 'author' } },
        agents: { author: { tools: { find: 'default/find' } } },
        tools: { find: {} },
      }),
      system: 'default/write',
    };
    const moves = {
      'AgentSystem/default/work': 'AgentSystem/default/write',
      'Agent/default/writer': 'Agent/default/author',
      'Tool/default/search': 'Tool/default/find',
    };
    const made = decideAgain([run('a', modelCall('draft/1', 5), toolCall('draft/1.1'))], { content, moves });
    expect(made).toEqual({ ...nothing, runs: 1, calls: 2 });
  });

  test('give the most frequent rule first, and the same for the same runs', () => {
    const runs = [
      run('a', toolCall('draft/1.1'), ...[1, 2, 3].map((at) => toolCall(`draft/2.${at}`, '{}', 'default/echo'))),
      run('b', toolCall('draft/1.1', '{}', 'default/other')),
    ];
    const target = under({ deny: ['search', 'echo'] });
    const made = decideAgain(runs, target);
    expect(made.examples.map(({ reason, count }) => [reason, count])).toEqual([
      ['policy.denied', 4],
      ['tool.unknown', 1],
    ]);
    expect(JSON.stringify(decideAgain(runs, target))).toBe(JSON.stringify(made));
  });
});
