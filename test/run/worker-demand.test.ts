import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import type { Bus, Taker } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import type { Tier } from '../../src/manifest/bundle-world.ts';
import { WorkerTiers } from '../../src/run/worker-tiers.ts';
import { MemoryExecutor, memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, environment, eventually, silent } from '../support/runs.ts';

const pool = 'default/apart';
const host = { path: [], readable: [] };

function demanding(...tiers: Tier[]): ReadonlyMap<string, readonly Tier[]> {
  return new Map([[environment, tiers]]);
}

test('a worker that lacks what its pool demands has no room for tickets until it has proved it', async () => {
  const bundle = bundleOf({ nodes: { a: {} } });
  const store = new MemoryStore();
  store.install(bundle, authorityOf(bundle));
  const executor = Object.assign(new MemoryExecutor(store), { tierDemand: async () => demanding('container') });
  const takers: Taker[] = [];
  const emitter = new EmitterBus();
  const bus: Bus = {
    notify: (...sent) => emitter.notify(...sent),
    listen: (...heard) => emitter.listen(...heard),
    serve: async (_pool, taker) => {
      takers.push(taker);
      return async () => undefined;
    },
  };
  const proved = new EventEmitter();
  const isolation = async () => {
    await once(proved, 'proved');
    return { tiers: ['inline', 'container'] as const, host };
  };
  const worker = memoryWorker(store, { executor, bus, pool, isolation });
  await worker.start();
  const [taker] = takers;
  if (taker === undefined) throw new Error('the worker asks nobody for tickets');
  let isThere = false;
  const room = taker.room(new AbortController().signal).then(() => (isThere = true));
  const run = store.submit({ pool });
  expect(await taker.look()).toBe('others');
  expect([run.state, run.fence, isThere]).toEqual(['Queued', 0, false]);

  proved.emit('proved');
  await eventually(async () => (isThere ? true : undefined));
  await room;
  await eventually(async () => (run.state === 'Succeeded' ? true : undefined));
  expect(await taker.look()).toBe('all');
  await worker.stop();
});

test('a demand that is taken back is met', async () => {
  let demand = demanding('container');
  const met: string[] = [];
  const tiers = new WorkerTiers({
    executor: { tierDemand: async () => demand },
    pool,
    isolation: async () => ({ tiers: ['inline'], host }),
    log: silent,
    met: () => met.push('met'),
  });
  const look = async () => {
    await tiers.look('worker');
    await tiers.stop();
    return [tiers.unmet, tiers.servesAny, met.length];
  };
  expect(await look()).toEqual([[environment], false, 0]);
  demand = new Map([...demand, ['staging', []]]);
  expect(await look()).toEqual([[environment], true, 0]);
  demand = demanding();
  expect(await look()).toEqual([[], true, 1]);
});
