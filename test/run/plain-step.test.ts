import { expect, test } from 'vitest';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { MemoryExecutor, memoryWorker } from '../support/memory-executor.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { bundleOf, eventually } from '../support/runs.ts';

test('a chain of five tool calls costs ten rows, six of the record and six statements of the journal, and one claim', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const nodes = Object.fromEntries(names.map((name, index) => [name, { to: names.slice(index + 1, index + 2) }]));
  const store = new MemoryStore();
  store.install(bundleOf({ nodes }));
  const statements: string[] = [];
  const executor = new MemoryExecutor(store, {
    travel: async (statement, work) => {
      await Promise.resolve();
      const result = work();
      const isEmpty = Array.isArray(result) && result.length === 0;
      if (!isEmpty) statements.push(statement);
      return result;
    },
  });
  const run = store.submit();
  const worker = memoryWorker(store, { executor, bus: new EmitterBus() });
  await worker.start();
  await eventually(async () => (run.state === 'Succeeded' ? true : undefined));
  await worker.stop();
  const count = (name: string) => statements.filter((statement) => statement === name).length;
  // Each result shares the statement of the next intent, the last one that of the end.
  expect({
    rows: run.steps.length,
    record: run.audit.length,
    journal: count('journal'),
    claim: count('claim'),
  }).toEqual({
    rows: 10,
    record: 6,
    journal: 6,
    claim: 1,
  });
  expect({ bundle: count('bundle'), authority: count('authority') }).toEqual({ bundle: 1, authority: 1 });
});
