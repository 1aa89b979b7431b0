import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Executor, NewWait, RunEnd } from '../../src/run/executor.ts';
import type { IntentEntry, ResultEntry } from '../../src/run/journal-entry.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { type databaseKinds, openTestDatabase } from '../support/databases.ts';
import { MemoryExecutor } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { bundleOf, install, submit } from '../support/runs.ts';

/** What a test does to an executor from outside, and what it reads there. */
interface Stand {
  readonly executor: Executor;
  submit(run?: { readonly priority?: number; readonly pool?: string }): Promise<string>;
  cancel(run: string): Promise<void>;
  /** Lets the lease of a worker run out. */
  expire(worker: string): Promise<void>;
  /** Makes a new revision live. */
  revise(): Promise<void>;
  read(run: string): Promise<{ readonly state: string; readonly fence: number; readonly crashes: number }>;
  close(): Promise<void>;
}

const leaseMs = 60_000;
const bundle = bundleOf({ nodes: { a: {} } });

function memoryStand(): Stand {
  const store = new MemoryStore();
  store.install(bundle);
  return {
    executor: new MemoryExecutor(store, { leaseMs }),
    submit: async (run) => store.submit(run).id,
    cancel: async (run) => store.cancel(run),
    expire: async (worker) => {
      const row = store.workers.get(worker);
      if (row !== undefined) row.leaseUntil = store.now() - 1;
    },
    revise: async () => void store.install(bundle),
    read: async (run) => store.run(run),
    close: async () => undefined,
  };
}

async function databaseStand(kind: (typeof databaseKinds)[number]): Promise<Stand> {
  const { database, close } = await openTestDatabase(kind);
  await install(database, bundle);
  const executor = new DatabaseExecutor(database, { leaseMs });
  // Any age of the server is old enough to judge by.
  const reaper = new DatabaseExecutor(database, { leaseMs: 1 });
  if (kind === 'postgres') executor.reap = () => reaper.reap();
  return {
    executor,
    submit: async (run) => (await submit(database, run)).id,
    cancel: async (run) => void (await cancelRun(database, run)),
    expire: async (worker) => {
      await sql`update worker set lease_until = now() - interval '1 second' where id = ${worker}`.execute(database.db);
    },
    revise: async () => void (await install(database, bundle)),
    read: (run) => readRun(database, run),
    close,
  };
}

const stands = {
  memory: memoryStand,
  postgres: () => databaseStand('postgres'),
  embedded: () => databaseStand('embedded'),
};

describe.each(Object.keys(stands) as (keyof typeof stands)[])('the executor on %s', (kind) => {
  let stand: Stand;
  let worker: string;

  beforeAll(async () => {
    stand = await stands[kind]();
    worker = await enlist();
  });
  afterAll(() => stand.close());

  const enlist = async () => {
    const id = randomUUID();
    await stand.executor.enlist({ id, host: 'test', pid: process.pid, version: '0', slots: 8 });
    return id;
  };
  const claim = async (pool: string, slots = 1) =>
    (await stand.executor.claim({ worker, pool, slots, suspect: true })).map(({ id, fence }) => ({ id, fence }));
  const claimed = async (pool: string) => {
    const id = await stand.submit({ pool });
    const [run] = await claim(pool);
    expect(run).toEqual({ id, fence: 1 });
    return { worker, run: id, fence: 1 };
  };
  const live = () => stand.executor.authority('production', bundle.system);
  const current = async () => (await live()).revision;
  const intent = async (path: string): Promise<IntentEntry> => ({
    phase: 'intent',
    path,
    node: 'a',
    kind: 'tool',
    target: 'default/echo',
    decision: { kind: 'allow', rule: 'AgentRole/default/worker' },
    body: '{}',
    tokensReserved: 0,
    liveRevision: await current(),
    haltEpoch: (await live()).halts?.epoch ?? 0,
  });
  const result = (path: string, body: string): ResultEntry => ({
    phase: 'result',
    path,
    node: 'a',
    kind: 'tool',
    target: 'default/echo',
    outcome: 'done',
    body,
  });
  const waiting: RunEnd = { kind: 'waiting', waits: [{ path: 'a/1', kind: 'timer', delayMs: 0 }] };

  test('gives out runs by priority, each once, and never more than there are slots', async () => {
    const pool = 'priority';
    const [low, high, middle] = [
      await stand.submit({ pool, priority: 1 }),
      await stand.submit({ pool, priority: 9 }),
      await stand.submit({ pool, priority: 5 }),
    ];
    expect(await claim(pool, 2)).toEqual(
      expect.arrayContaining([
        { id: high, fence: 1 },
        { id: middle, fence: 1 },
      ]),
    );
    expect(await claim(pool, 2)).toEqual([{ id: low, fence: 1 }]);
    expect(await claim(pool, 2)).toEqual([]);
  });

  test('gives nothing to a worker without a lease', async () => {
    await stand.submit({ pool: 'leaseless' });
    const none = await stand.executor.claim({ worker: randomUUID(), pool: 'leaseless', slots: 1, suspect: true });
    expect(none).toEqual([]);
    expect(await stand.executor.renew(randomUUID())).toBe(false);
  });

  test('writes entries once, however often they are sent, and gives them to the next owner in order', async () => {
    const owner = await claimed('journal');
    const entries = [await intent('a/1'), result('a/1', '"one"')];
    for (const _ of [1, 2])
      expect(await stand.executor.journal({ ...owner, entries })).toMatchObject({ kind: 'accepted' });
    await stand.executor.park({ ...owner, entries: [result('a/2', '"two"')], end: { kind: 'released' } });
    const [next] = await stand.executor.claim({ worker, pool: 'journal', slots: 1, suspect: true });
    expect(next?.fence).toBe(2);
    expect(next?.steps.map(({ path, phase, body }) => [path, phase, body])).toEqual([
      ['a/1', 'intent', undefined],
      ['a/1', 'result', '"one"'],
      ['a/2', 'result', '"two"'],
    ]);
  });

  test('refuses every write under an older fence', async () => {
    const owner = await claimed('fence');
    await stand.executor.park({ ...owner, entries: [], end: { kind: 'released' } });
    const fenced = { kind: 'fenced' };
    expect(await stand.executor.journal({ ...owner, entries: [result('a/1', '1')] })).toEqual(fenced);
    expect(await stand.executor.complete({ ...owner, entries: [], end: { kind: 'succeeded', output: 1 } })).toEqual(
      fenced,
    );
    const [next] = await stand.executor.claim({ worker, pool: 'fence', slots: 1, suspect: true });
    expect(await stand.executor.complete({ ...owner, entries: [], end: { kind: 'succeeded', output: 1 } })).toEqual(
      fenced,
    );
    expect(next).toMatchObject({ fence: 2, steps: [] });
  });

  test('refuses an intent that was decided upon an older live revision, and names it', async () => {
    const owner = await claimed('conflict');
    const old = await intent('a/1');
    await stand.revise();
    const entries = [old, result('a/0', '0')];
    const answer = await stand.executor.journal({ ...owner, entries });
    expect(answer).toMatchObject({ kind: 'accepted', conflicts: ['a/1'], liveRevision: await current() });
    expect(await stand.executor.journal({ ...owner, entries: [await intent('a/1')] })).toMatchObject({ conflicts: [] });
  });

  test('ends a run once', async () => {
    const owner = await claimed('end');
    const end = { ...owner, entries: [], end: { kind: 'succeeded', output: { a: 1 } } } as const;
    expect(await stand.executor.complete(end)).toMatchObject({ kind: 'accepted' });
    expect(await stand.executor.complete(end)).toEqual({ kind: 'fenced' });
    expect(await stand.read(owner.run)).toMatchObject({ state: 'Succeeded', fence: 1 });
  });

  test('promotes what waits for a time that has come', async () => {
    const owner = await claimed('timer');
    await stand.executor.park({ ...owner, entries: [], end: waiting });
    expect((await stand.executor.reap()).promoted).toBeGreaterThanOrEqual(1);
    const [next] = await stand.executor.claim({ worker, pool: 'timer', slots: 1, suspect: true });
    expect(next).toMatchObject({ id: owner.run, fence: 2, waits: [{ path: 'a/1', kind: 'timer', remainingMs: 0 }] });
  });

  test('lets a new wait take the place of a timer, and a timer that only goes on keep its time', async () => {
    const owner = await claimed('renewed');
    const { epoch: haltEpoch = 0 } = (await live()).halts ?? {};
    const due = { kind: 'timer', delayMs: 0 } as const;
    const later = { kind: 'timer', delayMs: 600_000 } as const;
    const why = { detail: { code: 'memory.service_unavailable' } };
    const park = (fence: number, waits: readonly NewWait[]) =>
      stand.executor.park({ ...owner, fence, entries: [], end: { kind: 'waiting', waits } });
    const next = async () => {
      await stand.executor.reap();
      const [run] = await stand.executor.claim({ worker, pool: 'renewed', slots: 1, suspect: true });
      return run;
    };
    const [away, goesOn, halted] = [{ path: 'a/history' }, { path: 'b/1' }, { path: 'c/1/halt' }];
    await park(1, [
      { ...away, ...due, ...why },
      { ...goesOn, ...due },
      { ...halted, ...due },
    ]);
    expect(await next()).toMatchObject({ fence: 2 });
    const halt = { ...halted, kind: 'halt', detail: { halt: 'h1' }, haltEpoch } as const;
    await park(2, [{ ...away, ...later, ...why }, { ...goesOn, ...later }, halt, { path: 'd/1', ...due }]);
    const { waits = [] } = (await next()) ?? {};
    expect(Object.fromEntries(waits.map(({ path, kind, remainingMs }) => [path, [kind, remainingMs > 0]]))).toEqual({
      'a/history': ['timer', true],
      'b/1': ['timer', false],
      'c/1/halt': ['halt', false],
      'd/1': ['timer', false],
    });
  });

  test('says with every answer that somebody cancelled, and cancels at once what waits', async () => {
    const owner = await claimed('cancel');
    await stand.cancel(owner.run);
    expect(await stand.executor.journal({ ...owner, entries: [] })).toMatchObject({ cancelled: true });
    expect(await stand.executor.owned(worker)).toContainEqual({ run: owner.run, fence: 1, interrupted: 'cancelled' });
    await stand.executor.park({ ...owner, entries: [], end: waiting });
    expect(await stand.read(owner.run)).toMatchObject({ state: 'Cancelled' });
  });

  test('makes ready again what a worker gives back, and counts no crash', async () => {
    const leaving = await enlist();
    const id = await stand.submit({ pool: 'retire' });
    await stand.executor.claim({ worker: leaving, pool: 'retire', slots: 1, suspect: true });
    await stand.executor.retire(leaving);
    expect(await stand.read(id)).toMatchObject({ state: 'Queued', crashes: 0, fence: 2 });
    expect(await stand.executor.renew(leaving)).toBe(false);
  });

  // On the embedded database a worker of this process lives as long as the process.
  if (kind === 'embedded') return;

  test('takes over from dead workers, and dead-letters what three of them died of', async () => {
    const id = await stand.submit({ pool: 'poison' });
    for (const crashes of [1, 2, 3]) {
      const doomed = await enlist();
      const [run] = await stand.executor.claim({ worker: doomed, pool: 'poison', slots: 1, suspect: true });
      expect(run).toMatchObject({ id, fence: 2 * crashes - 1, crashes: crashes - 1 });
      await stand.expire(doomed);
      expect(await stand.executor.reap()).toMatchObject({ workers: 1 });
      expect(await stand.read(id)).toMatchObject({ state: crashes === 3 ? 'DeadLetter' : 'Queued', crashes });
    }
  });
});
