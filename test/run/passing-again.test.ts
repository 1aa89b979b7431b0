import { expect, test } from 'vitest';
import { RetryableError } from '../../src/errors.ts';
import type { Halt } from '../../src/policy/halt-scope.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

const halt: Halt = {
  id: 'h1',
  scope: { kind: 'system', name: 'default/work' },
  reason: 'a leak',
  by: 'ann',
  aborts: false,
};

const backoff = { initialMs: 1_000, maxMs: 1_000, multiplier: 1, jitter: 'none' } as const;
const retry = { maxAttempts: 3, backoff, on: ['unavailable'] } as const;
const bundles = {
  model: bundleOf({ nodes: { a: { agent: 'clerk' } }, agents: { clerk: { tools: {} } } }),
  tool: bundleOf({ nodes: { a: {} }, tools: { echo: { idempotent: true, retry } } }),
};

const meanwhile = {
  halted: (store: MemoryStore) => store.halts.begin(halt),
  denied: (store: MemoryStore, kind: keyof typeof bundles) => {
    const authority = authorityOf(bundles[kind], { deny: ['echo'] });
    const none = Object.entries(authority.subjects).map(([name, row]) => [name, { ...row, models: {} }]);
    store.install(bundles[kind], { ...authority, subjects: Object.fromEntries(none) as typeof authority.subjects });
  },
};

// M11: the SDK's own retries are off, and each of pawl's is a call like any other.
test.each([
  ['model', 'halted', 'Waiting', undefined],
  ['tool', 'halted', 'Waiting', undefined],
  ['model', 'denied', 'Failed', 'model.not_allowed'],
  ['tool', 'denied', 'Failed', 'policy.denied'],
] as const)('a %s that is %s between two attempts is called once', async (kind, change, state, reason) => {
  const store = new MemoryStore();
  store.install(bundles[kind]);
  let calls = 0;
  const fail = () => {
    calls += 1;
    if (calls === 1) meanwhile[change](store, kind);
  };
  const outside = {
    model: () => {
      fail();
      return Promise.reject(new RetryableError('The provider is busy.', { code: 'model.unavailable', help: 'Wait.' }));
    },
    tool: () => {
      fail();
      return Promise.resolve({ kind: 'failed' as const, code: 'tool.unavailable', message: 'Busy.', retryable: true });
    },
    guard: () => Promise.reject(new Error('nobody asks a guard')),
  };
  const run = store.submit();
  // The second worker goes on after the pause between the attempts.
  for (const waits of ['timer', 'halt']) {
    const worker = memoryWorker(store, { outside });
    await worker.start();
    await eventually(async () => {
      await worker.tick();
      return run.state === 'Waiting' || run.state === 'Failed' ? true : undefined;
    });
    await worker.stop();
    const open = [...run.waits.values()].filter(({ resolved }) => !resolved);
    if (run.state === 'Waiting') expect(open.map(({ kind: wait }) => wait)).toContain(waits);
    if (waits === 'timer') store.advance(5_000);
    store.reap();
  }
  expect(run.state).toBe(state);
  expect(calls).toBe(1);
  const denied = run.steps.find(({ outcome }) => outcome === 'denied');
  expect(denied?.decision?.reason).toBe(reason);
});
