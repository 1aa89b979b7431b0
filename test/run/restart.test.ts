import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startServer } from '../support/postgres.ts';
import { bundleOf, eventually, install, submit, workerOn } from '../support/runs.ts';

const runs = 150;

test('PostgreSQL crashing twice under load loses no run and repeats no finished call', {
  timeout: 120_000,
}, async () => {
  const server = await startServer({ durable: true });
  const database = await openDatabase({ url: server.url });
  try {
    await migrate(database);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const nodes = Object.fromEntries(names.map((name, index) => [name, { to: names.slice(index + 1, index + 2) }]));
    await install(database, bundleOf({ nodes, timeoutMs: 100_000 }));
    for (let at = 0; at < runs; at += 1) await submit(database, { input: { at } });
    const worker = workerOn(database, { slots: 8, leaseMs: 2_000 });
    await worker.start();
    for (const share of [0.2, 0.6]) {
      await eventually(async () => ((await count(database, 'Succeeded')) >= runs * share ? true : undefined));
      await server.crash();
      await server.start();
    }
    await eventually(async () => ((await count(database, 'Succeeded')) === runs ? true : undefined), 60_000);
    await worker.stop();
    // A call whose intent was written when the lease had grown old is closed unmade, and made under its next path.
    const made = await database.db
      .selectFrom('step')
      .select(['run', 'node'])
      .where('outcome', '=', 'done')
      .groupBy(['run', 'node'])
      .having(({ fn }) => fn.countAll<number>(), '=', 1)
      .execute();
    expect(made).toHaveLength(runs * names.length);
    const open = sql<{
      open: number;
    }>`select count(*) filter (where phase = 'intent') - count(outcome) as open from step`;
    expect((await open.execute(database.db)).rows).toEqual([{ open: 0 }]);
  } finally {
    await database.close();
    await server.close();
  }
});

async function count(database: Awaited<ReturnType<typeof openDatabase>>, state: string): Promise<number> {
  try {
    const { rows } = await database.db
      .selectFrom('run')
      .select(({ fn }) => fn.countAll<number>().as('rows'))
      .where('state', '=', state)
      .executeTakeFirstOrThrow();
    return rows;
  } catch {
    // The server is away: the caller looks again.
    return -1;
  }
}
