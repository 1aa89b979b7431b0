import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { authorityOf, bundleOf, httpTool, install, submit, until, withWorker } from '../support/runs.ts';

describe.each(databaseKinds)('an agent on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let effects: EffectServer;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase(kind), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  test('a denied tool call is told to the model in neutral words and the run goes on', async () => {
    const { database } = opened;
    const bundle = bundleOf({
      nodes: { write: { agent: 'writer' } },
      agents: { writer: {} },
      replies: [
        { agent: 'writer', turns: [{ toolCalls: [{ tool: 'echo', arguments: { a: 1 } }] }, { text: 'went on' }] },
      ],
    });
    await install(database, bundle, authorityOf(bundle, { deny: ['echo'] }));
    const run = await submit(database);
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Succeeded',
      output: { write: 'went on' },
    });
    expect(await journalOf(database, run.id)).toMatchObject([
      { path: 'write/1', phase: 'intent' },
      { path: 'write/1', outcome: 'done' },
      { path: 'write/1.1', phase: 'result', outcome: 'denied', reason: 'policy.denied' },
      { path: 'write/2', phase: 'intent' },
      { path: 'write/2', outcome: 'done' },
    ]);
  });

  test('onDeny: fail ends the run at the first denial', async () => {
    const { database } = opened;
    const bundle = bundleOf({
      nodes: { write: { agent: 'writer' } },
      agents: { writer: { execution: { onDeny: 'fail', maxDenials: 3 } } },
      replies: [{ agent: 'writer', turns: [{ toolCalls: [{ tool: 'echo', arguments: {} }] }, { text: 'never' }] }],
    });
    await install(database, bundle, authorityOf(bundle, { deny: ['echo'] }));
    const run = await submit(database);
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'agent.denied', node: 'write' },
    });
  });

  test('onDeny: fail leaves undone what the model asked for after the denied call', async () => {
    const { database } = opened;
    const path = `/after-denial-${kind}`;
    const bundle = bundleOf({
      nodes: { write: { agent: 'writer' } },
      agents: {
        writer: {
          tools: { echo: 'default/echo', write: 'default/write' },
          execution: { onDeny: 'fail', maxDenials: 3 },
        },
      },
      tools: { write: httpTool(`${effects.url}${path}`) },
      replies: [{ agent: 'writer', turns: [{ toolCalls: [{ tool: 'echo' }, { tool: 'write' }] }, { text: 'done' }] }],
    });
    await install(database, bundle, authorityOf(bundle, { deny: ['echo'] }));
    const run = await submit(database);
    expect(await withWorker(database, () => until(database, run.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'agent.denied', path: 'write/1.1' },
    });
    expect((await effects.effects()).filter((effect) => effect.path === path)).toEqual([]);
  });

  test('an answer that does not fit the schema gets one repair turn', async () => {
    const { database } = opened;
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
    const reply = (turns: readonly { text: string }[]) => [{ agent: 'writer', turns }];
    const plan = { nodes: { write: { agent: 'writer' } }, agents: { writer: { output: { schema } } } };
    await install(database, bundleOf({ ...plan, replies: reply([{ text: 'sure' }, { text: '{"ok":true}' }]) }));
    const mended = await submit(database);
    expect(await withWorker(database, () => until(database, mended.id))).toMatchObject({
      state: 'Succeeded',
      output: { write: { ok: true } },
    });
    await install(database, bundleOf({ ...plan, replies: reply([{ text: 'sure' }, { text: 'still' }]) }));
    const wrong = await submit(database);
    expect(await withWorker(database, () => until(database, wrong.id))).toMatchObject({
      state: 'Failed',
      error: { code: 'agent.output_invalid', message: 'The answer is not JSON.' },
    });
  });
});
