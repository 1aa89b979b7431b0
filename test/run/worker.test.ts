import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRun } from '../../src/store/run.ts';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { journalOf } from '../support/journal.ts';
import { bundleOf, install, submit, until, workerOn } from '../support/runs.ts';

describe.each(databaseKinds)('on the %s database', (kind) => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  test('a chain of tool nodes runs once in order and gives the last output', async () => {
    const { database } = opened;
    await install(
      database,
      bundleOf({
        nodes: {
          a: { tool: 'echo', input: { n: '${ input.n + 1 }' }, to: ['b'] },
          b: { tool: 'echo', input: { n: '${ nodes.a.output.n * 2 }' } },
        },
      }),
    );
    const run = await submit(database, { input: { n: 1 } });
    const worker = workerOn(database);
    await worker.start();
    const ended = await until(database, run.id);
    await worker.stop();
    expect(ended).toMatchObject({ state: 'Succeeded', output: { b: { n: 4 } }, fence: 1 });
    expect((await journalOf(database, run.id)).map(({ path, phase, outcome }) => [path, phase, outcome])).toEqual([
      ['a/1', 'intent', null],
      ['a/1', 'result', 'done'],
      ['b/1', 'intent', null],
      ['b/1', 'result', 'done'],
    ]);
  });

  test('an agent calls its tool, is told of the result and answers', async () => {
    const { database } = opened;
    await install(
      database,
      bundleOf({
        nodes: { write: { agent: 'writer' } },
        agents: { writer: {} },
        replies: [
          {
            agent: 'writer',
            turns: [
              { toolCalls: [{ tool: 'echo', arguments: { say: 'hi' } }], usage: { inputTokens: 10, outputTokens: 5 } },
              { text: 'done', usage: { inputTokens: 20, outputTokens: 7 } },
            ],
          },
        ],
      }),
    );
    const run = await submit(database);
    const worker = workerOn(database);
    await worker.start();
    const ended = await until(database, run.id);
    await worker.stop();
    expect(ended).toMatchObject({ state: 'Succeeded', output: { write: 'done' } });
    expect((await readRun(database, run.id)).error).toBeNull();
    expect((await journalOf(database, run.id)).map(({ path, outcome }) => [path, outcome])).toEqual([
      ['write/1', null],
      ['write/1', 'done'],
      ['write/1.1', null],
      ['write/1.1', 'done'],
      ['write/2', null],
      ['write/2', 'done'],
    ]);
  });
});
