import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Gather, Poll, watch, type Watch } from '../../src/source/watch.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

describe('a poll', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    [0, 900],
    [0.5, 1000],
    [1, 1100],
  ])('with chance %s is due after %s ms', async (chance, dueMs) => {
    const poll = new Poll({ intervalMs: 1000, random: () => chance });
    const woken = poll.next(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(dueMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await woken).toBe('due');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is woken at once by what came before it waited, however often', async () => {
    const poll = new Poll({ intervalMs: 1000 });
    const { signal } = new AbortController();
    poll.wake();
    poll.wake();
    expect(await poll.next(signal)).toBe('changed');
    const waiting = poll.next(signal);
    expect(vi.getTimerCount()).toBe(1);
    poll.wake();
    expect(await waiting).toBe('changed');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('stops by its signal and by being closed', async () => {
    const poll = new Poll({ intervalMs: 1000 });
    const stop = new AbortController();
    const waiting = poll.next(stop.signal);
    stop.abort();
    expect(await waiting).toBe('stopped');
    expect(await poll.next(stop.signal)).toBe('stopped');
    const other = poll.next(new AbortController().signal);
    await poll.close();
    expect(await other).toBe('stopped');
    expect(await poll.next(new AbortController().signal)).toBe('stopped');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a burst of events is one wake-up, and an endless one does not hold it back', async () => {
    let calls = 0;
    const gather = new Gather(() => {
      calls += 1;
    });
    for (let index = 0; index < 5; index += 1) gather.event();
    await vi.advanceTimersByTimeAsync(50);
    expect(calls).toBe(1);
    for (let index = 0; index < 100; index += 1) {
      gather.event();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(calls).toBeGreaterThan(2);
    gather.close();
  });
});

describe('a local repository', () => {
  let repository: TestRepository;
  let folder: string;
  let watched: Watch | undefined;

  beforeEach(async () => {
    repository = await createRepository();
    folder = await mkdtemp(join(tmpdir(), 'pawl-watch-'));
    await repository.commit({ 'a.yaml': 'a: 1\n' });
  });
  afterEach(async () => {
    await watched?.close();
    await rm(folder, { recursive: true, force: true });
    await repository.remove();
  });

  test('a commit wakes', async () => {
    watched = await watch({ path: repository.path, intervalMs: 60_000 });
    const woken = watched.next(AbortSignal.timeout(40_000));
    await repository.commit({ 'a.yaml': 'a: 2\n' });
    expect(await woken).toBe('changed');
  });

  test('packed references wake', async () => {
    watched = await watch({ path: repository.path, intervalMs: 60_000 });
    const woken = watched.next(AbortSignal.timeout(40_000));
    await repository.git('pack-refs', '--all');
    expect(await woken).toBe('changed');
  });

  test('a commit in a linked worktree wakes', async () => {
    const copy = join(folder, 'copy');
    await repository.git('worktree', 'add', '--quiet', '-b', 'other', copy);
    watched = await watch({ path: copy, intervalMs: 60_000 });
    const woken = watched.next(AbortSignal.timeout(40_000));
    await repository.git('-C', copy, 'commit', '--quiet', '--allow-empty', '--message', 'Other');
    expect(await woken).toBe('changed');
  });

  test('a saved file wakes where files are watched', async () => {
    watched = await watch({ path: repository.path, files: true, intervalMs: 60_000 });
    const woken = watched.next(AbortSignal.timeout(40_000));
    await writeFile(join(repository.path, 'a.yaml'), 'a: 3\n');
    expect(await woken).toBe('changed');
  });
});
