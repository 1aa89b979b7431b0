import { describe, expect, test } from 'vitest';
import { EmitterBus } from '../../src/bus/emitter.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Budget } from '../../src/policy/authority.ts';
import { MemoryExecutor, memoryWorker } from '../support/memory-executor.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

const spend = 'AgentPolicy/default/spend';

function shared(limit: number, unit: Budget['unit'] = 'calls', window: NonNullable<Budget['window']> = 'day'): Budget {
  return { id: `${spend}#system-${unit}-${window}`, scope: 'system', window, sharedBy: 'default/work', unit, limit };
}

/** `width` tool nodes side by side, each of which goes on when it is refused. */
function wide(width: number): Bundle {
  const nodes = Object.fromEntries(Array.from({ length: width }, (_, index) => [`n${index}`, {}]));
  const bundle = bundleOf({ nodes });
  const tolerant = Object.entries(bundle.nodes).map(([name, node]) => [name, { ...node, onError: 'continue' }]);
  return { ...bundle, nodes: Object.fromEntries(tolerant) as Bundle['nodes'] };
}

const ended = new Set(['Succeeded', 'Failed', 'Cancelled', 'TimedOut', 'DeadLetter']);

async function play(store: MemoryStore, runs: readonly MemoryRun[], workers = 1): Promise<readonly string[]> {
  const statements: string[] = [];
  const all = Array.from({ length: workers }, () => {
    const travel = async <T>(statement: string, work: () => T): Promise<T> => {
      await Promise.resolve();
      statements.push(statement);
      return work();
    };
    return memoryWorker(store, { executor: new MemoryExecutor(store, { travel }), bus: new EmitterBus(), slots: 64 });
  });
  await Promise.all(all.map((worker) => worker.start()));
  await eventually(async () => (runs.every(({ state }) => ended.has(state)) ? true : undefined));
  await Promise.all(all.map((worker) => worker.stop()));
  return statements;
}

const allowed = (runs: readonly MemoryRun[]) =>
  runs.flatMap(({ steps }) => steps.filter(({ phase }) => phase === 'intent')).length;
const refusals = (runs: readonly MemoryRun[]) =>
  runs.flatMap(({ steps }) =>
    steps.filter(({ outcome }) => outcome === 'denied').map(({ decision }) => decision?.reason),
  );
const accounts = (store: MemoryStore) => [...store.accounts.accounts.values()];

describe('a budget that runs share', () => {
  test.each([
    [32, 10],
    [64, 10],
    [64, 64],
    [64, 200],
  ])('lets %i parallel branches of one run make %i calls, in a few draws', async (width, limit) => {
    const bundle = wide(width);
    const store = new MemoryStore();
    store.install(bundle, authorityOf(bundle, { budgets: [shared(limit)] }));
    const run = store.submit();
    const statements = await play(store, [run]);
    const calls = Math.min(width, limit);
    expect(allowed([run])).toBe(calls);
    expect(refusals([run])).toEqual(Array.from({ length: width - calls }, () => 'budget.exhausted'));
    expect(accounts(store)).toEqual([{ used: calls, drawn: 0 }]);
    expect(statements.filter((statement) => statement === 'draw').length).toBeLessThanOrEqual(2);
  });

  test('is shared by many runs on several workers, which spend all of it and no more', async () => {
    const bundle = wide(4);
    const store = new MemoryStore();
    store.install(bundle, authorityOf(bundle, { budgets: [shared(100)] }));
    const runs = Array.from({ length: 64 }, () => store.submit());
    await play(store, runs, 3);
    expect(allowed(runs)).toBe(100);
    expect(accounts(store)).toEqual([{ used: 100, drawn: 0 }]);
  });

  test('is drawn from ahead while much is left: a chain of calls draws once', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `n${index}`);
    const nodes = Object.fromEntries(names.map((name, index) => [name, { to: names.slice(index + 1, index + 2) }]));
    const bundle = bundleOf({ nodes });
    const store = new MemoryStore();
    store.install(bundle, authorityOf(bundle, { budgets: [shared(100_000)] }));
    const run = store.submit();
    const statements = await play(store, [run]);
    expect(statements.filter((statement) => statement === 'draw' || statement === 'give back')).toEqual([
      'draw',
      'give back',
    ]);
    expect(accounts(store)).toEqual([{ used: 10, drawn: 0 }]);
    expect(run.steps[0]?.decision?.accounts).toEqual([
      expect.stringMatching(/^AgentPolicy\/default\/spend#system-calls-day default\/work \d{4}-/),
    ]);
  });

  test('costs runs that it does not reach no statement', async () => {
    const bundle = bundleOf({ nodes: { a: {} } });
    const store = new MemoryStore();
    store.install(bundle);
    const statements = await play(store, [store.submit()]);
    expect(statements.filter((statement) => ['draw', 'give back', 'allotted'].includes(statement))).toEqual([]);
  });
});

const clerk = { agents: { clerk: { tools: {} } }, nodes: { a: { agent: 'clerk' } } };

describe('a model call on a shared budget', () => {
  test('is cut to what is left, and one that leaves no token to answer with is refused', async () => {
    const bundle = bundleOf({
      ...clerk,
      replies: [{ agent: 'clerk', turns: [{ text: 'done' }] }],
    });
    for (const [limit, state] of [
      [100_000, 'Succeeded'],
      [300, 'Succeeded'],
      [20, 'Failed'],
    ] as const) {
      const store = new MemoryStore();
      store.install(bundle, authorityOf(bundle, { budgets: [shared(limit, 'tokens')] }));
      const run = store.submit();
      await play(store, [run]);
      expect({ limit, state: run.state, error: run.error?.code }).toMatchObject({ limit, state });
      const [intent] = run.steps;
      expect(intent?.tokensReserved ?? 0).toBeLessThanOrEqual(limit);
    }
  });
});

test('a provider that takes more than was held is charged in full and told of, and the account refuses the next call', async () => {
  const bundle = bundleOf({ ...clerk });
  const authority = authorityOf(bundle, { budgets: [shared(2_000, 'tokens')] });
  const store = new MemoryStore();
  store.install(bundle, authority);
  const usage = { inputTokens: 5_000, outputTokens: 1_000 };
  const outside = {
    model: () => Promise.resolve({ text: 'done', toolCalls: [], finish: 'stop' as const, usage, model: 'script' }),
    tool: () => Promise.reject(new Error('nobody calls a tool')),
    guard: () => Promise.reject(new Error('nobody asks a guard')),
  };
  const worker = memoryWorker(store, { outside });
  const [first, second] = [store.submit(), store.submit()];
  await worker.start();
  await eventually(async () => ([first, second].every(({ state }) => ended.has(state)) ? true : undefined));
  await worker.stop();
  const charged = accounts(store)[0]?.used ?? 0;
  const overruns = store.accounts.overruns.map(({ path, took }) => [path, took.tokens]);
  expect(overruns.length).toBeGreaterThan(0);
  expect(overruns[0]).toEqual(['a/1', 6_000]);
  expect(charged).toBe(6_000 * overruns.length);
  const third = store.submit();
  await play(store, [third]);
  expect(refusals([third])).toEqual(['budget.exhausted']);
  expect(accounts(store)).toEqual([{ used: charged, drawn: 0 }]);
});

test('what a worker drew and died before it used is there for the next owner, and goes back at the end', async () => {
  const bundle = bundleOf({ nodes: { a: {} } });
  const store = new MemoryStore();
  store.install(bundle, authorityOf(bundle, { budgets: [shared(10)] }));
  const run = store.submit();
  const identity = { id: 'dead', host: 'test', pid: 1, version: '0', slots: 1 };
  store.enlist(identity, 60_000);
  store.claim({ worker: 'dead', pool: 'default', slots: 1, suspect: true });
  const budget = shared(10);
  const order = {
    account: `${budget.id} default/work`,
    unit: 'calls',
    window: 'day',
    limit: 10,
    declared: 10,
  } as const;
  const figures = { revision: 1, known: undefined, used: 0, held: 0, want: 10, least: 10 };
  store.accounts.draw({ environment: 'production', run: run.id, fence: 1 }, [{ ...order, ...figures }]);
  expect(accounts(store)).toEqual([{ used: 0, drawn: 10 }]);
  const dead = store.workers.get('dead');
  if (dead !== undefined) dead.alive = false;
  store.reap();
  await play(store, [run]);
  expect(run).toMatchObject({ state: 'Succeeded', fence: 3 });
  expect(accounts(store)).toEqual([{ used: 1, drawn: 0 }]);
});

test('a window that ends while a run waits keeps what was used in it, and the next call is of the new one', async () => {
  const bundle = bundleOf({
    nodes: { a: { to: ['b'] }, b: { to: ['c'] }, c: { to: ['d'] }, d: {} },
    timeoutMs: 4 * 3_600_000,
  });
  const authority = authorityOf(bundle, { budgets: [shared(2, 'calls', 'hour')] });
  const rate = { id: `${spend}#rate-tool-60000`, key: 'tool', limit: 1, windowMs: 60_000 } as const;
  const subjects = Object.entries(authority.subjects).map(([name, row]) => [name, { ...row, rates: [rate] }]);
  const store = new MemoryStore();
  store.install(bundle, { ...authority, subjects: Object.fromEntries(subjects) as typeof authority.subjects });
  const run = store.submit();
  const worker = memoryWorker(store);
  await worker.start();
  const calls = async (count: number) =>
    eventually(async () => {
      await worker.tick();
      return allowed([run]) === count && run.state !== 'Queued' && run.state !== 'Running' ? true : undefined;
    });
  await calls(1);
  store.advance(3_600_000);
  store.reap();
  await calls(2);
  store.advance(60_001);
  store.reap();
  await eventually(async () => {
    await worker.tick();
    return ended.has(run.state) ? true : undefined;
  });
  await worker.stop();
  expect([run.state, refusals([run])]).toEqual(['Failed', ['budget.exhausted']]);
  expect(allowed([run])).toBe(3);
  expect(accounts(store)).toEqual([
    { used: 1, drawn: 0 },
    { used: 2, drawn: 0 },
  ]);
});

test('a call whose outcome nobody knows stays charged in full, and what is decided of it later changes nothing', async () => {
  const nodes = { a: {} };
  const bundle = bundleOf({ nodes, tools: { echo: { operations: ['write'] } } });
  for (const as of [{ done: {} }, 'failed'] as const) {
    const store = new MemoryStore();
    store.install(bundle, authorityOf(bundle, { budgets: [shared(1)] }));
    const run = store.submit();
    const outside = {
      tool: () => Promise.resolve({ kind: 'unknown' as const, code: 'tool.timeout', message: 'No answer.' }),
      model: () => Promise.reject(new Error('nobody asks a model')),
      guard: () => Promise.reject(new Error('nobody asks a guard')),
    };
    const worker = memoryWorker(store, { outside });
    await worker.start();
    await eventually(async () => (run.state === 'Waiting' ? true : undefined));
    const other = store.submit();
    await eventually(async () => (ended.has(other.state) ? true : undefined));
    await worker.stop();
    expect([allowed([other]), refusals([other])]).toEqual([0, ['budget.exhausted']]);
    store.resolve(run.id, 'a/1', as);
    await play(store, [run]);
    expect(accounts(store)).toEqual([{ used: 1, drawn: 0 }]);
  }
});
