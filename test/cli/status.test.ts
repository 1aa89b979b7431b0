import { describe, expect, test } from 'vitest';
import type { EnvironmentStatus, WorkerRecord } from '../../src/api/operations.ts';
import type { App } from '../../src/cli/app-port.ts';
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
