import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { readRun } from '../../src/store/run.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { stopWithdrawnRuns, withdrawnEffects, withdrawnInFlight } from '../../src/store/withdrawn-run.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { bundleOf, environment, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

describe.each(databaseKinds)('runs that a rollback leaves behind, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let effects: EffectServer;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase(kind), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  /** A revision that is fine, then one whose tools post to `/hold/<name>`. */
  async function withdrawable(name: string, nodes: Parameters<typeof bundleOf>[0]['nodes']) {
    const to = await install(opened.database, bundleOf({ nodes: { fine: {} } }));
    const tools = { post: httpTool(`${effects.url}/hold/${name}-${kind}`) };
    const from = await install(opened.database, bundleOf({ nodes, tools }));
    return { environment, to, from };
  }

  const reached = (name: string) =>
    eventually(async () => {
      const found = (await effects.effects()).filter(({ path }) => path === `/hold/${name}-${kind}`);
      return found.length > 0 ? found : undefined;
    });

  const stop = (
    database: Database,
    withdrawn: { readonly environment: string; readonly to: number; readonly from: number },
    runs: 'drain' | 'cancel',
  ) =>
    inTransaction(database, (trx) =>
      stopWithdrawnRuns(trx, withdrawn, { runs, error: { code: `run.${runs}ed`, message: 'Withdrawn.' } }),
    );

  test('drained: the step under way ends and is journalled, and no further one begins', async () => {
    const { database } = opened;
    const withdrawn = await withdrawable('drain', {
      first: { tool: 'post', to: ['second'] },
      second: { tool: 'post' },
    });
    const run = await submit(database);
    const worker = workerOn(database);
    await worker.start();
    try {
      await reached('drain');
      expect(await withdrawnInFlight(database.db, withdrawn)).toEqual([{ system: 'default/work', runs: 1 }]);
      expect(await stop(database, withdrawn, 'drain')).toBe(1);
      await effects.release();
      const ended = await until(database, run.id);
      expect(ended).toMatchObject({ state: 'Cancelled', error: { code: 'run.drained' } });
      expect(await reached('drain')).toHaveLength(1);
      expect(await withdrawnEffects(database.db, withdrawn, 10)).toMatchObject({
        total: 1,
        calls: [{ run: run.id, path: 'first/1', tool: 'default/post', operations: ['write'], outcome: 'done' }],
      });
    } finally {
      await worker.stop();
    }
  });

  test('drained at its last step: the run ends as it would have', async () => {
    const { database } = opened;
    const withdrawn = await withdrawable('last', { only: { tool: 'post' } });
    const run = await submit(database);
    const worker = workerOn(database);
    await worker.start();
    try {
      await reached('last');
      await stop(database, withdrawn, 'drain');
      await effects.release();
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded' });
    } finally {
      await worker.stop();
    }
  });

  test('queued: it ends at once; a run of the revision that is brought back goes on', async () => {
    const { database } = opened;
    const to = await install(database, bundleOf({ nodes: { fine: {} } }));
    const kept = await submit(database);
    const from = await install(database, bundleOf({ nodes: { bad: {} } }));
    const bad = await submit(database);
    expect(await stop(database, { environment, to, from }, 'drain')).toBe(1);
    expect(await readRun(database, bad.id)).toMatchObject({ state: 'Cancelled', error: { code: 'run.drained' } });
    expect(await readRun(database, kept.id)).toMatchObject({ state: 'Queued' });
    await stop(database, { environment, to: to - 1, from }, 'cancel');
  });

  test('cancelled: a call under way is given up, and stays in the list of what cannot be undone', async () => {
    const { database } = opened;
    const withdrawn = await withdrawable('cancel', {
      first: { tool: 'post', to: ['second'] },
      second: { tool: 'post' },
    });
    const run = await submit(database);
    const worker = workerOn(database);
    await worker.start();
    try {
      await reached('cancel');
      expect(await stop(database, withdrawn, 'cancel')).toBe(1);
      expect(await until(database, run.id)).toMatchObject({ state: 'Cancelled', error: { code: 'run.cancelled' } });
      const { calls, total } = await withdrawnEffects(database.db, withdrawn, 10);
      expect(total).toBe(1);
      expect(calls[0]?.outcome).toBe('unknown');
    } finally {
      await effects.release();
      await worker.stop();
    }
  });

  test('a call that only reads is no effect, and the list is bounded with a total', async () => {
    const { database } = opened;
    const to = await install(database, bundleOf({ nodes: { fine: {} } }));
    const nodes = Object.fromEntries(
      ['a', 'b', 'c', 'look'].map((name) => [name, { tool: name === 'look' ? 'look' : 'post' }]),
    );
    const tools = {
      post: httpTool(`${effects.url}/any-${kind}`, { operations: ['execute'] }),
      look: httpTool(`${effects.url}/any-${kind}`, { operations: ['read'] }),
    };
    const from = await install(database, bundleOf({ nodes, tools }));
    const run = await submit(database);
    const worker = workerOn(database);
    await worker.start();
    try {
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded' });
    } finally {
      await worker.stop();
    }
    const { calls, total } = await withdrawnEffects(database.db, { environment, to, from }, 2);
    expect(total).toBe(3);
    expect(calls.map(({ tool }) => tool)).toEqual(['default/post', 'default/post']);
  });
});
