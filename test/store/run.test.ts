import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { claimRuns } from '../../src/store/claim.ts';
import type { Session } from '../../src/store/database-port.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { submitRun } from '../../src/store/submit.ts';
import { enlistWorker, reapWorkers, renewWorker, retireWorker } from '../../src/store/worker.ts';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { journalOf } from '../support/journal.ts';
import { bundleOf, environment, install, submit, system } from '../support/runs.ts';

describe.each(databaseKinds)('on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let session: Session;
  let revision: number;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    session = await opened.database.session();
    revision = await install(opened.database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(async () => {
    await session.close();
    await opened.close();
  });
  beforeEach(async () => {
    await opened.database.db.deleteFrom('wait').execute();
    await opened.database.db.deleteFrom('run').execute();
  });

  const enlist = async (leaseMs = 60_000): Promise<string> => {
    const id = randomUUID();
    await enlistWorker(opened.database, session, { id, host: 'test', pid: 1, version: '0', slots: 4, leaseMs });
    return id;
  };
  const claim = (worker: string, slots = 4, suspect = true) =>
    claimRuns(opened.database, { worker, pool: 'default', slots, suspect });

  test('a run pins the revision and the bundle that are current when it is submitted', async () => {
    const run = await submit(opened.database);
    expect(run).toMatchObject({ revision, state: 'Queued', system, environment });
    expect(run.bundle).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a system that is not live cannot be run', async () => {
    await expect(submit(opened.database, { system: 'default/none' })).rejects.toThrow(
      'AgentSystem/default/none is not live in the environment production.',
    );
    await expect(submit(opened.database, { environment: 'nowhere' })).rejects.toMatchObject({
      code: 'run.system_unknown',
    });
  });

  test('the same idempotency key gives the same run, and refuses another input', async () => {
    const key = randomUUID();
    const [one, two] = await Promise.all(
      [1, 2].map(() => submit(opened.database, { idempotencyKey: key, input: { n: 1 } })),
    );
    expect(one?.id).toBe(two?.id);
    const other = { id: randomUUID(), environment, system, input: { n: 2 }, idempotencyKey: key, submittedBy: 'ada' };
    await expect(submitRun(opened.database, other)).rejects.toThrow(
      /^The idempotency key was used for run .* another input\.$/,
    );
  });

  test('claims go by priority, then in turns between namespaces, and never beyond the free slots', async () => {
    const { database } = opened;
    await install(database, { ...bundleOf({ nodes: { a: {} } }), system: 'other/work' });
    const many = [];
    for (let at = 0; at < 4; at += 1) many.push(await submit(database));
    const late = await submit(database, { system: 'other/work' });
    const urgent = await submit(database, { priority: 9 });
    const worker = await enlist();
    const first = await claim(worker, 3);
    expect(first).toHaveLength(3);
    expect(first.map(({ id }) => id)).toContain(urgent.id);
    expect(first.map(({ id }) => id)).toContain(late.id);
    expect(first.map(({ id }) => id)).toContain(many[0]?.id);
    expect(first.every(({ fence }) => fence === 1)).toBe(true);
    await retireWorker(database, worker);
  });

  test('a worker whose lease ran out claims nothing and renews nothing once it is buried', async () => {
    const { database } = opened;
    await submit(database);
    const worker = await enlist(-1);
    expect(await claim(worker)).toEqual([]);
    await retireWorker(database, worker);
    expect(await renewWorker(session, worker, { leaseMs: 1_000 })).toBe(false);
  });

  test('writes under an old fence change nothing and say so', async () => {
    const { database } = opened;
    const run = await submit(database);
    const stale = await enlist();
    const [claimed] = await claim(stale);
    await retireWorker(database, stale);
    const heir = await enlist();
    const [again] = await claim(heir);
    expect(again?.fence).toBeGreaterThan(claimed?.fence ?? 0);
    const entries = [
      { phase: 'result', path: 'a/1', node: 'a', kind: 'tool', target: 'default/echo', outcome: 'done' },
    ] as const;
    const end = { kind: 'succeeded', output: 'stolen' } as const;
    const [answer] = await writeJournal(database, [
      { worker: stale, run: run.id, fence: claimed?.fence ?? 0, entries, end },
    ]);
    expect(answer).toEqual({ kind: 'fenced' });
    expect(await journalOf(database, run.id)).toEqual([]);
    expect(await readRun(database, run.id)).toMatchObject({ state: 'Running', output: null });
    await retireWorker(database, heir);
  });

  test('an intent that was decided upon an older live revision, or upon other halts, is not written and named', async () => {
    const { database } = opened;
    const run = await submit(database);
    const worker = await enlist();
    const [claimed] = await claim(worker);
    const base = { node: 'a', kind: 'tool', target: 'default/echo' } as const;
    const decision = { kind: 'allow', rule: 'r' } as const;
    const { liveRevision: live = 0, haltEpoch = 0 } = claimed ?? {};
    const entries = [
      { ...base, phase: 'intent', path: 'a/1', decision, tokensReserved: 0, liveRevision: live, haltEpoch },
      { ...base, phase: 'intent', path: 'a/2', decision, tokensReserved: 0, liveRevision: live - 1, haltEpoch },
      {
        ...base,
        phase: 'intent',
        path: 'a/3',
        decision,
        tokensReserved: 0,
        liveRevision: live,
        haltEpoch: haltEpoch - 1,
      },
    ] as const;
    const write = { worker, run: run.id, fence: claimed?.fence ?? 0, entries };
    expect(await writeJournal(database, [write])).toMatchObject([
      { kind: 'accepted', conflicts: expect.arrayContaining(['a/2', 'a/3']), liveRevision: live },
    ]);
    expect(await writeJournal(database, [write])).toMatchObject([{ kind: 'accepted' }]);
    expect((await journalOf(database, run.id)).map(({ path }) => path)).toEqual(['a/1']);
    await retireWorker(database, worker);
  });

  test('a result over 8 kB is kept by its digest and read back whole', async () => {
    const { database } = opened;
    const run = await submit(database);
    const worker = await enlist();
    const [claimed] = await claim(worker);
    const body = JSON.stringify('é'.repeat(5_000));
    const entries = [
      { phase: 'result', path: 'a/1', node: 'a', kind: 'tool', target: 'default/echo', outcome: 'done', body },
    ] as const;
    await writeJournal(database, [{ worker, run: run.id, fence: claimed?.fence ?? 0, entries }]);
    const row = await database.db
      .selectFrom('step')
      .select(['body', 'body_digest'])
      .where('run', '=', run.id)
      .executeTakeFirstOrThrow();
    expect(row.body).toBeNull();
    expect(row.body_digest).toMatch(/^[0-9a-f]{64}$/);
    await retireWorker(database, worker);
    const [again] = await claim(await enlist());
    expect(again?.steps[0]?.body).toBe(body);
  });

  test('a run that was there when two workers died is claimed one at a time, and dead at the third', async () => {
    const { database } = opened;
    const runs = await Promise.all([submit(database), submit(database)]);
    await database.db.updateTable('run').set({ crashes: 2 }).execute();
    const worker = await enlist();
    const [only, ...rest] = await claim(worker);
    expect(rest).toEqual([]);
    expect(await claim(worker, 4, false)).toEqual([]);
    await database.db
      .updateTable('worker')
      .set({ lease_until: new Date(0) })
      .where('id', '=', worker)
      .execute();
    const reaped = await reapWorkers(database, { leaseMs: 0, own: [] });
    expect(reaped).toMatchObject({ deadLettered: 1 });
    expect(await readRun(database, only?.id ?? '')).toMatchObject({
      state: 'DeadLetter',
      crashes: 3,
      error: {
        code: 'run.dead_letter',
        message: '3 workers died while they executed the run, the last one on test (process 1).',
      },
    });
    const other = runs.find(({ id }) => id !== only?.id);
    expect(await readRun(database, other?.id ?? '')).toMatchObject({ state: 'Queued', crashes: 2 });
  });

  test('a run that no worker takes before its deadline is timed out by whoever looks', async () => {
    const run = await submit(opened.database);
    await opened.database.db
      .updateTable('run')
      .set({ deadline_at: new Date(0) })
      .where('id', '=', run.id)
      .execute();
    expect(await reapWorkers(opened.database, { leaseMs: 0, own: [] })).toMatchObject({ timedOut: 1 });
    expect(await readRun(opened.database, run.id)).toMatchObject({
      state: 'TimedOut',
      error: { code: 'run.deadline', message: 'No worker took the run within its timeout.' },
    });
  });

  test('cancelling a queued run ends it, and is told of with who asked for it; an unknown id is said to be unknown', async () => {
    const run = await submit(opened.database);
    expect(await cancelRun(opened.database, run.id, 'ada')).toMatchObject({ state: 'Cancelled' });
    const told = opened.database.db
      .selectFrom('event')
      .select(['actor', 'detail'])
      .where('action', '=', 'run.cancelled');
    expect(await told.execute()).toEqual([{ actor: 'ada', detail: { run: run.id, state: 'Cancelled' } }]);
    await expect(cancelRun(opened.database, run.id)).rejects.toMatchObject({ code: 'run.ended' });
    await expect(readRun(opened.database, 'nonsense')).rejects.toThrow('No run has the id "nonsense".');
    await expect(readRun(opened.database, randomUUID())).rejects.toMatchObject({ code: 'run.unknown' });
  });
});
