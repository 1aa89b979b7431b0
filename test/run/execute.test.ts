import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { readOpenWaits, resolveUnknown } from '../../src/store/wait.ts';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { authorityOf, bundleOf, eventually, httpTool, install, submit, until, withWorker } from '../support/runs.ts';

describe.each(databaseKinds)('on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let effects: EffectServer;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase(kind), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  test('a hundred branches meet in one join, each call made once', async () => {
    const { database } = opened;
    const names = Array.from({ length: 100 }, (_, index) => `b${index}`);
    await install(
      database,
      bundleOf({
        nodes: {
          a: { to: names },
          ...Object.fromEntries(names.map((name) => [name, { input: { name }, to: ['join'] }])),
          join: {},
        },
        output: { count: '${ size(nodes.join.output) }' },
      }),
    );
    const run = await submit(database);
    const ended = await withWorker(database, () => until(database, run.id));
    expect(ended).toMatchObject({ state: 'Succeeded', output: { count: 100 } });
    expect(await journalOf(database, run.id)).toHaveLength(204);
  });

  test('a node whose every condition is false fails the run with edge.no_match', async () => {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: { to: [{ to: 'b', when: 'input.go' }] }, b: {} } }));
    const run = await submit(database, { input: { go: false } });
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: {
        code: 'edge.no_match',
        node: 'a',
        message: 'No edge of node a fires: every condition is false and there is no default.',
      },
    });
  });

  test('a budget for ten calls lets exactly ten of thirty-two parallel branches pass', async () => {
    const { database } = opened;
    const names = Array.from({ length: 32 }, (_, index) => `b${index}`);
    const bundle = bundleOf({ nodes: Object.fromEntries(names.map((name) => [name, {}])) });
    const budgets = [{ id: 'AgentPolicy/default/cap#0', scope: 'run', unit: 'calls', limit: 10 }] as const;
    await install(database, bundle, authorityOf(bundle, { budgets }));
    const run = await submit(database);
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'budget.exhausted' },
    });
    const rows = await journalOf(database, run.id);
    expect(rows.filter(({ outcome }) => outcome === 'done')).toHaveLength(10);
    expect(rows.filter(({ phase }) => phase === 'intent')).toHaveLength(10);
  });

  test('a write whose answer is lost parks the run until a person says what became of it', async () => {
    const { database } = opened;
    await install(
      database,
      bundleOf({
        nodes: { pay: { tool: 'pay', input: { amount: 1 } } },
        tools: { pay: httpTool(`${effects.url}/drop/${kind}`) },
      }),
    );
    const run = await submit(database);
    await withWorker(database, () => until(database, run.id, 'Waiting'));
    expect(await readOpenWaits(database, [run.id])).toMatchObject([{ path: 'pay/1', kind: 'unknown', due_at: null }]);
    const resolved = await resolveUnknown(database, {
      run: run.id,
      path: 'pay/1',
      as: 'done',
      output: { paid: true },
      by: 'ada',
    });
    expect(resolved.state).toBe('Queued');
    const ended = await withWorker(database, () => until(database, run.id));
    expect(ended).toMatchObject({ state: 'Succeeded', output: { pay: { paid: true } } });
    const seen = (await effects.effects()).filter(({ path }) => path === `/drop/${kind}`);
    expect(seen).toHaveLength(1);
    await expect(resolveUnknown(database, { run: run.id, path: 'pay/1', as: 'done', by: 'ada' })).rejects.toMatchObject(
      { code: 'run.ended' },
    );
  });

  test('a call that a person wants made again is made under its next path with the same key', async () => {
    const { database } = opened;
    const path = `/drop/again-${kind}`;
    await install(
      database,
      bundleOf({ nodes: { pay: { tool: 'pay' } }, tools: { pay: httpTool(`${effects.url}${path}`) } }),
    );
    const run = await submit(database);
    await withWorker(database, () => until(database, run.id, 'Waiting'));
    await resolveUnknown(database, { run: run.id, path: 'pay/1', as: 'again', by: 'ada' });
    await withWorker(database, async () => {
      await eventually(async () => (await readOpenWaits(database, [run.id])).find(({ path: at }) => at === 'pay/1~2'));
    });
    await resolveUnknown(database, { run: run.id, path: 'pay/1~2', as: 'failed', by: 'ada' });
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'call.resolved' },
    });
    const seen = (await effects.effects()).filter((effect) => effect.path === path);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
    expect(seen).toHaveLength(2);
  });

  test('cancelling reaches a call that is under way, long before its time is over', async () => {
    const { database } = opened;
    const path = `/hold/cancel-${kind}`;
    await install(
      database,
      bundleOf({
        nodes: { slow: { tool: 'slow' } },
        tools: { slow: httpTool(`${effects.url}${path}`, { timeoutMs: 300_000 }) },
        timeoutMs: 300_000,
      }),
    );
    const run = await submit(database);
    await withWorker(database, async () => {
      await eventually(async () => (await effects.effects()).find((effect) => effect.path === path));
      await cancelRun(database, run.id);
      const ended = await until(database, run.id);
      expect(ended).toMatchObject({
        state: 'Cancelled',
        error: { code: 'run.cancelled', message: 'The run was cancelled.' },
      });
    });
    expect((await journalOf(database, run.id)).at(-1)).toMatchObject({ path: 'slow/1', outcome: 'unknown' });
    await expect(cancelRun(database, run.id)).rejects.toThrow(/has ended \(Cancelled\)/);
  });

  test('a run past its deadline is timed out, its call given up', async () => {
    const { database } = opened;
    const tools = { slow: httpTool(`${effects.url}/hold/late-${kind}`) };
    await install(database, bundleOf({ nodes: { slow: { tool: 'slow' } }, tools }));
    const run = await submit(database);
    await withWorker(database, async () => {
      await eventually(async () => (await effects.effects()).find((effect) => effect.path === `/hold/late-${kind}`));
      await sql`update run set deadline_at = now() where id = ${run.id}`.execute(database.db);
      expect(await until(database, run.id)).toMatchObject({
        state: 'TimedOut',
        error: { code: 'run.deadline', message: 'The run was not done within its timeout.' },
      });
    });
  });

  test('a model that is down is asked again after a pause in which the run holds no slot', async () => {
    const { database } = opened;
    const bundle = bundleOf({ nodes: { ask: { agent: 'asker' } }, agents: { asker: {} } });
    const model = {
      ...bundle.models['default/model'],
      provider: 'openaiCompatible',
      baseUrl: `${effects.url}/status/503`,
      allowPrivate: true,
    } as const;
    await install(database, {
      ...bundle,
      models: { 'default/model': { model: 'm', parameters: { maxOutputTokens: 10 }, ...model } },
    });
    const run = await submit(database);
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'model.unavailable' },
    });
    const rows = await journalOf(database, run.id);
    expect(rows.filter(({ phase }) => phase === 'result').map(({ path, code }) => [path, code])).toEqual([
      ['ask/1', 'model.unavailable'],
      ['ask/1~2', 'model.unavailable'],
      ['ask/1~3', 'model.unavailable'],
    ]);
    expect((await readRun(database, run.id)).fence).toBe(3);
  });

  test('tightening acts on the next call of a running run, and loosening does not reach it', async () => {
    const { database } = opened;
    const path = `/hold/tighten-${kind}`;
    const bundle = bundleOf({
      nodes: { hold: { tool: 'hold', to: ['next'] }, next: { tool: 'next' } },
      tools: { hold: httpTool(`${effects.url}${path}`), next: {} },
    });
    await install(database, bundle);
    const tightened = await submit(database);
    await withWorker(database, async () => {
      await eventually(async () => (await effects.effects()).find((effect) => effect.path === path));
      await install(database, bundle, authorityOf(bundle, { deny: ['next'] }));
      await effects.release();
      expect(await until(database, tightened.id)).toMatchObject({
        state: 'Failed',
        error: { code: 'policy.denied', path: 'next/1' },
      });
      const pinnedDeny = await submit(database);
      await eventually(async () => (await effects.effects()).filter((effect) => effect.path === path).at(1));
      await install(database, bundle);
      await effects.release();
      expect(await until(database, pinnedDeny.id)).toMatchObject({ state: 'Failed', error: { code: 'policy.denied' } });
    });
  });

  test('what the database refuses of one run fails that run alone', async () => {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { a: { input: { text: '${ input.text }' } } } }));
    const [nul, plain] = await Promise.all([
      submit(database, { input: { text: 'a\u0000b' } }),
      submit(database, { input: { text: 'ab' } }),
    ]);
    const [first, second] = await withWorker(database, () =>
      Promise.all([until(database, nul.id), until(database, plain.id)]),
    );
    expect(first.state).toBe('Failed');
    expect(second).toMatchObject({ state: 'Succeeded', output: { a: { text: 'ab' } } });
  });
});
