import type { Backtest, Beside, Impact, Notice, RunsInFlight } from '../../../src/plan/beside.ts';

/** What varies by the hour, each of it looked at. */
export function besideOf(outside: string): Required<Beside> {
  const system = `support/triage${outside}`;
  const none: readonly string[] = [];
  return {
    impact: impactOf(outside, system),
    budget: [
      {
        system,
        ceiling: { before: 450_000, after: undefined },
        ceilingLacks: { before: none, after: [`no cap on ${outside || 'money'}`] },
        expected: { before: 12_100_000, after: 30_000_000 },
        expectedLacks: { before: none, after: none },
        runs: 120,
        days: 7,
      },
    ],
    backtest: backtestOf(outside),
    moreBudget: 0,
    tiers: {
      pool: `default${outside}`,
      workers: 2,
      offered: ['inline', 'wasm'],
      lacking: [{ system: 'shop/orders', tool: `shop/convert${outside}`, tiers: ['sandbox'] }],
      moreLacking: 1,
    },
    preflight: { ok: false, code: 'apply.failed', message: `A row is too large${outside}.` },
    guards: [
      {
        id: 'guard.live_runs',
        message: `3 runs of support/triage${outside} are in flight.`,
        acknowledgeable: true,
        addresses: [`AgentSystem/${system}`],
      },
    ],
    memories: [
      { memory: 'support/notes', pgvector: 'absent', otherwise: 0 },
      { memory: 'support/older', pgvector: 'ready', otherwise: 1_204 },
    ],
    acknowledgements: [
      {
        id: 'R1-3f2a',
        by: `ada${outside}`,
        at: '2026-01-02T03:04:05.000Z',
        reason: `Agreed${outside}`,
        planDigest: 'a'.repeat(64),
      },
    ],
  };
}

function backtestOf(outside: string): Required<Backtest> {
  return {
    runs: 200,
    calls: 10_000,
    undecidedCalls: 4,
    deniedRuns: 14,
    deniedCalls: 52,
    askedRuns: 9,
    askedCalls: 11,
    unaskedCalls: 2,
    allowedCalls: 3,
    examples: [
      {
        run: '01a1fc02-ab12-70b2-a736-b6eedfa5773f',
        path: `draft${outside}/1`,
        subject: `Agent/support/writer${outside}`,
        target: `tool support/search${outside}`,
        reason: 'policy.denied',
        rule: `AgentPolicy support/spending${outside}`,
        count: 52,
      },
    ],
  };
}

function impactOf(outside: string, system: string): Required<Impact> {
  return {
    systems: [`AgentSystem/${system}`],
    schedules: [
      {
        address: `TaskSchedule/support/nightly${outside}`,
        system: `AgentSystem/${system}`,
        nextFire: '2026-01-03T03:00:00.000Z',
        fate: 'kept',
      },
    ],
    webhooks: [{ address: `TaskWebhook/support/mail${outside}`, system: `AgentSystem/${system}`, fate: 'added' }],
    evals: [{ address: `Eval/support/basics${outside}`, system: `AgentSystem/${system}`, cases: 12, fate: 'kept' }],
    workforces: [
      {
        address: `Workforce/support/desk${outside}`,
        fate: 'kept',
        joins: [`Tool/support/pay${outside}`],
        moreJoins: 0,
        leaves: [`mcp:support/crm:close${outside}`],
        moreLeaves: 2,
        changes: [`Agent/support/writer${outside}`],
        moreChanges: 0,
      },
    ],
    rollouts: rolloutsOf(outside, system),
    runs: [
      {
        system,
        inFlight: 3,
        oldest: '2026-01-02T03:04:05.000Z',
        revisions: { oldest: 2, newest: 3 },
        notices: [
          {
            address: `AgentRole/support/refunds${outside}`,
            fields: [`spec.permissions${outside}`],
            moreFields: 1,
            reaches: 'newRuns',
          } satisfies Required<Notice>,
        ],
        drain: 'drain',
        moreNotices: 2,
      } satisfies Required<RunsInFlight>,
    ],
    moreSystems: 1,
    moreSchedules: 0,
    moreWebhooks: 0,
    moreEvals: 0,
    moreWorkforces: 0,
    moreRollouts: 1,
    moreRuns: 0,
  };
}

function rolloutsOf(outside: string, system: string): Required<Impact>['rollouts'] {
  return [
    {
      system: `AgentSystem/${system}${outside}`,
      fate: 'added',
      strategy: 'canary',
      weight: 10,
      steps: 3,
      replaces: true,
    },
    {
      system: `AgentSystem/${system}-old${outside}`,
      fate: 'removed',
      strategy: 'blueGreen',
      weight: 100,
      steps: 1,
      reason: 'reverted',
    },
  ];
}
