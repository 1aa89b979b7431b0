import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
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

describe('while a claim is under way', () => {
  // However busy the machine is: the claim's time is over when a test says so.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const end = { kind: 'succeeded', output: null } as const;

  function observed(answered?: () => Promise<void>) {
    const written: string[][] = [];
    const commit = new GroupCommit({
      write: async (writes) => {
        written.push(writes.map(({ run, end: its }) => (its === undefined ? run : `${run} ends`)));
        await answered?.();
        return writes.map(() => accepted);
      },
      patienceMs: 0,
    });
    const submit = (run: string, ends?: 'ends') =>
      commit.submit({ worker: 'w', run, fence: 1, entries: [], ...(ends === undefined ? {} : { end }) });
    return { written, commit, submit };
  }

  function claimUnderWay(commit: GroupCommit) {
    let over: { readonly answer: () => void; readonly fail: () => void } | undefined;
    commit.expect(new Promise<void>((answer, fail) => (over = { answer, fail })));
    if (over === undefined) throw new TypeError('a promise runs what it is given');
    return over;
  }

  const laterTurns = async () => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test('ends wait for it, and are written with what the runs that it gives begin with', async () => {
    const { written, commit, submit } = observed();
    const claim = claimUnderWay(commit);
    const ends = [submit('a'), submit('a', 'ends'), submit('b', 'ends')];
    await laterTurns();
    claim.answer();
    await Promise.all([...ends, submit('c')]);
    expect(written).toEqual([['a ends', 'b ends', 'c']]);
  });

  test('an end goes at once with what another run writes', async () => {
    const { written, commit, submit } = observed();
    claimUnderWay(commit);
    const end = submit('a', 'ends');
    await laterTurns();
    await Promise.all([end, submit('b')]);
    expect(written).toEqual([['a ends', 'b']]);
  });

  test('what is no end does not wait', async () => {
    const { written, commit, submit } = observed();
    claimUnderWay(commit);
    await submit('a');
    expect(written).toEqual([['a']]);
  });

  test('an end waits for no claim that fails, or hangs', async () => {
    const { written, commit, submit } = observed();
    const claim = claimUnderWay(commit);
    const first = submit('a', 'ends');
    await laterTurns();
    claim.fail();
    await first;
    claimUnderWay(commit);
    const second = submit('b', 'ends');
    await laterTurns();
    expect(written).toEqual([['a ends']]);
    vi.runAllTimers();
    await second;
    expect(written).toEqual([['a ends'], ['b ends']]);
  });

  test('an end that has waited its time waits for no claim that begins meanwhile, and the next one no longer', async () => {
    const { written, commit, submit } = observed();
    for (const run of ['a', 'b']) {
      claimUnderWay(commit);
      void submit(run, 'ends');
      await laterTurns();
      expect(written.flat()).not.toContain(`${run} ends`);
      vi.runAllTimers();
      claimUnderWay(commit);
      await laterTurns();
      expect(written.flat()).toContain(`${run} ends`);
    }
  });

  test('nor does one that had to wait for a statement then', async () => {
    const { written, commit, submit } = observed(() => answered);
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    for (const run of ['a', 'b', 'c']) void submit(run);
    await laterTurns();
    claimUnderWay(commit);
    const end = submit('d', 'ends');
    await laterTurns();
    vi.runAllTimers();
    await laterTurns();
    expect(written).toEqual([['a', 'b', 'c']]);
    claimUnderWay(commit);
    answer?.();
    await laterTurns();
    expect(written).toEqual([['a', 'b', 'c'], ['d ends']]);
    await end;
  });
});
