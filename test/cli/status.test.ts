import { describe, expect, test } from 'vitest';
import type { WorkerRecord } from '../../src/api/operations.ts';
import type { EnvironmentStatus } from '../../src/api/operations-status.ts';
import type { App } from '../../src/cli/app-port.ts';
import { hanging } from '../../src/cli/wrap.ts';
import { say } from './fixture.ts';

const commit = 'a'.repeat(40);
const synced: EnvironmentStatus = {
  environment: 'production',
  branch: 'main',
  revision: 2,
  commit,
  head: commit,
  sync: 'Synced',
  drifted: 0,
  problems: [],
  lastAttempt: {
    commit,
    outcome: 'refused',
    code: 'plan.stale',
    message: 'Plan c2 is stale.',
    at: '2026-01-02T03:04:05Z',
  },
};

function appWith(operations: object): App {
  const door = { operations, via: 'postgres', close: () => Promise.resolve() };
  return { config: { actor: 'me' }, open: () => Promise.resolve(door) } as unknown as App;
}

describe('status', () => {
  async function told(status: EnvironmentStatus): Promise<string> {
    return (await say(['status'], { app: appWith({ status: () => Promise.resolve([status]) }) })).stdout;
  }

  test('keeps quiet about the controller that came second with a commit that is live', async () => {
    expect(await told(synced)).not.toContain('refused');
  });

  test('says why a commit did not go live', async () => {
    const text = await told({ ...synced, head: 'b'.repeat(40), sync: 'OutOfSync', drifted: 1 });
    expect(text).toContain('production: refused aaaaaaa at 2026-01-02T03:04:05Z: Plan c2 is stale. (plan.stale)');
    expect(text).toContain('production: drift; see pawl drift --env production');
  });

  test('says of each rollout under way how many of the new runs see what is live', async () => {
    const rollout = { system: 'support/triage', step: 2, steps: 3, weight: 25, stepSince: '2026-01-01T00:00:00.000Z' };
    const text = await told({
      ...synced,
      rollouts: [
        { ...rollout, strategy: 'canary', state: 'paused', from: 1, to: 2 },
        { ...rollout, system: 'support/desk', strategy: 'blueGreen', state: 'aborted', weight: 0, from: 1, to: 2 },
      ],
    });
    expect(text).toContain(
      `production: rollout of support/triage (canary, step 2 of 3) paused since 2026-01-01T00:00:00.000Z: 25 of 100 new runs see revision 2; see`,
    );
    expect(text).toContain('production: rollout of support/desk (blue-green) aborted since');
    expect(text).toContain('see pawl rollout status --env production');
  });

  const waiting = {
    ...synced,
    head: 'b'.repeat(40),
    sync: 'OutOfSync',
    lastAttempt: { commit: 'b'.repeat(40), outcome: 'refused', code: 'x', message: 'R1-3f2a is missing.', at: '' },
    conditions: [
      { type: 'Gated', status: 'False', reason: 'Unacknowledged', message: 'R1-3f2a is missing.', since: 'then' },
      { type: 'Applied', status: 'False', reason: 'Blocked', message: 'See Gated.', since: 'then' },
    ].map((condition) => ({ ...condition, commit: 'b'.repeat(40) })),
  } as EnvironmentStatus;

  test('says in words what a commit waits for, once, and what to type', async () => {
    const text = await told(waiting);
    expect(text.split('\n').slice(2).join('\n')).toBe(
      [
        'production: bbbbbbb is not live. Risks or guards wait for somebody to acknowledge them.',
        '    R1-3f2a is missing.',
        '    Gated Unacknowledged since then; see pawl plan --env production',
        '',
      ].join('\n'),
    );
  });

  test('names what fires and what workers cannot reach, a line each', async () => {
    const alert = { key: 'drift', severity: 'warning', title: 'Drift', since: 'then' };
    const probe = { subject: 'secret', name: 'a/b#c', reason: 'env_missing', since: 'then' } as const;
    const overrun = ['AgentPolicy/a/b#agent-usd-day of a/writer'];
    const text = await told({ ...synced, alerts: Array.from({ length: 7 }, () => alert), probes: [probe], overrun });
    expect(text).toContain(
      `production: firing: ${Array.from({ length: 5 }, () => 'drift (warning)').join(', ')} and 2 more; see pawl alerts`,
    );
    expect(text.replaceAll(/\n */g, ' ')).toContain(
      'production: over budget: AgentPolicy/a/b#agent-usd-day of a/writer; see pawl get budgets --env production',
    );
    expect(text).toContain('production: failing: secret a/b#c (env_missing); see pawl drift --env production\n');
  });

  test('keeps what fits no line within the width, further in', () => {
    expect(hanging('  one two three four five', 16)).toBe('  one two\n      three four\n      five');
  });
});

describe('a run that is queued', () => {
  const queued = { id: 'r1', environment: 'production', system: 'a/b', revision: 1, state: 'Queued', waits: [] };

  async function told(workers: readonly Partial<WorkerRecord>[]): Promise<string> {
    const app = appWith({
      environments: () => Promise.resolve([{ name: 'production' }]),
      submit: () => Promise.resolve(queued),
      workers: () => Promise.resolve(workers),
    });
    return (await say(['run', 'b'], { app })).stderr;
  }

  test('is said to wait where no worker is live', async () => {
    expect(await told([{ live: false }])).toContain('No worker is live, so the run waits in the queue.');
    expect(await told([{ live: false }, { live: true }])).not.toContain('No worker');
  });
});
