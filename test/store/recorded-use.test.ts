import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evalCause } from '../../src/store/eval-run.ts';
import { readRecordedUse } from '../../src/store/recorded-use.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { asksOnce, bundleFrom } from '../run/hand-off-play.ts';
import { bundleOf, environment, install, submit, until, withWorker } from '../support/runs.ts';

describe('what ended runs used', () => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('postgres');
  });
  afterAll(async () => {
    await opened.close();
  });

  test('is counted by the agent that called and for each execution of it, and a tool node is nobody’s', async () => {
    const { database } = opened;
    const bundle = bundleOf({
      nodes: { draft: { agent: 'writer', to: ['send'] }, send: { tool: 'echo', input: {} } },
      agents: { writer: {} },
      replies: [
        {
          agent: 'writer',
          turns: [
            { toolCalls: [{ tool: 'echo', arguments: {} }], usage: { inputTokens: 10, outputTokens: 5 } },
            { text: 'Done.', usage: { inputTokens: 20, outputTokens: 5 } },
          ],
        },
      ],
    });
    await install(database, bundle);
    await withWorker(database, async () => {
      // That of an eval is done, and counted by nobody.
      const tried = await submit(database, { cause: { kind: evalCause, eval: 'default/e', case: 'c', turn: 1 } });
      const runs = [await submit(database), await submit(database), tried];
      for (const { id } of runs) expect(await until(database, id)).toMatchObject({ state: 'Succeeded', error: null });
    });
    const use = await readRecordedUse(database.db, { environment, days: 14 });
    expect(use).toMatchObject({ days: 14, runs: 2 });
    const calls = use.calls.map(({ agent, isKnown, kind, target, calls: count }) => [
      agent,
      isKnown,
      kind,
      target,
      count,
    ]);
    expect(new Set(calls)).toEqual(
      new Set([
        ['default/writer', true, 'model', 'default/model', 4],
        ['default/writer', true, 'tool', 'default/echo', 2],
        [undefined, true, 'tool', 'default/echo', 2],
      ]),
    );
    expect(use).toMatchObject({ most: { calls: 4, tokens: 40, usd: 0 }, budgets: [] });
    const step = { agent: 'default/writer', models: 2, tools: 1, tokens: 40, cost: 0 };
    expect(use.steps).toEqual([step, step]);
    expect(await readRecordedUse(database.db, { environment: 'elsewhere', days: 14 })).toMatchObject({
      runs: 0,
      calls: [],
      steps: [],
    });
  });

  test('is counted by the agent that work was handed to, and a budget by the windows that have ended', async () => {
    const { database } = opened;
    const bundle = bundleFrom({ replies: asksOnce });
    await install(database, bundle);
    await withWorker(database, async () => {
      expect(await until(database, (await submit(database)).id)).toMatchObject({ state: 'Succeeded', error: null });
    });
    const budget = 'AgentPolicy/default/house#agent-calls-hour';
    await sql`insert into account (environment, id, ends_at, lim, revision, used)
      select ${environment}, ${budget} || ' default/lead ' || n, now() - n * interval '1 hour', 9, 1, n
      from generate_series(0, 4) n`.execute(database.db);
    const { calls, steps, budgets } = await readRecordedUse(database.db, { environment, days: 14 });
    const made = calls.map(({ agent, kind, target }) => `${agent} ${kind} ${target}`);
    expect(made).toEqual(
      expect.arrayContaining([
        'default/lead tool Agent/default/helper',
        'default/helper tool default/echo',
        'default/helper model default/model',
      ]),
    );
    expect(calls.every(({ isKnown }) => isKnown)).toBe(true);
    expect(steps.map(({ agent, models, tools }) => [agent, models, tools])).toEqual(
      expect.arrayContaining([
        ['default/lead', 2, 1],
        ['default/helper', 2, 1],
      ]),
    );
    expect(budgets).toEqual([{ budget, windows: 5, most: 4 }]);
  });
});
