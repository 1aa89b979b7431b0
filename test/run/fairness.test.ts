import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { authorityOf, bundleOf, install, submit } from '../support/runs.ts';

const crowd = 10_000;
const few = 10;
const batch = 16;

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('postgres');
});
afterAll(() => opened.close());

test('ten runs of one namespace begin within the first batches, though another queued ten thousand before', {
  timeout: 120_000,
}, async () => {
  const { database } = opened;
  for (const system of ['crowd/work', 'few/work']) {
    const bundle = { ...bundleOf({ nodes: { a: {} } }), system };
    await install(database, bundle, authorityOf(bundle));
  }
  const alone = 50;
  for (let queued = 0; queued < alone; queued += 1) await submit(database, { system: 'crowd/work' });
  // Then some at once, as clients do: two that come together may get the same turn.
  for (let queued = alone; queued < crowd; queued += 50)
    await Promise.all(Array.from({ length: 50 }, () => submit(database, { system: 'crowd/work' })));
  for (let queued = 0; queued < few; queued += 1) await submit(database, { system: 'few/work' });

  const executor = new DatabaseExecutor(database, { leaseMs: 600_000 });
  const worker = randomUUID();
  await executor.enlist({ id: worker, host: 'test', pid: process.pid, version: '0', slots: 1_000, pool: 'default' });
  const claimed: string[] = [];
  const batches = 4;
  for (let round = 0; round < batches; round += 1) {
    const runs = await executor.claim({ worker, pool: 'default', slots: batch, suspect: true });
    claimed.push(...runs.map(({ system }) => system));
  }
  expect(claimed).toHaveLength(batches * batch);
  expect(claimed.filter((system) => system === 'few/work')).toHaveLength(few);
  // In turn: both are served in the first batches, and neither waits for the other.
  expect(claimed.slice(0, 2 * batch).filter((system) => system === 'few/work')).toHaveLength(few);
  expect(claimed.slice(0, batch)).toContain('crowd/work');

  // One that comes later is not made to wait for what the crowd queued before either.
  await submit(database, { system: 'few/work' });
  const next = await executor.claim({ worker, pool: 'default', slots: batch, suspect: true });
  expect(next.map(({ system }) => system)).toContain('few/work');
  const { rows } = await sql<{ queued: number }>`select count(*)::int as queued from run
    where state = 'Queued' and system = 'crowd/work'`.execute(database.db);
  expect(rows[0]?.queued).toBe(crowd - (batches * batch - few) - (batch - 1));
});
