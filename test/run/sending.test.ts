import { expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { RetryableError } from '../../src/errors.ts';
import { Lease } from '../../src/run/lease.ts';
import type { Outside } from '../../src/run/outside.ts';
import { MemoryExecutor, memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually, silent } from '../support/runs.ts';

const leaseMs = 1_500;

/** The process is stopped: no timer of it fires and no lease is renewed until its own is too old to begin anything. */
function stopProcess(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, leaseMs * 0.7);
}

const unused = () => Promise.reject(new Error('nothing asks for this'));

/** Works on one run with a worker whose own lease is short; the store forgets nobody. */
async function played(store: MemoryStore, outside: Partial<Outside>) {
  const bus = new EmitterBus();
  const worker = memoryWorker(store, {
    bus,
    leaseMs,
    executor: new MemoryExecutor(store, { leaseMs: 600_000 }),
    outside: { tool: unused, model: unused, ...outside },
  });
  const run = store.submit();
  await worker.start();
  try {
    await eventually(async () => {
      // A worker whose lease is too old claims nothing, and looks again when it is woken.
      await bus.notify(channels.ready, 'default');
      return run.state === 'Succeeded' ? true : undefined;
    });
  } finally {
    await worker.stop();
  }
  return run;
}

const errorsOf = ({ steps }: Awaited<ReturnType<typeof played>>) =>
  steps.flatMap(({ path, error }) => (error === undefined ? [] : [`${path} ${error.code}`]));

test('a model call that was not sent gives back what it had taken of the rate of its endpoint', async () => {
  const plan = bundleOf({ nodes: { a: { agent: 'clerk' } }, agents: { clerk: { tools: {} } } });
  const rateLimit = { tokensPerMinute: 600_000, requestsPerMinute: 600 };
  const models = Object.entries(plan.models).map(([name, model]) => [name, { ...model, rateLimit }] as const);
  // By a clock that stands still, so that nothing comes back to the bucket by itself.
  const store = new MemoryStore({ clock: () => 0 });
  store.install({ ...plan, models: Object.fromEntries(models) });
  const left = () => [...store.rates.buckets.values()].flatMap(({ requests, tokens }) => [requests, tokens]);
  const seen: number[][] = [];
  const run = await played(store, {
    model: (_model, _request, { mayStart }) => {
      seen.push(left());
      if (seen.length === 1) stopProcess();
      if (mayStart?.() === false)
        return Promise.reject(new RetryableError('Nothing was sent.', { code: 'model.aborted' }));
      return Promise.resolve({
        text: 'Done.',
        model: 'script',
        toolCalls: [],
        finish: 'stop',
        usage: { inputTokens: 10, outputTokens: 5 },
      });
    },
  });
  expect(errorsOf(run)).toEqual(['a/1 call.not_made']);
  // The second attempt found the bucket as the first one had, and used fifteen tokens in the end.
  const [first, second] = seen;
  expect(first?.[0]).toBe(9);
  expect(first?.[1]).toBeLessThan(10_000);
  expect(second).toEqual(first);
  expect(left()).toEqual([9, 10_000 - 15]);
});

test('a call of a tool that was not sent is written down as not made, counts for no rate, and is made again', async () => {
  const plan = bundleOf({ nodes: { a: { tool: 'echo' } }, tools: { echo: { operations: ['write'] } } });
  const store = new MemoryStore({ clock: () => 0 });
  const rule = { id: 'AgentPolicy/default/slow#rate-tool', key: 'tool', limit: 5, windowMs: 60_000 } as const;
  const authority = authorityOf(plan);
  const subjects = Object.entries(authority.subjects).map(([name, row]) => [name, { ...row, rates: [rule] }]);
  store.install(plan, { ...authority, subjects: Object.fromEntries(subjects) });
  const left = () => [...store.rates.buckets.values()].map(({ requests }) => requests);
  const seen: number[][] = [];
  const said: boolean[] = [];
  const run = await played(store, {
    tool: (_tool, _args, { mayStart }) => {
      seen.push(left());
      if (said.length === 0) stopProcess();
      const may = mayStart?.() !== false;
      said.push(may);
      const late = { kind: 'failed', code: 'tool.aborted', message: 'Nothing was sent.', retryable: true } as const;
      return Promise.resolve(may ? { kind: 'done', output: 'x' } : late);
    },
  });
  expect(said).toEqual([false, true]);
  expect(errorsOf(run)).toEqual(['a/1 call.not_made']);
  expect([...seen, left()]).toEqual([[4], [4], [4]]);
});

test('a call that was begun under a lease that is lost is not sent under the next one', async () => {
  const store = new MemoryStore();
  store.install(
    bundleOf({ nodes: { a: { tool: 'echo' } }, tools: { echo: { operations: ['write'], idempotent: true } } }),
  );
  const said: boolean[] = [];
  let calls = 0;
  const run = await played(store, {
    tool: async (_tool, _args, { mayStart }) => {
      const nth = calls;
      calls += 1;
      if (nth === 0) {
        for (const worker of store.workers.keys()) store.retire(worker);
        // The worker has noticed, has a new lease, and has claimed the run under that.
        await eventually(() => Promise.resolve([...store.runs.values()][0]?.claims.at(1)));
      }
      said[nth] = mayStart?.() !== false;
      return { kind: 'done', output: 'x' };
    },
  });
  expect(said).toEqual([false, true]);
  expect(new Set(run.claims.map(({ worker }) => worker)).size).toBe(2);
});

test('a lease is fresh for what was begun under it, and not for what was begun under the one before', async () => {
  const store = new MemoryStore();
  const ids = ['first', 'second'];
  let lost = 0;
  const lease = new Lease({
    executor: new MemoryExecutor(store),
    identity: () => ({ id: ids.shift() ?? '', host: 'test', pid: 1, version: '0', slots: 1, pool: 'default' }),
    leaseMs: 600_000,
    log: silent,
    lost: () => (lost += 1),
  });
  await lease.take();
  expect(lease.isFreshFor('first')).toBe(true);
  store.retire('first');
  await lease.renew();
  expect([lost, lease.isFresh(), lease.isFreshFor('first'), lease.isFreshFor('second')]).toEqual([
    1,
    true,
    false,
    true,
  ]);
});
