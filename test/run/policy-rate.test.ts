import { expect, test } from 'vitest';
import type { RateRule } from '../../src/policy/authority.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

const rule = (change: Partial<RateRule>): RateRule => ({
  id: `AgentPolicy/default/slow#rate-${change.key ?? 'tool'}-60000`,
  key: 'tool',
  limit: 2,
  windowMs: 60_000,
  ...change,
});

const bundle = bundleOf({ nodes: { a: {}, b: {}, c: {} }, timeoutMs: 600_000 });

function withRates(store: MemoryStore, rates: readonly RateRule[], of = bundle): void {
  const authority = authorityOf(of);
  const subjects = Object.entries(authority.subjects).map(([name, row]) => [name, { ...row, rates }]);
  store.install(of, { ...authority, subjects: Object.fromEntries(subjects) });
}

async function untilSettled(store: MemoryStore, run: MemoryRun): Promise<void> {
  const worker = memoryWorker(store);
  await worker.start();
  await eventually(async () => {
    await worker.tick();
    return run.state === 'Queued' || run.state === 'Running' ? undefined : true;
  });
  await worker.stop();
}

test('calls at once as many as a bucket holds; the next waits without a slot, and goes on when there is room', async () => {
  const store = new MemoryStore();
  withRates(store, [rule({})]);
  const run = store.submit();
  await untilSettled(store, run);
  expect(run.state).toBe('Waiting');
  expect(run.steps.filter(({ phase }) => phase === 'intent')).toHaveLength(2);
  expect([...run.waits.values()].map(({ kind }) => kind)).toEqual(['rate']);
  store.advance(30_001);
  store.reap();
  await untilSettled(store, run);
  expect(run.state).toBe('Succeeded');
});

test('a run that would be overdue by then is refused at once', async () => {
  const store = new MemoryStore();
  const short = { ...bundle, limits: { ...bundle.limits, timeoutMs: 20_000 } };
  withRates(store, [rule({})], short);
  const run = store.submit();
  await untilSettled(store, run);
  expect(run.state).toBe('Failed');
  const [denied] = run.steps.filter(({ outcome }) => outcome === 'denied');
  expect(denied?.decision).toMatchObject({ reason: 'rate.tool', rule: 'AgentPolicy/default/slow#rate-tool-60000' });
});

test.each([
  [20_000, ['rate.tool', 'rate.tool']],
  [70_000, []],
])(
  'of four branches whose steps have %i ms, those that would wait for longer are refused',
  async (timeoutMs, denied) => {
    const wide = bundleOf({ nodes: { a: {}, b: {}, c: {}, d: {} }, timeoutMs: 600_000 });
    const nodes = Object.entries(wide.nodes).map(([name, node]) => [name, { ...node, timeoutMs, onError: 'continue' }]);
    const store = new MemoryStore();
    withRates(store, [rule({})], { ...wide, nodes: Object.fromEntries(nodes) });
    const run = store.submit();
    await untilSettled(store, run);
    expect(run.state).toBe(denied.length > 0 ? 'Succeeded' : 'Waiting');
    expect(run.steps.filter(({ phase }) => phase === 'intent')).toHaveLength(2);
    const refused = run.steps.filter(({ outcome }) => outcome === 'denied');
    expect(refused.map(({ decision }) => decision?.reason)).toEqual(denied);
  },
);

test('branches of one nested system wait no longer than its time', async () => {
  const inner = bundleOf({ nodes: { a: {}, b: {}, c: {}, d: {} } });
  const outer = bundleOf({ nodes: { work: {} }, timeoutMs: 600_000 });
  const { nodes, entries } = inner;
  const whole = {
    ...outer,
    nodes: { work: { kind: 'system', system: 'default/inner', edges: [], from: [] } },
    systems: { 'default/inner': { nodes, entries, input: {}, limits: { timeoutMs: 20_000 } } },
  } as const satisfies typeof outer;
  const store = new MemoryStore();
  withRates(store, [rule({})], whole);
  const run = store.submit();
  await untilSettled(store, run);
  expect(run.error?.code).toBe('rate.tool');
  expect(run.steps.filter(({ phase }) => phase === 'intent')).toHaveLength(2);
});

test('each run has a bucket of its own, a namespace one for all of its runs', async () => {
  for (const [rates, made] of [
    [[rule({ key: 'run', limit: 3 })], 6],
    [[rule({ key: 'namespace', sharedBy: 'default', limit: 4 })], 4],
    [[rule({ key: 'model', limit: 1 })], 6],
  ] as const) {
    const store = new MemoryStore();
    withRates(store, rates);
    const runs = [store.submit(), store.submit()];
    for (const run of runs) await untilSettled(store, run);
    expect(runs.flatMap(({ steps }) => steps.filter(({ phase }) => phase === 'intent'))).toHaveLength(made);
  }
});

test('a call that one rate keeps waiting takes nothing from the others', async () => {
  const store = new MemoryStore();
  withRates(store, [rule({ limit: 1 }), rule({ key: 'system', sharedBy: 'default/work', limit: 10 })]);
  const run = store.submit();
  await untilSettled(store, run);
  expect(run.steps.filter(({ phase }) => phase === 'intent')).toHaveLength(1);
  const shared = [...store.rates.buckets].find(([key]) => key.includes('rate-system'))?.[1];
  expect(shared?.requests).toBeGreaterThan(8.9);
});

test('the rules of the run’s revision and of the live one both hold', async () => {
  const store = new MemoryStore();
  withRates(store, [rule({ limit: 3 })]);
  const run = store.submit();
  withRates(store, [rule({ limit: 1 })]);
  await untilSettled(store, run);
  expect(run.state).toBe('Waiting');
  expect(run.steps.filter(({ phase }) => phase === 'intent')).toHaveLength(1);
});

test('a run that waits gives back what it has drawn of a budget that it shares', async () => {
  const store = new MemoryStore();
  const window = { scope: 'system', window: 'day', sharedBy: 'default/work', unit: 'calls', limit: 9_000 } as const;
  const budgets = [{ id: 'AgentPolicy/default/slow#system-calls-day', ...window }];
  const authority = authorityOf(bundle, { budgets });
  const subjects = Object.entries(authority.subjects).map(([name, row]) => [name, { ...row, rates: [rule({})] }]);
  store.install(bundle, { ...authority, subjects: Object.fromEntries(subjects) });
  const run = store.submit();
  await untilSettled(store, run);
  expect(run.state).toBe('Waiting');
  expect([...store.accounts.accounts.values()]).toEqual([{ used: 2, drawn: 0 }]);
  store.advance(30_001);
  store.reap();
  await untilSettled(store, run);
  expect([...store.accounts.accounts.values()]).toEqual([{ used: 3, drawn: 0 }]);
});
