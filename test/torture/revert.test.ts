import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { authorityOf, bundleOf, eventually, httpTool, install, submit } from '../support/runs.ts';
import { countStates } from './outside.ts';

const runs = 200;
let opened: OpenedDatabase;
let effects: EffectServer;
let workers: readonly TestProcess[] = [];

beforeAll(async () => {
  [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
  // Room for all that are held at once, and for more.
  const args = ['url' in opened.options ? opened.options.url : '', '15000', String(runs)];
  workers = [0, 1].map(() => startProcess({ entry: 'test/support/worker-main.ts', args }));
  await Promise.all(workers.map((worker) => worker.waitFor(/started/, 30_000)));
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await effects.close();
  await opened.close();
});

/** A call that is held back, and then the one that the revisions differ in. */
const revision = (name: string) =>
  bundleOf({
    nodes: { hold: { tool: 'hold', to: ['pay'] }, pay: { tool: 'pay', input: { by: name } } },
    // Held for longer than a call may take by default.
    tools: {
      hold: httpTool(`${effects.url}/hold/${name}`, { timeoutMs: 300_000 }),
      pay: httpTool(`${effects.url}/pay/${name}`, { timeoutMs: 300_000 }),
    },
    timeoutMs: 600_000,
  });

const seen = async (path: string) => (await effects.effects()).filter((effect) => effect.path === path);

/** All of them are in the middle of their graph. */
async function underWay(name: string): Promise<void> {
  const before = (await effects.effects()).length;
  for (let at = 0; at < runs; at += 1) await submit(opened.database, { input: { at } });
  await effects.waitForEffects(before + runs, 90_000);
  expect(await seen(`/hold/${name}`)).toHaveLength(runs);
}

async function atRest(): Promise<Readonly<Record<string, number>>> {
  return eventually(async () => {
    const states = await countStates(opened.database);
    return (states['Running'] ?? 0) + (states['Queued'] ?? 0) === 0 ? states : undefined;
  });
}

test('a revert of the live revision changes the course of no run that is in the middle of its graph', {
  timeout: 180_000,
}, async () => {
  const pinned = await install(opened.database, revision('bad'));
  await underWay('bad');
  const reverted = await install(opened.database, revision('good'));
  await submit(opened.database);
  await effects.waitForEffects(runs + 1, 60_000);
  await effects.release();
  expect(await atRest()).toEqual({ Succeeded: runs + 1 });
  expect(await seen('/pay/bad')).toHaveLength(runs);
  expect(await seen('/pay/good')).toHaveLength(1);
  const { rows } = await sql<{ revision: number; runs: number }>`
    select revision, count(*)::integer as runs from run group by revision order by revision`.execute(
    opened.database.db,
  );
  expect(rows).toEqual([
    { revision: pinned, runs },
    { revision: reverted, runs: 1 },
  ]);
});

test('what live denies is stopped at the next gate of every run, whatever the run is pinned to', {
  timeout: 180_000,
}, async () => {
  const bundle = revision('free');
  await install(opened.database, bundle);
  await underWay('free');
  await install(opened.database, bundle, authorityOf(bundle, { deny: ['pay'] }));
  await effects.release();
  expect(await atRest()).toMatchObject({ Failed: runs });
  expect(await seen('/pay/free')).toEqual([]);
  const { rows } = await sql<{ phase: string; outcome: string; rows: number }>`
    select s.phase, s.outcome, count(*)::integer as rows from step s join run r on r.id = s.run
    where s.node = 'pay' and r.state = 'Failed' group by s.phase, s.outcome`.execute(opened.database.db);
  expect(rows).toEqual([{ phase: 'result', outcome: 'denied', rows: runs }]);
});
