import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Executor } from '../../src/run/executor.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { readRun } from '../../src/store/run.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { startServer } from '../support/postgres.ts';
import { startEffectServer } from '../support/effect-server.ts';
import { enlisted } from '../support/enlisted.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

/** Writes the ends of runs once it is told to. */
class Patient extends DatabaseExecutor {
  /** Runs whose end was handed over. */
  readonly ending: string[] = [];
  write: () => void = () => undefined;
  readonly #told = new Promise<void>((resolve) => {
    this.write = resolve;
  });

  override async complete(write: Parameters<Executor['complete']>[0]) {
    this.ending.push(write.run);
    await this.#told;
    return super.complete(write);
  }
}

describe.each(databaseKinds)('the slots of a worker on %s', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    await install(opened.database, bundleOf({ nodes: { a: {} } }));
  });
  afterAll(() => opened.close());

  test('a run that has only its end to be written leaves its slot to the next, and to no more than that', async () => {
    const { database } = opened;
    const runs = [await submit(database), await submit(database), await submit(database)];
    const executor = new Patient(database);
    const worker = workerOn(database, { executor, slots: 1 });
    await worker.start();
    await eventually(async () => (executor.ending.length === 2 ? true : undefined));
    for (let turn = 0; turn < 3; turn += 1) await worker.tick();
    const states = await Promise.all(runs.map(async ({ id }) => (await readRun(database, id)).state));
    expect(states.toSorted()).toEqual(['Queued', 'Running', 'Running']);
    executor.write();
    for (const { id } of runs) expect(await until(database, id)).toMatchObject({ state: 'Succeeded', fence: 1 });
    await worker.stop();
    expect(executor.ending).toHaveLength(3);
  });

  test('a slot that runs take in turn: the end of one and the first intent of the next are one transaction', async () => {
    const { database } = opened;
    const runs: string[] = [];
    for (let number = 0; number < 30; number += 1) runs.push((await submit(database)).id);
    const worker = workerOn(database, { slots: 1 });
    await worker.start();
    for (const id of runs) expect(await until(database, id)).toMatchObject({ state: 'Succeeded', fence: 1 });
    await worker.stop();
    // A claim that takes long holds no end up, so that on a busy machine some of them are two.
    const { rows } = await sql<{ shared: number }>`
      select count(*)::integer as shared from run r join step s on s.xmin = r.xmin and s.run <> r.id
      where r.id = any (${runs}) and s.phase = 'intent'`.execute(database.db);
    expect(rows[0]?.shared).toBeGreaterThan(0);
  });
});

test('a claim that a crash of the server took back was never anybody’s', { timeout: 60_000 }, async () => {
  // Nothing else writes the log out meanwhile.
  const server = await startServer({ durable: true, settings: { wal_writer_delay: '10s', autovacuum: 'off' } });
  const database = await openDatabase({ url: server.url, connectMs: 20_000 });
  try {
    await migrate(database);
    await install(database, bundleOf({ nodes: { a: {} } }));
    const { id } = await submit(database);
    const [early, late] = [await enlisted(database), await enlisted(database)];
    const claimBy = ({ id: worker, executor }: typeof early) =>
      executor.claim({ worker, pool: 'default', slots: 1, suspect: true });
    expect(await claimBy(early)).toMatchObject([{ id, fence: 1 }]);
    await server.crash();
    await server.start();
    expect(await eventually(() => readRun(database, id).catch(() => undefined))).toMatchObject({
      state: 'Queued',
      fence: 0,
    });
    // The same fence, and another owner.
    expect(await claimBy(late)).toMatchObject([{ id, fence: 1 }]);
    const end = { kind: 'succeeded', output: { by: 'early' } } as const;
    expect(await early.executor.complete({ worker: early.id, run: id, fence: 1, entries: [], end })).toEqual({
      kind: 'fenced',
    });
    const { owner } = await database.db
      .selectFrom('run')
      .select('owner')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(owner).toBe(late.id);
  } finally {
    await database.close();
    await server.close();
  }
});

/** The first claim is taken back by a crash before anything of it is on disk; nothing is journalled before `go`. */
class Crashing extends DatabaseExecutor {
  readonly fences: number[] = [];
  go: () => void = () => undefined;
  readonly #told = new Promise<void>((resolve) => {
    this.go = resolve;
  });
  readonly #crash: () => Promise<void>;

  constructor(database: Database, crash: () => Promise<void>) {
    super(database);
    this.#crash = crash;
  }

  override async claim(request: Parameters<Executor['claim']>[0]) {
    const runs = await super.claim(request);
    this.fences.push(...runs.map(({ fence }) => fence));
    if (runs.length > 0 && this.fences.length === 1) await this.#crash();
    return runs;
  }

  override async journal(write: Parameters<Executor['journal']>[0]) {
    await this.#told;
    return super.journal(write);
  }
}

test('a claim that a crash took back, made again by the same worker, is the same claim', {
  timeout: 60_000,
}, async () => {
  const server = await startServer({ durable: true, settings: { wal_writer_delay: '10s', autovacuum: 'off' } });
  const database = await openDatabase({ url: server.url, connectMs: 20_000 });
  const effects = await startEffectServer();
  const executor = new Crashing(database, async () => {
    await server.crash();
    await server.start();
  });
  const worker = workerOn(database, { executor, slots: 8 });
  try {
    await migrate(database);
    const tools = { pay: httpTool(`${effects.url}/pay`) };
    await install(database, bundleOf({ nodes: { a: { tool: 'pay' } }, tools }));
    await worker.start();
    const { id } = await submit(database);
    await eventually(async () => {
      await worker.tick().catch(() => undefined);
      return executor.fences.length === 2 ? true : undefined;
    }, 30_000);
    executor.go();
    expect(await until(database, id)).toMatchObject({ state: 'Succeeded', fence: 1 });
    await worker.idle();
    expect(executor.fences).toEqual([1, 1]);
    expect(await effects.effects()).toHaveLength(1);
  } finally {
    executor.go();
    await worker.stop();
    await effects.close();
    await database.close();
    await server.close();
  }
});
