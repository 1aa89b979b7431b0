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
