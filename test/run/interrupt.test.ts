import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRun } from '../../src/store/run.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { authorityOf, bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

describe.each(databaseKinds)('a worker that stops, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let effects: EffectServer;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase(kind), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  test('leaves a read that was under way to the next owner, and the run does not fail of it', async () => {
    const { database } = opened;
    const path = `/hold/stop-${kind}`;
    await install(
      database,
      bundleOf({
        nodes: { look: { tool: 'look' } },
        tools: { look: httpTool(`${effects.url}${path}`, { operations: ['read'] }) },
      }),
    );
    const run = await submit(database);
    const calls = async () => (await effects.effects()).filter((effect) => effect.path === path);
    const first = workerOn(database, { graceMs: 10 });
    await first.start();
    await eventually(async () => (await calls()).at(0));
    await first.stop();
    expect(await readRun(database, run.id)).toMatchObject({ state: 'Queued', crashes: 0 });
    const second = workerOn(database, { graceMs: 10 });
    await second.start();
    try {
      const [before, after] = await eventually(async () => ((await calls()).length === 2 ? await calls() : undefined));
      expect(after?.key).toBe(before?.key);
      await effects.release();
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded' });
    } finally {
      await second.stop();
    }
  });

  test('leaves a model call whose answer is lost on the accounts: it is charged in full, and asked again beside it', async () => {
    const { database } = opened;
    const bundle = bundleOf({
      nodes: { ask: { agent: 'asker' } },
      agents: { asker: { tools: {} } },
      replies: [{ agent: 'asker', turns: [{ text: 'late', latencyMs: 5_000 }] }],
    });
    const budget = { id: 'AgentPolicy/default/two#0', scope: 'run', unit: 'calls', limit: 2 } as const;
    await install(database, bundle, authorityOf(bundle, { budgets: [budget] }));
    const run = await submit(database);
    const intents = async () =>
      (await journalOf(database, run.id)).filter(({ phase }) => phase === 'intent').map((row) => row.path);
    for (const paths of [['ask/1'], ['ask/1', 'ask/1~2']]) {
      const worker = workerOn(database, { graceMs: 10 });
      await worker.start();
      await eventually(async () => ((await intents()).length === paths.length ? true : undefined));
      await worker.stop();
      expect(await intents()).toEqual(paths);
    }
    const last = workerOn(database, { graceMs: 10 });
    await last.start();
    try {
      expect(await until(database, run.id)).toMatchObject({ state: 'Failed', error: { code: 'budget.exhausted' } });
    } finally {
      await last.stop();
    }
  });
});
