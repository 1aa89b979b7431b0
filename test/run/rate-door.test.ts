import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { RateLimits } from '../../src/run/rate.ts';
import { readOpenWaits } from '../../src/store/wait.ts';
import { cancelRun } from '../../src/store/run.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, eventually, install, submit, until, workerOn } from '../support/runs.ts';

describe.each(databaseKinds)('an endpoint with a rate, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  /** Each run asks the model once. */
  const rated = (rateLimit: RateLimits): Bundle => {
    const replies = [{ agent: 'clerk', turns: [{ text: 'done' }] }];
    const bundle = bundleOf({ nodes: { a: { agent: 'clerk' } }, agents: { clerk: { tools: {} } }, replies });
    const models = Object.entries(bundle.models).map(([name, model]) => [name, { ...model, rateLimit }]);
    return { ...bundle, models: Object.fromEntries(models) as Bundle['models'] };
  };
  const forget = () => opened.database.db.deleteFrom('rate').execute();
  const callsOf = (runs: readonly string[]) =>
    opened.database.db
      .selectFrom('step')
      .select(['run', 'at'])
      .where('phase', '=', 'intent')
      .where('run', 'in', runs)
      .orderBy('at')
      .execute();

  test('is asked by several workers no more often than it allows, and every run comes to its end', async () => {
    const { database } = opened;
    await forget();
    // Ten in a second: at most ten at once, then one each 100 ms.
    await install(database, rated({ requestsPerMinute: 600 }));
    const workers = (kind === 'embedded' ? [1] : [1, 2, 3]).map(() => workerOn(database, { slots: 20 }));
    const submitted = await Promise.all(Array.from({ length: 25 }, () => submit(database)));
    await Promise.all(workers.map((worker) => worker.start()));
    try {
      for (const { id } of submitted) expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
    const calls = await callsOf(submitted.map(({ id }) => id));
    expect(calls).toHaveLength(25);
    const times = calls.map(({ at }) => at.getTime());
    // The intent is written after the answer of the bucket: later calls can only have been allowed later.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_000);
  });

  test('a long wait is given up the slot for: the run waits, goes on by itself, and asks once', async () => {
    const { database } = opened;
    await forget();
    // Five seconds: a wait of one may be over before a busy machine looks.
    await install(database, rated({ requestsPerMinute: 12 }));
    const worker = workerOn(database, { slots: 1 });
    await worker.start();
    try {
      const first = await submit(database);
      await until(database, first.id);
      const second = await submit(database);
      await until(database, second.id, 'Waiting');
      const [wait] = await readOpenWaits(database, [second.id]);
      expect(wait).toMatchObject({ path: 'a/1/rate', kind: 'rate' });
      expect(await until(database, second.id)).toMatchObject({ state: 'Succeeded', crashes: 0 });
      expect(await callsOf([second.id])).toHaveLength(1);
    } finally {
      await worker.stop();
    }
  });

  test('a call that used less than was reserved gives the rest back', async () => {
    const { database } = opened;
    await forget();
    await install(database, rated({ tokensPerMinute: 600_000 }));
    const worker = workerOn(database);
    await worker.start();
    try {
      const { id } = await submit(database);
      await until(database, id);
      const tokens = await eventually(async () => {
        const row = await database.db.selectFrom('rate').select('tokens').executeTakeFirst();
        // It holds 10,000 and over a thousand were reserved.
        return row !== undefined && row.tokens > 9_500 ? row.tokens : undefined;
      });
      expect(tokens).toBeGreaterThan(9_500);
    } finally {
      await worker.stop();
    }
  });

  test('a run that waits for it can be cancelled', async () => {
    const { database } = opened;
    await forget();
    await install(database, rated({ requestsPerMinute: 1 }));
    const worker = workerOn(database);
    await worker.start();
    try {
      await until(database, (await submit(database)).id);
      const { id } = await submit(database);
      await until(database, id, 'Waiting');
      await cancelRun(database, id);
      expect(await until(database, id)).toMatchObject({ state: 'Cancelled', error: { code: 'run.cancelled' } });
      expect(await callsOf([id])).toEqual([]);
    } finally {
      await worker.stop();
    }
  });
});
