import { expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { RetryableError } from '../../src/errors.ts';
import type { Halt } from '../../src/policy/halt-scope.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { MemoryExecutor, memoryWorker, type Travel } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { bundleOf, eventually } from '../support/runs.ts';

const chain = bundleOf({ nodes: { a: { to: ['b'] }, b: { to: [] } } });

const halt = (change: Partial<Halt> = {}): Halt => ({
  id: 'h1',
  scope: { kind: 'system', name: chain.system },
  reason: 'a leak',
  by: 'ann',
  aborts: false,
  ...change,
});

type Call = (signal: AbortSignal) => Promise<ToolOutcome>;

/** A worker whose calls of tools are these, in order; any further one succeeds. */
function start(...calls: readonly Call[]) {
  return startOver(undefined, ...calls);
}

/** The same, over a way to the database that may fail. */
function startOver(travel: Travel | undefined, ...calls: readonly Call[]) {
  const store = new MemoryStore();
  store.install(chain);
  const bus = new EmitterBus();
  const made: string[] = [];
  const worker = memoryWorker(store, {
    bus,
    executor: new MemoryExecutor(store, travel === undefined ? {} : { travel }),
    outside: {
      tool: async (_tool, _args, { path, signal }) => {
        made.push(path);
        const answer = calls[made.length - 1];
        return answer === undefined ? { kind: 'done', output: { path } } : answer(signal);
      },
      model: () => Promise.reject(new Error('no model is asked here')),
    },
  });
  const tell = () => bus.notify(channels.halted, 'production');
  const wake = () => bus.notify(channels.ready, 'default');
  return { store, worker, made, tell, wake };
}

const reaches = (run: MemoryRun, state: MemoryRun['state']) =>
  eventually(async () => (run.state === state ? true : undefined));

const outcomes = (run: MemoryRun) =>
  run.steps.filter(({ phase }) => phase === 'result').map(({ path, outcome, error }) => [path, outcome, error?.code]);

test('a run of a halted system waits without a call, and goes on when it is lifted', async () => {
  const { store, worker, made, tell, wake } = start();
  store.halts.begin(halt());
  const run = store.submit();
  await worker.start();
  await reaches(run, 'Waiting');
  expect({ made, steps: run.steps }).toEqual({ made: [], steps: [] });
  expect([...run.waits.values()]).toMatchObject([
    {
      path: 'a/1/halt',
      kind: 'halt',
      detail: { halt: 'h1', scope: 'system/default/work', reason: 'a leak', by: 'ann' },
    },
  ]);
  store.halts.end('h1');
  await tell();
  await wake();
  await reaches(run, 'Succeeded');
  expect(made).toEqual(['a/1', 'b/1']);
  await worker.stop();
});

test('a call that was decided before a halt began is not made after it', async () => {
  const { store, worker, made } = start(async () => {
    // While the first call is under way; nobody tells the worker.
    store.halts.begin(halt());
    return { kind: 'done', output: {} };
  });
  const run = store.submit();
  await worker.start();
  await reaches(run, 'Waiting');
  expect({ made, outcomes: outcomes(run) }).toEqual({ made: ['a/1'], outcomes: [['a/1', 'done', undefined]] });
  await worker.stop();
});

test('time that a run waits for a halt is none of its own', async () => {
  const { store, worker, tell, wake } = start();
  store.halts.begin(halt());
  const run = store.submit();
  const { deadlineAt } = run;
  await worker.start();
  await reaches(run, 'Waiting');
  store.advance(10_000);
  store.reap();
  expect(run.state).toBe('Waiting');
  store.halts.end('h1');
  await tell();
  await wake();
  await reaches(run, 'Succeeded');
  expect(run.deadlineAt - deadlineAt).toBeGreaterThanOrEqual(10_000);
  await worker.stop();
});

test('a halt that denies has calls refused, and the run goes on or fails by its graph', async () => {
  const { store, worker, made } = start();
  store.halts.begin(halt({ denies: true }));
  const run = store.submit();
  await worker.start();
  await reaches(run, 'Failed');
  expect({ made, outcomes: outcomes(run) }).toEqual({ made: [], outcomes: [['a/1', 'denied', 'halt.system']] });
  await worker.stop();
});

test('halts that cannot be read hold everything up', async () => {
  const { store, worker, made } = start();
  store.halts.known = undefined;
  const run = store.submit();
  await worker.start();
  await reaches(run, 'Waiting');
  expect({ made, waits: [...run.waits.keys()] }).toEqual({ made: [], waits: ['a/1/halt'] });
  await worker.stop();
});

test('nothing passes while the database is away, nor what was decided before a halt that began meanwhile', async () => {
  let isAway = false;
  let refused = 0;
  const travel: Travel = async (_statement, work) => {
    await Promise.resolve();
    if (!isAway) return work();
    refused += 1;
    throw new RetryableError('The connection was lost.', { code: 'database.unreachable' });
  };
  const { store, worker, made, tell, wake } = startOver(travel, async () => {
    // The result of this call and the intent of the next one meet no database.
    isAway = true;
    return { kind: 'done', output: {} };
  });
  const run = store.submit();
  await worker.start();
  await eventually(async () => (refused > 3 ? true : undefined));
  expect({ made, outcomes: outcomes(run) }).toEqual({ made: ['a/1'], outcomes: [] });
  store.halts.begin(halt());
  isAway = false;
  await wake();
  await reaches(run, 'Waiting');
  expect({ made, outcomes: outcomes(run) }).toEqual({ made: ['a/1'], outcomes: [['a/1', 'done', undefined]] });
  store.halts.end('h1');
  await tell();
  await wake();
  await reaches(run, 'Succeeded');
  expect(made).toEqual(['a/1', 'b/1']);
  await worker.stop();
});

/** A call that ends when it is given up, or never. */
function untilGivenUp(kind: 'failed' | 'unknown', begun: () => void): Call {
  return (signal) =>
    new Promise((resolve) => {
      const code = 'tool.aborted';
      const message = 'The call was given up.';
      const end = () => resolve(kind === 'failed' ? { kind, code, message, retryable: true } : { kind, code, message });
      signal.addEventListener('abort', end, { once: true });
      begun();
    });
}

test('a halt that aborts gives up the call under way, which is made again after it', async () => {
  let isUnderWay = false;
  const { store, worker, made, tell, wake } = start(untilGivenUp('failed', () => void (isUnderWay = true)));
  const run = store.submit();
  await worker.start();
  await eventually(async () => (isUnderWay ? true : undefined));
  store.halts.begin(halt({ aborts: true }));
  await tell();
  await reaches(run, 'Waiting');
  expect(outcomes(run)).toEqual([['a/1', 'unknown', 'call.halted']]);
  store.halts.end('h1');
  await tell();
  await wake();
  await reaches(run, 'Succeeded');
  expect(made).toEqual(['a/1', 'a/1', 'b/1']);
  await worker.stop();
});

test('a call that was given up and may have had its effect waits for a person', async () => {
  let isUnderWay = false;
  const { store, worker, tell } = start(untilGivenUp('unknown', () => void (isUnderWay = true)));
  const tool = Object.values(chain.tools)[0];
  if (tool === undefined) throw new TypeError('the fixture has a tool');
  store.install({
    ...chain,
    tools: Object.fromEntries(
      Object.keys(chain.tools).map((name) => [name, { ...tool, operations: ['write'], idempotent: false }]),
    ),
  });
  const run = store.submit();
  await worker.start();
  await eventually(async () => (isUnderWay ? true : undefined));
  store.halts.begin(halt({ aborts: true }));
  await tell();
  await reaches(run, 'Waiting');
  expect([...run.waits.values()]).toMatchObject([{ path: 'a/1', kind: 'unknown' }]);
  await worker.stop();
});

test('a halt that does not abort, or of something else, leaves the call under way alone', async () => {
  let isUnderWay = false;
  let end = () => {};
  const { store, worker, tell } = start(async (signal) => {
    const answer = await new Promise<string>((resolve) => {
      end = () => resolve(signal.aborted ? 'given up' : 'in peace');
      isUnderWay = true;
    });
    return { kind: 'done', output: { answer } };
  });
  const run = store.submit();
  await worker.start();
  await eventually(async () => (isUnderWay ? true : undefined));
  store.halts.begin(halt());
  store.halts.begin(halt({ id: 'h2', aborts: true, scope: { kind: 'system', name: 'default/other' } }));
  await tell();
  end();
  await reaches(run, 'Waiting');
  expect(run.steps.find(({ phase }) => phase === 'result')?.body).toBe('{"answer":"in peace"}');
  await worker.stop();
});

test('a lost wake-up only delays: the worker looks by itself', async () => {
  let isUnderWay = false;
  const { store, worker } = start(untilGivenUp('failed', () => void (isUnderWay = true)));
  const run = store.submit();
  await worker.start();
  await eventually(async () => (isUnderWay ? true : undefined));
  store.halts.begin(halt({ aborts: true }));
  await reaches(run, 'Waiting');
  expect(outcomes(run)).toEqual([['a/1', 'unknown', 'call.halted']]);
  await worker.stop();
});

test('a run that parks while its halt is lifted does not wait', () => {
  const { store } = start();
  store.halts.begin(halt());
  store.halts.end('h1');
  const decided = [{ path: 'a/1/halt', kind: 'halt', haltEpoch: store.halts.epoch - 1 } as const];
  expect(store.halts.isOlder(decided)).toBe(true);
});
