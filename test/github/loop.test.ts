import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { RetryableError, TerminalError } from '../../src/errors.ts';
import type { GitHubContext, GitHubRound, Turn } from '../../src/github/context.ts';
import { openGitHub } from '../../src/github/github.ts';
import { GitHubLoop } from '../../src/github/loop.ts';
import { createLog } from '../../src/log.ts';
import { unreachableRepository } from '../../src/source/unreachable.ts';
import type { Watch } from '../../src/source/watch.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { openMessages, storeMessage } from '../../src/store/inbox.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const name = 'acme/agents';

describe('the loop of GitHub', () => {
  let opened: OpenedDatabase;
  let other: Database;
  let now = 0;
  let lines: string[] = [];

  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
    other = await openDatabase(opened.options);
  }, 120_000);
  afterAll(async () => {
    await other.close();
    await opened.close();
  });
  beforeEach(() => {
    now = 0;
    lines = [];
  });

  function loopOf(database: Database, turns: readonly Turn[]): GitHubLoop {
    const github = openGitHub({
      apiUrl: 'http://127.0.0.1:9',
      repository: { owner: 'acme', repo: 'agents' },
      login: { kind: 'token', token: { kind: 'text', text: 'none' } },
      readSecret: () => Promise.resolve('none'),
    });
    const plane = createControlPlane(
      unreachableRepository(new TerminalError('Nobody asks it.', { code: 'git.unreachable' })),
      database,
    );
    const log = createLog('info', { write: (line: string) => void lines.push(line) });
    const context: GitHubContext = { github, plane, log, actor: 'github' };
    return new GitHubLoop({ context, turns, now: () => now, sweepMs: 1_000 });
  }

  test('one process writes to a repository at a time, and the next one when it has gone', async () => {
    const taken: string[] = [];
    const turn = (who: string): Turn => ({ name: who, take: async () => void taken.push(who) });
    const [one, two] = [loopOf(opened.database, [turn('one')]), loopOf(other, [turn('two')])];
    expect((await one.tick()).kind).toBe('taken');
    expect((await two.tick()).kind).toBe('not ours');
    expect((await one.tick()).kind).toBe('taken');
    await one.close();
    expect((await two.tick()).kind).toBe('taken');
    expect((await one.tick()).kind).toBe('not ours');
    await two.close();
    expect(taken).toEqual(['one', 'one', 'two']);
  });

  test('what fails in one turn stops no other, is said once, and keeps the hints until it works', async () => {
    const { db } = opened.database;
    await storeMessage(db, { delivery: 'd-1', event: 'push', repository: name, hint: { ref: 'refs/heads/main' } });
    let isBroken = true;
    const seen: (readonly string[])[] = [];
    const loop = loopOf(opened.database, [
      {
        name: 'broken',
        take: async () => {
          if (isBroken) throw new TypeError('a mistake');
        },
      },
      { name: 'sound', take: async ({ hints }: GitHubRound) => void seen.push(hints.map(({ ref }) => ref ?? '')) },
    ]);
    expect(await loop.tick()).toEqual({ kind: 'taken', failed: ['broken'] });
    await loop.tick();
    expect(lines).toHaveLength(1);
    expect(await openMessages(db, name)).toHaveLength(1);
    isBroken = false;
    expect(await loop.tick()).toEqual({ kind: 'taken', failed: [] });
    expect(seen).toEqual([['refs/heads/main'], ['refs/heads/main'], ['refs/heads/main']]);
    expect(await openMessages(db, name)).toEqual([]);
    await loop.close();
  });

  test("a hint that names another repository wakes that one's loop alone", async () => {
    const loop = loopOf(opened.database, []);
    const stop = new AbortController();
    const heard: string[] = [];
    let said = '';
    const stopped = once(stop.signal, 'abort');
    const watch: Watch = {
      next: async () => {
        await stopped;
        return 'stopped';
      },
      wake: () => void heard.push(said),
      close: async () => undefined,
    };
    const unlisten = await opened.database.listen(channels.hint, (about) => {
      said = about;
    });
    const ended = loop.run(watch, stop.signal);
    // Until it listens, a hint is lost to it, as to a loop that is not there yet.
    const first = 'staging';
    await expect
      .poll(async () => {
        await opened.database.notify(channels.hint, first);
        return heard.length;
      })
      .toBeGreaterThan(0);
    const after = (): string[] => heard.filter((about) => about !== first);
    for (const about of ['acme/other', 'production', 'Acme/Agents', '']) {
      await opened.database.notify(channels.hint, about);
    }
    await expect.poll(() => after().length).toBe(3);
    expect(after()).toEqual(['production', 'Acme/Agents', '']);
    stop.abort();
    await ended;
    await unlisten();
  });

  test('a limit of GitHub silences all turns until its end, and sweeps come in their time', async () => {
    let limitMs: number | undefined = 5_000;
    const sweeps: boolean[] = [];
    const loop = loopOf(opened.database, [
      {
        name: 'limited',
        take: async ({ isSweep }) => {
          sweeps.push(isSweep);
          if (limitMs === undefined) return;
          throw new RetryableError('Wait.', { code: 'github.rate_limited', retryAfterMs: limitMs });
        },
      },
    ]);
    await loop.tick();
    now = 4_999;
    expect(await loop.tick()).toEqual({ kind: 'limited', waitMs: 1 });
    limitMs = undefined;
    now = 5_000;
    await loop.tick();
    now = 5_500;
    await loop.tick();
    now = 6_000;
    await loop.tick();
    expect(sweeps).toEqual([true, true, false, true]);
    await loop.close();
  });
});
