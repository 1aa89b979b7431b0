import { afterEach, expect, test, vi } from 'vitest';
import type { RolloutRecord } from '../../src/api/operations-rollout.ts';
import type { Operations } from '../../src/api/operations.ts';
import type { App } from '../../src/cli/app-port.ts';
import { TerminalError } from '../../src/errors.ts';
import { say, type Said } from './fixture.ts';

const canary: RolloutRecord = {
  environment: 'production',
  system: 'support/triage',
  strategy: 'canary',
  state: 'progressing',
  step: 2,
  steps: 3,
  weight: 25,
  reason: '',
  startedAt: '2026-01-01T00:00:00.000Z',
  stepSince: '2026-01-01T01:00:00.000Z',
  endedAt: undefined,
  from: { revision: 4, runs: 30, failed: 1, latencyMs: 2_340 },
  to: { revision: 5, runs: 1, failed: 0 },
};
const aborted: RolloutRecord = {
  ...canary,
  system: 'billing/refunds',
  strategy: 'blueGreen',
  state: 'aborted',
  endedAt: '2026-01-01T02:00:00.000Z',
  reason: 'failures\u001b[2J',
};

function rollout(words: readonly string[], operations: Partial<Operations> = {}): Promise<Said> {
  const environments = () => Promise.resolve([{ name: 'production' }]);
  const rollouts = () => Promise.resolve([canary, aborted]);
  const door = { operations: { environments, rollouts, ...operations }, close: () => Promise.resolve() };
  return say(['rollout', ...words], { app: { open: () => Promise.resolve(door) } as unknown as App });
}

test('the step, the part of new runs and what came of both sides are told; of one that ended, when and why', async () => {
  const { exit, stdout, stderr } = await rollout(['status']);
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual([
    'AgentSystem support/triage: revision 4 to 5 (canary, step 2 of 3), progressing since 2026-01-01T01:00:00.000Z; 25 of 100 new runs see revision 5',
    '  revision 4: 30 runs ended in this step, 1 failed; 95 of 100 took up to 2.3 s',
    '  revision 5: 1 run ended in this step, 0 failed',
    'AgentSystem billing/refunds: revision 4 to 5 (blue-green), aborted at 2026-01-01T02:00:00.000Z',
    expect.stringMatching(/^ {2}failures[^\u001b]+$/),
    '',
  ]);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([40, 80])('it fits in %i columns', async (columns) => {
  vi.stubEnv('COLUMNS', String(columns));
  const { stdout } = await rollout(['status']);
  expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([]);
  expect(stdout.replace(/\s+/g, ' ')).toContain('; 25 of 100 new runs see revision 5');
});

test.each([
  ['triage', [canary]],
  ['billing/refunds', [aborted]],
  ['age', []],
])('of the system %j alone', async (system, expected) => {
  const { stdout } = await rollout(['status', system, '-o', 'json']);
  expect(JSON.parse(stdout)).toEqual({
    format_version: '1.0',
    environment: 'production',
    rollouts: JSON.parse(JSON.stringify(expected)) as unknown,
  });
  if (expected.length === 0)
    expect((await rollout(['status', system])).stdout).toBe('No rollouts: every new run sees the newest revision.\n');
});

test.each([
  [['promote', 'triage'], { action: 'promote', reason: '' }],
  [
    ['promote', 'triage', '--full', '--reason', 'looked at it'],
    { action: 'promote', full: true, reason: 'looked at it' },
  ],
  [['pause', 'triage'], { action: 'pause', reason: '' }],
  [['resume', 'triage'], { action: 'resume', reason: '' }],
  [['abort', 'triage', '--reason', 'no'], { action: 'abort', reason: 'no' }],
])('%j orders it and tells what became of it', async (words, order) => {
  const orderRollout: Operations['orderRollout'] = (asked) => {
    expect(asked).toEqual({ environment: 'production', system: 'triage', ...order });
    return Promise.resolve({ ...canary, state: 'paused', reason: asked.reason });
  };
  const said = await rollout(words, { orderRollout });
  expect([said.exit, said.stderr]).toEqual([0, '']);
  expect(said.stdout).toContain('(canary, step 2 of 3), paused since');
  if (order.reason !== '') expect(said.stdout).toContain(`\n  ${order.reason}\n`);
});

test('an order that is refused says why, what to do and nothing else', async () => {
  const refusal = new TerminalError('AgentSystem support/triage has no rollout under way.', {
    code: 'rollout.none',
    help: 'See `pawl rollout status`.',
  });
  const said = await rollout(['abort', 'triage'], { orderRollout: () => Promise.reject(refusal) });
  expect([said.exit, said.stdout]).toEqual([1, '']);
  expect(said.stderr).toContain('rollout.none');
  expect(said.stderr).toContain('See `pawl rollout status`.');
});

test('--full belongs to promote alone', async () => {
  const said = await rollout(['abort', 'triage', '--full']);
  expect([said.exit, said.stdout]).toEqual([64, '']);
  expect(said.stderr).toContain('--full');
});
