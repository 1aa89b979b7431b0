import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RetryableError } from '../../src/errors.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import type { Worker } from '../../src/run/worker.ts';
import { MemoryExecutor, memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A database that is away, when the second node is to begin, for longer than the worker waits. */
class AwayExecutor extends MemoryExecutor {
  away = 1;

  override async journal(write: RunWrite): Promise<WriteAnswer> {
    const isIntent = write.entries.some(({ node, phase }) => node.startsWith('second') && phase === 'intent');
    if (!isIntent || this.away === 0) return super.journal(write);
    this.away -= 1;
    throw new RetryableError('The database cannot be reached.', { code: 'store.unavailable' });
  }
}

async function ended(worker: Worker, isEnded: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !isEnded(); turn += 1) {
    await worker.tick();
    await vi.advanceTimersByTimeAsync(100);
  }
}

function chain(second: object, onFailure?: string): Bundle {
  const bundle = bundleOf({ nodes: { first: { to: ['second'] }, second: {}, sorry: {} } });
  const { first, second: plain, sorry } = bundle.nodes;
  if (first === undefined || plain === undefined || sorry === undefined) throw new Error('a node is missing');
  const nodes = { first, second: { ...plain, ...second }, ...(onFailure === undefined ? {} : { sorry }) };
  return { ...bundle, nodes, entries: ['first'], ...(onFailure === undefined ? {} : { onFailure }) };
}

const retry = {
  maxAttempts: 3,
  initialMs: 1,
  maxMs: 1,
  multiplier: 1,
  jitter: 'none',
  on: ['timeout', 'rateLimit', 'unavailable', 'toolError', 'modelError', 'any'],
};

test.each([
  ['a plain node', chain({})],
  ['a node whose failure the graph goes on from', chain({ onError: 'continue' })],
  ['a node that is tried again when it fails', chain({ retry })],
  ['a system that has a node for its failure', chain({}, 'sorry')],
])(
  'where the database is away for long at %s, the run is put off and goes on from its journal; nothing failed',
  async (_what, bundle) => {
    const store = new MemoryStore();
    store.install(bundle, authorityOf(bundle));
    const worker = memoryWorker(store, { executor: new AwayExecutor(store, {}) });
    const run = store.submit({ id: '00000000-0000-4000-8000-000000000001', system: bundle.system, input: {} });
    await worker.start();
    try {
      await ended(worker, () => run.state === 'Succeeded' || run.state === 'Failed');
      expect(run).toMatchObject({ state: 'Succeeded', fence: 2 });
      const rows = run.steps.map(({ path, phase, outcome }) => [path, phase, outcome]);
      expect(rows).toEqual([
        ['first/1', 'intent', undefined],
        ['first/1', 'result', 'done'],
        ['second/1', 'intent', undefined],
        ['second/1', 'result', 'done'],
      ]);
    } finally {
      const stopped = worker.stop();
      await vi.advanceTimersByTimeAsync(1_000);
      await stopped;
    }
  },
);

test('a run is not begun over and over while the database is away for it', async () => {
  const bundle = chain({});
  const store = new MemoryStore();
  store.install(bundle, authorityOf(bundle));
  const executor = new AwayExecutor(store, {});
  executor.away = 1_000;
  const worker = memoryWorker(store, { executor });
  const run = store.submit({ system: bundle.system, input: {} });
  await worker.start();
  let turns = 0;
  await ended(worker, () => (turns += 1) > 100);
  expect([run.state, run.claims.length > 1, run.claims.length <= 6]).toEqual(['Waiting', true, true]);
  executor.away = 0;
  await ended(worker, () => run.state === 'Succeeded');
  expect(run.state).toBe('Succeeded');
  const stopped = worker.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  await stopped;
});
