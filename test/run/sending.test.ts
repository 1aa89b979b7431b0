import { expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { RetryableError } from '../../src/errors.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import { Lease } from '../../src/run/lease.ts';
import type { Outside } from '../../src/run/outside.ts';
import { MemoryExecutor, memoryWorker, type Travel } from '../support/memory-executor.ts';
import { endedStates } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually, silent } from '../support/runs.ts';

const leaseMs = 1_500;

/** The process is stopped: no timer of it fires and no lease is renewed until its own is too old to begin anything. */
function stopProcess(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, leaseMs * 0.7);
}

const unused = () => Promise.reject(new Error('nothing asks for this'));

/** Works on one run with a worker whose own lease is short; the store forgets nobody. */
async function played(store: MemoryStore, outside: Partial<Outside>, travel?: Travel) {
  const run = await ended(store, outside, travel);
  expect(run.state).toBe('Succeeded');
  return run;
}

async function ended(store: MemoryStore, outside: Partial<Outside>, travel?: Travel) {
  const bus = new EmitterBus();
  const worker = memoryWorker(store, {
    bus,
    leaseMs,
    executor: new MemoryExecutor(store, { leaseMs: 600_000, ...(travel === undefined ? {} : { travel }) }),
    outside: { tool: unused, model: unused, ...outside },
  });
  const run = store.submit();
  await worker.start();
  try {
    await eventually(async () => {
      // A worker whose lease is too old claims nothing, and looks again when it is woken.
      await bus.notify(channels.ready, 'default');
      return endedStates.has(run.state) ? true : undefined;
    });
  } finally {
    await worker.stop();
  }
  return run;
}

const errorsOf = ({ steps }: Awaited<ReturnType<typeof played>>) =>
  steps.flatMap(({ path, error }) => (error === undefined ? [] : [`${path} ${error.code}`]));

/** One agent that asks its model once, whose endpoint has a rate; by a clock that stands still, so that nothing comes back by itself. */
function ratedModel() {
  const plan = bundleOf({ nodes: { a: { agent: 'clerk' } }, agents: { clerk: { tools: {} } } });
  const rateLimit = { tokensPerMinute: 600_000, requestsPerMinute: 600 };
  const models = Object.entries(plan.models).map(([name, model]) => [name, { ...model, rateLimit }] as const);
  const store = new MemoryStore({ clock: () => 0 });
  store.install({ ...plan, models: Object.fromEntries(models) });
  return { store, left: () => [...store.rates.buckets.values()].flatMap(({ requests, tokens }) => [requests, tokens]) };
}

/** One call of a tool, under a rate of so many calls. */
function ratedTool(limit = 5) {
  const plan = bundleOf({ nodes: { a: { tool: 'echo' } }, tools: { echo: { operations: ['write'] } } });
  const store = new MemoryStore({ clock: () => 0 });
  const authority = authorityOf(plan);
  const install = (most: number, change: Partial<SubjectAuthority> = {}) => {
    const rule = { id: 'AgentPolicy/default/slow#rate-tool', key: 'tool', limit: most, windowMs: 60_000 } as const;
    const subjects = Object.entries(authority.subjects).map(([name, row]) => [
      name,
      { ...row, rates: [rule], ...change },
    ]);
    store.install(plan, { ...authority, subjects: Object.fromEntries(subjects) });
  };
  install(limit);
  return { store, install, left: () => [...store.rates.buckets.values()].map(({ requests }) => requests) };
}

const notSent = () => Promise.reject(new RetryableError('Nothing was sent.', { code: 'model.aborted' }));
const late = { kind: 'failed', code: 'tool.aborted', message: 'Nothing was sent.', retryable: true } as const;

const answer = {
  text: 'Done.',
  model: 'script',
  toolCalls: [],
  finish: 'stop',
  usage: { inputTokens: 10, outputTokens: 5 },
} as const;

test('a model call that was not sent gives back what it had taken of the rate of its endpoint', async () => {
  const { store, left } = ratedModel();
  const seen: number[][] = [];
  const run = await played(store, {
    model: (_model, _request, { mayStart }) => {
      seen.push(left());
      if (seen.length === 1) stopProcess();
      return mayStart?.() === false ? notSent() : Promise.resolve(answer);
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

test('so does one of a worker that is being stopped meanwhile', async () => {
  const { store, left } = ratedModel();
  const worker = memoryWorker(store, {
    leaseMs,
    graceMs: 0,
    executor: new MemoryExecutor(store, { leaseMs: 600_000 }),
    outside: {
      tool: unused,
      model: (_model, _request, { mayStart, signal }) => {
        void worker.stop();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopProcess();
            expect(mayStart?.()).toBe(false);
            notSent().catch(reject);
          });
        });
      },
    },
  });
  const run = store.submit();
  await worker.start();
  await eventually(() => Promise.resolve(run.state === 'Queued' && run.claims.length > 0 ? true : undefined));
  await worker.stop();
  expect(errorsOf(run)).toEqual(['a/1 call.not_made']);
  expect(left()).toEqual([10, 10_000]);
});

test('a model call whose redirect was not sent keeps what it took, because its first request went out', async () => {
  const { store, left } = ratedModel();
  const seen: (number | undefined)[] = [];
  const run = await played(store, {
    model: (_model, _request, { mayStart }) => {
      seen.push(left()[0]);
      expect(mayStart?.()).toBe(true);
      if (seen.length === 1) stopProcess();
      return mayStart?.() === false ? notSent() : Promise.resolve(answer);
    },
  });
  expect(errorsOf(run)).toEqual(['a/1 call.interrupted']);
  expect([seen, left()[0]]).toEqual([[9, 8], 8]);
});

test('a call of a tool that was not sent is written down as not made, counts for no rate, and is made again', async () => {
  const { store, left } = ratedTool();
  const seen: number[][] = [];
  const said: boolean[] = [];
  const run = await played(store, {
    tool: (_tool, _args, { mayStart }) => {
      seen.push(left());
      if (said.length === 0) stopProcess();
      const may = mayStart?.() !== false;
      said.push(may);
      return Promise.resolve(may ? { kind: 'done', output: 'x' } : late);
    },
  });
  expect(said).toEqual([false, true]);
  expect(errorsOf(run)).toEqual(['a/1 call.not_made']);
  expect([...seen, left()]).toEqual([[4], [4], [4]]);
});

test('a call of a tool whose redirect was not sent counts for its rate', async () => {
  const { store, left } = ratedTool();
  const seen: number[][] = [];
  await played(store, {
    tool: (_tool, _args, { mayStart }) => {
      seen.push(left());
      expect(mayStart?.()).toBe(true);
      if (seen.length === 1) stopProcess();
      return Promise.resolve(mayStart?.() === false ? late : { kind: 'done', output: 'x' });
    },
  });
  expect([...seen, left()]).toEqual([[4], [3], [3]]);
});

test('a call that was not sent gives back to the rate that it took from, and to none that came since', async () => {
  const { store, install, left } = ratedTool(5);
  // Others have used some of what the newer rule lets through.
  let rates = 0;
  const travel: Travel = async (statement, work) => {
    await Promise.resolve();
    const done = work();
    if (statement !== 'rate' || (rates += 1) > 1) return done;
    install(8);
    const [[key, bucket] = ['', undefined]] = [...store.rates.buckets];
    if (bucket !== undefined) store.rates.buckets.set(key.replace('/5 ', '/8 '), { ...bucket, requests: 2 });
    return done;
  };
  const seen: number[][] = [];
  const run = await played(
    store,
    {
      tool: (_tool, _args, { mayStart }) => {
        seen.push(left());
        if (seen.length === 1) stopProcess();
        return Promise.resolve(mayStart?.() === false ? late : { kind: 'done', output: 'x' });
      },
    },
    travel,
  );
  expect(errorsOf(run)).toEqual(['a/1 call.not_made']);
  // The second attempt is under both rules: it takes from each.
  expect([...seen, left()]).toEqual([
    [4, 2],
    [4, 1],
    [4, 1],
  ]);
});

test('a call that a newer rule denies after it took from a rate gives it back', async () => {
  const { store, install, left } = ratedTool();
  let rates = 0;
  const travel: Travel = async (statement, work) => {
    await Promise.resolve();
    const done = work();
    if (statement === 'rate' && (rates += 1) === 1) install(5, { tools: {} });
    return done;
  };
  const run = await ended(store, { tool: unused }, travel);
  expect(run.steps.at(-1)).toMatchObject({ path: 'a/1', outcome: 'denied' });
  await eventually(() => Promise.resolve(left()[0] === 5 ? true : undefined));
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
