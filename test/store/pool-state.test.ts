import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { poolsFor } from '../../src/store/pool.ts';
import { readAllPoolStates, readPoolStates } from '../../src/store/pool-state.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, submit } from '../support/runs.ts';

describe('what a pool has to do', () => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    await install(opened.database, bundleOf({ nodes: { a: {} } }));
    const scaling = { metrics: [{ metric: 'queueDepth', target: 2 }], scaleDownAfter: '90s' };
    await declare('WorkerPool', 'default/eu', { ...bounds, maxWorkers: 4, scaling, requires: { region: 'eu' } });
    await declare('WorkerPool', 'shared/gpu', { ...bounds, requires: { gpu: true } });
    await declare('WorkerPool', 'private/own', { ...bounds, requires: { labels: { tier: 'gold' } } });
    await declare('Defaults', 'shared/defaults', { scope: 'namespace', share: true });
    await declare('Defaults', 'private/defaults', { scope: 'environment', share: false });
  });
  afterAll(() => opened.close());

  const bounds = { minWorkers: 0, maxWorkers: 1, concurrency: 3, requires: {} };
  const declare = async (kind: string, path: string, spec: object) => {
    const [namespace = '', name = ''] = path.split('/');
    const body = JSON.stringify({ metadata: { namespace, name }, spec });
    await sql`insert into resource (environment, address, kind, namespace, name, digest, body, bucket, file, line, revision)
      values (${environment}, ${`${kind}/${path}`}, ${kind}, ${namespace}, ${name}, '', ${body}::jsonb, 0, 'pools.yaml', 1, 1)`.execute(
      opened.database.db,
    );
  };
  const namesFor = async (namespace: string) =>
    (await poolsFor(opened.database.db, environment, namespace)).map(({ name }) => name);

  test('pools of another namespace are there where Defaults that reach them share them', async () => {
    expect(await namesFor('default')).toEqual(['default/eu', 'shared/gpu']);
    expect(await namesFor('private')).toEqual(['private/own', 'shared/gpu']);
  });

  test('is counted by the pool: ready runs, runs under way, and live workers with their slots', async () => {
    const { database } = opened;
    const executor = new DatabaseExecutor(database);
    const worker = randomUUID();
    await executor.enlist({ id: worker, host: 'test', pid: 1, version: '0', slots: 7, pool: 'default/eu' });
    await executor.renew(worker);
    for (let at = 0; at < 3; at += 1) await submit(database, { pool: 'default/eu' });
    await submit(database, { pool: 'default/eu', concurrency: { key: 'a', limit: 1, policy: 'queue' } });
    // It is not ready before the other one of its key has ended.
    await submit(database, { pool: 'default/eu', concurrency: { key: 'a', limit: 1, policy: 'queue' } });
    const [run] = await executor.claim({ worker, pool: 'default/eu', slots: 1, suspect: false });
    if (run === undefined) throw new Error('a run was claimed');
    const states = await readPoolStates(database, environment);
    expect(states.map(({ pool }) => pool.name)).toEqual(['default', 'default/eu', 'private/own', 'shared/gpu']);
    const [plain, eu] = states;
    expect(plain?.measured).toMatchObject({ queueDepth: 0, oldestQueuedAge: 0, activeRuns: 0, workers: 0, slots: 0 });
    expect(eu?.pool).toMatchObject({
      region: 'eu',
      maxWorkers: 4,
      scaling: { metrics: [{ metric: 'queueDepth', target: 2 }], scaleDownAfterMs: 90_000 },
    });
    expect(eu?.measured).toMatchObject({ queueDepth: 3, activeRuns: 1, workers: 1, slots: 7, runsPerSecond: 0 });
    expect(eu?.measured.oldestQueuedAge).toBeGreaterThan(0);
    expect(eu?.measured.memory).toBeGreaterThan(0);
    const end = { kind: 'succeeded', output: null } as const;
    await executor.complete({ worker, run: run.id, fence: run.fence, entries: [], end });
    await executor.retire(worker);
    const [, after] = await readAllPoolStates(database);
    expect(after?.measured).toMatchObject({ activeRuns: 0, workers: 0, runsPerSecond: 1 / 60 });
  });
});
