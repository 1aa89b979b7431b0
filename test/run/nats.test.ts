import { afterAll, beforeAll, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { NatsBus } from '../../src/bus/nats.ts';
import { readNatsUrl } from '../../src/bus/nats-options.ts';
import type { Database } from '../../src/store/database.ts';
import { databaseIdentity } from '../../src/store/identity.ts';
import { overduePools } from '../../src/store/overdue-pools.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { bundleOf, install, submit, until, workerOn } from '../support/runs.ts';

let opened: OpenedDatabase;
let nats: NatsServer;
beforeAll(async () => {
  [opened, nats] = await Promise.all([openTestDatabase('postgres'), startNats()]);
  const nodes = { a: { tool: 'echo', input: { n: '${ input.n }' }, to: ['b'] }, b: { tool: 'echo' } };
  await install(opened.database, bundleOf({ nodes }));
});
afterAll(async () => {
  await nats.close();
  await opened.close();
});

/** As a process has it, but for the other way: a run that is done was handed out by NATS, or swept. */
function onNats(database: Database): { readonly database: Database; readonly bus: NatsBus } {
  const options = readNatsUrl(nats.url);
  if (options === undefined) throw new Error('the test server has no URL');
  const bus = new NatsBus({
    nats: options,
    fallback: new EmitterBus(),
    scope: () => databaseIdentity(database),
    overdue: () => overduePools(database),
    name: 'pawl test',
  });
  return { bus, database: { ...database, notify: bus.notify.bind(bus), serve: bus.serve.bind(bus) } };
}

test('runs that NATS hands out to two workers all end once, also when its store is wiped under them', async () => {
  const ends = [onNats(opened.database), onNats(opened.database)];
  const workers = ends.map(({ database }) => workerOn(database));
  await Promise.all(workers.map((worker) => worker.start()));
  const ids: string[] = [];
  try {
    for (let index = 0; index < 60; index += 1) {
      const run = await submit(opened.database, { input: { n: index } });
      ids.push(run.id);
      if (index === 20) await nats.crash();
      if (index === 40) {
        await nats.wipe();
        await nats.start();
      }
      await ends[index % 2]?.bus.notify(channels.ready, 'default');
    }
    const done = await Promise.all(ids.map((id) => until(opened.database, id)));
    expect(done.map(({ state, fence }) => [state, fence])).toEqual(ids.map(() => ['Succeeded', 1]));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(ends.map(({ bus }) => bus.close()));
  }
});

test('a pool is overdue when its next run has been ready for over a second, whatever is behind it', async () => {
  const run = await submit(opened.database, { input: { n: 1 } });
  await expect.poll(() => overduePools(opened.database)).toEqual(['default']);
  const worker = workerOn(opened.database);
  await worker.start();
  await until(opened.database, run.id);
  await worker.stop();
  expect(await overduePools(opened.database)).toEqual([]);
});

test('two databases of one server are told apart', async () => {
  const other = await openTestDatabase('postgres');
  const [one, two, again] = await Promise.all([
    databaseIdentity(opened.database),
    databaseIdentity(other.database),
    databaseIdentity(opened.database),
  ]);
  await other.close();
  expect([one, again]).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), one]);
  expect(two).not.toBe(one);
});
