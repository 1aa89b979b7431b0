import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOpenWaits } from '../../src/store/wait.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { makeDisk, type TestDisk } from '../support/full-disk.ts';
import { journalOf } from '../support/journal.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

/** PostgreSQL says 53100 to what a worker writes: its journal and its lease. */
describe('a database whose disk is full', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  let disk: TestDisk;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
    disk = await makeDisk(opened.database, ['step', 'worker']);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  const chain = (name: string, idempotent: boolean) =>
    bundleOf({
      nodes: { first: { tool: 'first', to: ['second'] }, second: { tool: 'second' } },
      tools: {
        first: httpTool(`${effects.url}/hold/first-${name}`, { idempotent }),
        second: httpTool(`${effects.url}/second-${name}`),
      },
    });

  const seen = async (path: string) => (await effects.effects()).filter((effect) => effect.path === path);

  test('lets no call through, loses no result, and the run goes on when there is space', async () => {
    const { database } = opened;
    await install(database, chain('short', false));
    const worker = workerOn(database);
    await worker.start();
    try {
      const run = await submit(database);
      await eventually(async () => (await seen('/hold/first-short')).at(0));
      await disk.fill();
      await effects.release();
      // The result of the first call and the intent of the second are refused again and again.
      const refused = await disk.refusals('step');
      await eventually(async () => ((await disk.refusals('step')) >= refused + 3 ? true : undefined));
      expect(await seen('/second-short')).toEqual([]);
      await disk.free();
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded', crashes: 0, fence: 1 });
      expect(await seen('/hold/first-short')).toHaveLength(1);
      expect(await seen('/second-short')).toHaveLength(1);
      expect((await journalOf(database, run.id)).map(({ path, phase }) => [path, phase])).toEqual([
        ['first/1', 'intent'],
        ['first/1', 'result'],
        ['second/1', 'intent'],
        ['second/1', 'result'],
      ]);
    } finally {
      await disk.free();
      await worker.stop();
    }
  });

  test.each([
    ['asks a person about a call that may not be repeated', false],
    ['repeats a call that may be, under its key', true],
  ])('beyond the patience of the worker %s', async (_what, idempotent) => {
    const { database } = opened;
    const name = `long-${idempotent}`;
    await install(database, chain(name, idempotent));
    const worker = workerOn(database, { leaseMs: 1_500 });
    await worker.start();
    try {
      const run = await submit(database);
      await eventually(async () => (await seen(`/hold/first-${name}`)).at(0));
      await disk.fill();
      await effects.release();
      await eventually(async () => (worker.running === 0 ? true : undefined));
      expect(await seen(`/second-${name}`)).toEqual([]);
      await disk.free();
      if (!idempotent) {
        await until(database, run.id, 'Waiting');
        expect(await readOpenWaits(database, [run.id])).toMatchObject([{ path: 'first/1', kind: 'unknown' }]);
        expect(await seen(`/hold/first-${name}`)).toHaveLength(1);
        return;
      }
      await eventually(async () => (await seen(`/hold/first-${name}`)).at(1));
      await effects.release();
      expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded' });
      expect((await seen(`/hold/first-${name}`)).map(({ applied }) => applied)).toEqual([true, false]);
      expect(await seen(`/second-${name}`)).toHaveLength(1);
    } finally {
      await disk.free();
      await worker.stop();
    }
  });
});
