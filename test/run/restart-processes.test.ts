import { expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startEffectServer } from '../support/effect-server.ts';
import { startServer } from '../support/postgres.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, eventually, httpTool, install, submit } from '../support/runs.ts';

const runs = 120;

test('PostgreSQL crashing under two worker processes loses no run and repeats no effect in the world', {
  timeout: 120_000,
}, async () => {
  const [server, effects] = await Promise.all([startServer({ durable: true }), startEffectServer()]);
  const database = await openDatabase({ url: server.url });
  const workers: TestProcess[] = [];
  try {
    await migrate(database);
    const args = [server.url, '15000', '8'];
    for (const _ of [0, 1]) workers.push(startProcess({ entry: 'test/support/worker-main.ts', args }));
    const tools = {
      // None of them may be repeated: a call that is made again shows as a second effect, one that is lost as a wait.
      pay: httpTool(`${effects.url}/pay`),
      book: httpTool(`${effects.url}/book`),
      tell: httpTool(`${effects.url}/tell`),
    };
    const nodes = { pay: { tool: 'pay', to: ['book'] }, book: { tool: 'book', to: ['tell'] }, tell: { tool: 'tell' } };
    await install(database, bundleOf({ nodes, tools, timeoutMs: 100_000 }));
    for (let at = 0; at < runs; at += 1) await submit(database, { input: { at } });
    for (const share of [0.2, 0.6]) {
      await effects.waitForEffects(Math.round(runs * 3 * share), 60_000);
      await server.crash();
      await server.start();
    }
    await effects.waitForEffects(runs * 3, 60_000);
    const states = await eventually(() => ended(database).catch(() => undefined), 30_000);
    expect(states).toEqual({ Succeeded: runs });
    for (const worker of workers) {
      expect(await worker.kill('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(worker.stderr).toBe('');
    }
    const made = await effects.effects();
    expect(made).toHaveLength(runs * 3);
    expect(new Set(made.map(({ key }) => key)).size).toBe(runs * 3);
  } finally {
    for (const worker of workers) await worker.kill();
    await database.close();
    await effects.close();
    await server.close();
  }
});

/** How many runs are in each state, once none of them moves any more; throws while a connection is still a dead one. */
async function ended(database: Database): Promise<Record<string, number> | undefined> {
  const rows = await database.db
    .selectFrom('run')
    .select(({ fn }) => ['state', fn.countAll<number>().as('runs')])
    .groupBy('state')
    .execute();
  if (rows.some(({ state }) => state === 'Queued' || state === 'Running')) return undefined;
  return Object.fromEntries(rows.map(({ state, runs: count }) => [state, count]));
}
