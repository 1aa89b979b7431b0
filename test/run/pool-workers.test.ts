import { expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { PoolWorkers } from '../../src/run/pool-workers.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually, silent } from '../support/runs.ts';

test('every pool has a worker: the default one at once, others as they appear, and each one of its own', async () => {
  const bundle = bundleOf({ nodes: { a: {} } });
  const store = new MemoryStore();
  store.install(bundle, authorityOf(bundle));
  const bus = new EmitterBus();
  const live = new Map<string, number | undefined>();
  const started: (readonly [string, number | undefined])[] = [];
  const workers = new PoolWorkers({
    bus,
    log: silent,
    pools: async () => live,
    worker(pool, slots) {
      started.push([pool, slots]);
      return memoryWorker(store, { bus, pool, slots: slots ?? 4 });
    },
  });
  await workers.start();
  try {
    expect(workers.served).toEqual(['default']);
    live.set('support/gpu', 2);
    const run = store.submit({ system: bundle.system, input: {}, pool: 'support/gpu' });
    // An apply wakes it, however often it is heard.
    await Promise.all([bus.notify(channels.applied, 'production'), workers.look(), workers.look()]);
    await eventually(async () => (run.state === 'Succeeded' ? true : undefined));
    expect(started).toEqual([
      ['default', undefined],
      ['support/gpu', 2],
    ]);
    live.delete('support/gpu');
    const late = store.submit({ system: bundle.system, input: {}, pool: 'support/gpu' });
    await workers.look();
    await bus.notify(channels.ready, 'support/gpu');
    await eventually(async () => (late.state === 'Succeeded' ? true : undefined));
  } finally {
    await workers.stop();
  }
  live.set('support/late', 1);
  await workers.look();
  expect(started).toHaveLength(2);
});
