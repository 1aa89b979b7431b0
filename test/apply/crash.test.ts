import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { apply, applyWatched } from '../../src/apply/apply.ts';
import { checkpoints } from '../../src/apply/write.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { migrate } from '../../src/store/migrate.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { cuttingProxy } from '../support/cutting-proxy.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor, type SmallResource } from '../support/plans.ts';
import { createDatabase, startServer } from '../support/postgres.ts';
import { runProcess, startProcess } from '../support/processes.ts';

const before: readonly SmallResource[] = [
  { name: 'reader', value: 'reads' },
  { kind: 'AgentSystem', name: 'triage', value: 1 },
];
const after: readonly SmallResource[] = [
  { name: 'writer', value: 'writes' },
  { kind: 'AgentSystem', name: 'triage', value: 2 },
];

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function environment(database: Database, name: string): Promise<void> {
  await ensureEnvironment(database.db, name);
  await apply(database, planFor(await readLive(database.db, name), before, 'c1'), 'tester');
}

async function state(database: Database, name: string): Promise<unknown> {
  const of = (table: 'resource' | 'resource_history' | 'resource_bucket' | 'bundle_history' | 'revision' | 'event') =>
    database.db
      .selectFrom(table as 'resource')
      .selectAll()
      .where('environment', '=', name)
      .execute();
  return [
    await readLive(database.db, name, { deep: true }),
    await of('resource'),
    await of('resource_history'),
    await of('resource_bucket'),
    await of('bundle_history'),
    await of('revision'),
    await of('event'),
  ];
}

function applyInProcess(opened: OpenedDatabase, name: string, more: { dieAt?: string; commit?: string } = {}) {
  const order = { options: opened.options, environment: name, target: after, commit: more.commit ?? 'c2', ...more };
  return { entry: 'test/apply/apply-process.ts', args: [JSON.stringify(order)] };
}

describe('a controller killed with -9', () => {
  test.each(checkpoints)('at "%s" leaves PostgreSQL at the old revision or at the new one', async (dieAt) => {
    const opened = await openTestDatabase('postgres');
    closers.push(() => opened.close());
    await diesAndIsRepeated(opened, dieAt);
  });

  // Opening after a crash takes over a second, so half of the points stand for the others.
  const someCheckpoints = checkpoints.filter((_, index) => index % 2 === 1);

  test('at any point leaves the embedded database at the old revision or at the new one', async () => {
    const opened = await openTestDatabase('embedded');
    closers.push(() => opened.close());
    const { database } = opened;
    for (const dieAt of someCheckpoints) await environment(database, `env-${dieAt}`);
    const states = new Map<string, unknown>();
    for (const dieAt of someCheckpoints) states.set(dieAt, await state(database, `env-${dieAt}`));
    await database.close();
    for (const dieAt of someCheckpoints) {
      // Three seconds of a core, of which a machine that has other work gives little.
      const order = { ...applyInProcess(opened, `env-${dieAt}`, { dieAt }), timeoutMs: 60_000 };
      expect((await runProcess(order)).signal).toBe('SIGKILL');
    }
    const reopened = await openDatabase(opened.options);
    closers.push(() => reopened.close());
    for (const dieAt of someCheckpoints) {
      await oldOrNew(reopened, { name: `env-${dieAt}`, dieAt, old: states.get(dieAt) });
    }
  }, 120_000);

  async function diesAndIsRepeated(opened: OpenedDatabase, dieAt: string): Promise<void> {
    await environment(opened.database, 'prod');
    const old = await state(opened.database, 'prod');
    expect((await runProcess(applyInProcess(opened, 'prod', { dieAt }))).signal).toBe('SIGKILL');
    await oldOrNew(opened.database, { name: 'prod', dieAt, old });
  }

  async function oldOrNew(database: Database, at: { name: string; dieAt: string; old: unknown }): Promise<void> {
    if (at.dieAt === 'committed') {
      expect(await readLive(database.db, at.name)).toMatchObject({ revision: 2, commit: 'c2' });
    } else {
      expect(await state(database, at.name)).toEqual(at.old);
      const again = planFor(await readLive(database.db, at.name), after, 'c2');
      expect(await apply(database, again, 'tester')).toMatchObject({ outcome: 'applied', revision: 2 });
    }
    const live = await readLive(database.db, at.name, { deep: true });
    expect([...live.heads.keys()].sort()).toEqual(['AgentRole/default/writer', 'AgentSystem/default/triage']);
  }
});

test('of two controllers at once one wins, and the other is told that its plan is stale', async () => {
  const opened = await openTestDatabase('postgres');
  closers.push(() => opened.close());
  await environment(opened.database, 'prod');
  const processes = ['left', 'right'].map((commit) => startProcess(applyInProcess(opened, 'prod', { commit })));
  await Promise.all(processes.map((one) => one.exited()));
  const said = processes.map((one) => one.stdout.trim()).sort();
  // The second may have planned after the first was done; then there is nothing left for it to apply.
  expect(['applied 2|refused plan.stale', 'applied 2|applied 2']).toContain(said.join('|'));
  expect(await listRevisions(opened.database.db, 'prod', { limit: 9 })).toHaveLength(2);
});

describe.each(databaseKinds)('two applies that are inside at once on %s', (kind) => {
  test('one waits at the environment and is then stale', async () => {
    const opened = await openTestDatabase(kind);
    closers.push(() => opened.close());
    const { database } = opened;
    await environment(database, 'prod');
    const plan = planFor(await readLive(database.db, 'prod'), after, 'c2');
    const inside = new EventEmitter();
    const late = once(inside, 'locked')
      .then(() => apply(database, plan, 'second'))
      .catch((error: unknown) => error);
    await applyWatched({
      database,
      plan,
      by: 'first',
      checkpoint: (point) => {
        if (point === 'locked') inside.emit('locked');
      },
    });
    expect(await late).toMatchObject({ code: 'plan.stale' });
  });
});

describe('a COMMIT whose connection is lost', () => {
  test.each(['before', 'after'] as const)('%s the server got it is settled by looking', async (when) => {
    const made = await createDatabase();
    closers.push(() => made.drop());
    const proxy = await cuttingProxy(made.url);
    closers.push(() => proxy.close());
    const database = await openDatabase({ url: proxy.url });
    closers.push(() => database.close());
    await environment(database, 'prod');
    const plan = planFor(await readLive(database.db, 'prod'), after, 'c2');
    proxy.cutNextCommit(when);
    expect(await apply(database, plan, 'tester')).toMatchObject({ outcome: 'applied', revision: 2, commit: 'c2' });
    expect(await listRevisions(database.db, 'prod', { limit: 9 })).toHaveLength(2);
    expect(await readLive(database.db, 'prod')).toMatchObject({ revision: 2, root: plan.target.root });
  });
});

test('PostgreSQL crashed and restarted in the middle of an apply: all of it is done again', async () => {
  const server = await startServer({ durable: true });
  closers.push(() => server.close());
  const database = await openDatabase({ url: server.url, connectMs: 20_000 });
  closers.push(() => database.close());
  await migrate(database);
  await environment(database, 'prod');
  const plan = planFor(await readLive(database.db, 'prod'), after, 'c2');
  let crashes = 0;
  const applied = await applyWatched({
    database,
    plan,
    by: 'tester',
    checkpoint: async (point) => {
      if (point !== 'bundles' || crashes > 0) return;
      crashes += 1;
      await server.crash();
      await server.start();
    },
  });
  expect(crashes).toBe(1);
  expect(applied).toMatchObject({ outcome: 'applied', revision: 2 });
  expect(await listRevisions(database.db, 'prod', { limit: 9 })).toHaveLength(2);
});
