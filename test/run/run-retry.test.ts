import { describe, expect, test } from 'vitest';
import { policyCodes } from '../../src/policy/reason.ts';
import { decideRetry, type FailedRun, type RunRetry } from '../../src/run/run-retry.ts';

const policy: RunRetry = {
  maxAttempts: 3,
  backoff: { initialMs: 1_000, maxMs: 3_000, multiplier: 2, jitter: 'none' },
  on: ['rateLimited', 'timeout', 'unavailable'],
};

const failed: FailedRun = { state: 'Failed', error: { code: 'tool.unavailable' }, attempt: 1, elapsedMs: 0 };

const decide = (run: Partial<FailedRun>, says: Partial<RunRetry> = {}, random = 0.5) =>
  decideRetry({ ...policy, ...says }, { ...failed, ...run }, random);

describe('another attempt at a run of a task', () => {
  test('follows after a pause that grows up to its bound, with the jitter that is asked for', () => {
    expect(decide({})).toEqual({ kind: 'again', delayMs: 1_000 });
    expect(decide({ attempt: 2 })).toEqual({ kind: 'again', delayMs: 2_000 });
    expect(decide({ attempt: 4 }, { maxAttempts: 9 })).toEqual({ kind: 'again', delayMs: 3_000 });
    expect(decide({}, { backoff: { ...policy.backoff, jitter: 'full' } }, 0.25)).toMatchObject({ delayMs: 250 });
    expect(decide({}, { backoff: { ...policy.backoff, jitter: 'equal' } }, 0.5)).toMatchObject({ delayMs: 750 });
  });

  test('does not follow the last one', () => {
    expect(decide({ attempt: 3 })).toEqual({ kind: 'over', why: 'attempts' });
    expect(decide({ attempt: 4 })).toEqual({ kind: 'over', why: 'attempts' });
  });

  test('follows a failure of the kinds that the task names', () => {
    const on = (code: string, kinds: RunRetry['on']) => decide({ error: { code } }, { on: kinds }).kind;
    expect(on('model.rate_limited', ['rateLimited'])).toBe('again');
    expect(on('model.rate_limited', ['timeout'])).toBe('over');
    expect(on('tool.failed', ['timeout', 'unavailable', 'rateLimited'])).toBe('over');
    expect(on('tool.failed', ['error'])).toBe('again');
    expect(decide({ state: 'TimedOut', error: { code: 'run.deadline' } }, { on: ['timeout'] }).kind).toBe('again');
    expect(decide({ state: 'TimedOut', error: { code: 'run.deadline' } }, { on: ['error'] }).kind).toBe('over');
  });

  test('never follows what people, rules and graphs would say the same of again', () => {
    const codes = [
      'agent.denied',
      ...Object.keys(policyCodes),
      'review.denied',
      'call.resolved',
      'run.diverged',
      'edge.no_match',
    ];
    const on = ['error', 'timeout', 'unavailable', 'rateLimited'] as const;
    expect(codes.filter((code) => decide({ error: { code } }, { on }).kind === 'again')).toEqual([]);
  });

  test('does not begin when the deadline of the task has come', () => {
    expect(decide({ elapsedMs: 8_999 }, { deadlineMs: 10_000 }).kind).toBe('again');
    expect(decide({ elapsedMs: 9_000 }, { deadlineMs: 10_000 })).toEqual({ kind: 'over', why: 'deadline' });
    const overdue = { state: 'TimedOut', error: { code: 'run.deadline' }, elapsedMs: 10_000 } as const;
    expect(decide(overdue, { deadlineMs: 10_000 })).toEqual({ kind: 'over', why: 'deadline' });
  });
});
