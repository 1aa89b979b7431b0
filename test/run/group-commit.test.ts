import { expect, test } from 'vitest';
import type { RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import { GroupCommit } from '../../src/run/group-commit.ts';

const accepted: WriteAnswer = {
  kind: 'accepted',
  conflicts: [],
  liveRevision: 1,
  cancelled: false,
  overdue: false,
  drained: false,
};

/** Hands over the writes of so many runs at once; gives how many runs each statement carried, in order. */
async function statementsOf(runs: number): Promise<{ readonly sizes: readonly number[]; readonly atOnce: number }> {
  const sizes: number[] = [];
  let open = 0;
  let atOnce = 0;
  const commit = new GroupCommit({
    patienceMs: 0,
    write: async (writes) => {
      sizes.push(writes.length);
      atOnce = Math.max(atOnce, (open += 1));
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return writes.map(() => accepted);
    },
  });
  const writes = Array.from(
    { length: runs },
    (_, n): RunWrite => ({ worker: 'w', run: `${n}`, fence: 1, entries: [] }),
  );
  await Promise.all(writes.map((write) => commit.submit(write)));
  return { sizes, atOnce };
}

test('many runs go in two statements at once, so that one half is decided while the other is written; few share one', async () => {
  expect(await statementsOf(64)).toEqual({ sizes: [32, 32], atOnce: 2 });
  expect(await statementsOf(15)).toEqual({ sizes: [15], atOnce: 1 });
});

test('what two owners wrote of a run is never one write, though a crash gave both the same fence', async () => {
  const written: RunWrite[][] = [];
  const commit = new GroupCommit({
    write: async (writes) => {
      written.push([...writes]);
      return writes.map(() => ({ kind: 'fenced' }) as const);
    },
    patienceMs: 0,
  });
  const write = (worker: string): RunWrite => ({ worker, run: 'a', fence: 1, entries: [] });
  await Promise.all(['early', 'early', 'late'].map((worker) => commit.submit(write(worker))));
  expect(written.map((writes) => writes.map(({ worker }) => worker))).toEqual([['early'], ['late']]);
});
