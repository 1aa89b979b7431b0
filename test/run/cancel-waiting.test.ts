import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import { cancelRun } from '../../src/store/run.ts';
import { readWaitDetails } from '../../src/store/run-detail.ts';
import { readOpenWaits } from '../../src/store/wait.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { bundleOf, httpTool, install, submit, until, withWorker } from '../support/runs.ts';

describe('a run that waits is cancelled', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('embedded'), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  const assignees = { groups: [], users: ['ada'] };
  const review = { approvers: { ...assignees, min: 1 }, ttlMs: 60_000, maxCycles: 3 };
  const backoff = { initialMs: 60_000, maxMs: 60_000, multiplier: 1, jitter: 'none' } as const;
  const replies = [{ agent: 'writer', turns: [{ text: 'a draft' }] }];
  /** One node, which is followed by one that must never be reached. */
  const waiting = (node: object, tool = {}): Bundle => {
    const tools = { post: tool, then: httpTool(`${effects.url}/then`) };
    const nodes = { first: { to: ['then'] }, then: { tool: 'then' } };
    const bundle = bundleOf({ nodes, tools, agents: { writer: { tools: {} } }, replies });
    const { first, then } = bundle.nodes;
    if (first === undefined || then === undefined) throw new Error('both nodes are there');
    return { ...bundle, nodes: { first: { ...first, ...node } as BundleNode, then } };
  };

  test.each([
    ['a person', 'human', () => waiting({ kind: 'human', human: { assignees, ttlMs: 60_000 } })],
    ['reviewers', 'review', () => waiting({ kind: 'agent', agent: 'default/writer', review })],
    [
      'its next attempt',
      'timer',
      () =>
        waiting(
          { tool: 'default/post', retry: { maxAttempts: 2, backoff, on: ['unavailable', 'error'] } },
          httpTool('http://127.0.0.1:1/'),
        ),
    ],
    [
      'an outcome that nobody knows',
      'unknown',
      () => waiting({ tool: 'default/post' }, httpTool(`${effects.url}/hold/x`, { timeoutMs: 200 })),
    ],
  ] as const)('waiting for %s', async (_what, kind, bundleNow) => {
    const { database } = opened;
    await withWorker(database, async () => {
      await install(database, bundleNow());
      const concurrency = { key: kind, limit: 1, policy: 'queue' } as const;
      const { id } = await submit(database, { concurrency });
      await until(database, id, 'Waiting');
      expect((await readOpenWaits(database, [id])).map((wait) => wait.kind)).toEqual([kind]);
      await cancelRun(database, id);
      expect(await until(database, id)).toMatchObject({ state: 'Cancelled', error: { code: 'run.cancelled' } });
      // What is described of a run that has ended asks nobody for anything.
      expect(await readWaitDetails(database, id)).toEqual([]);
      expect((await effects.effects()).filter(({ path }) => path === '/then')).toEqual([]);
      const slots = await database.db.selectFrom('slot').select('released').where('run', '=', id).execute();
      expect(slots.every(({ released }) => released)).toBe(true);
    });
  });
});
