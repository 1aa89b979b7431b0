import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evalCause } from '../../src/store/eval-run.ts';
import { readRecordedUse } from '../../src/store/recorded-use.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
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
    const step = { agent: 'default/writer', models: 2, tools: 1, tokens: 40, cost: 0 };
    expect(use.steps).toEqual([step, step]);
    expect(await readRecordedUse(database.db, { environment: 'elsewhere', days: 14 })).toMatchObject({
      runs: 0,
      calls: [],
      steps: [],
    });
  });
});
