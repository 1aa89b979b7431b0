import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import { type NewAnswer, readQuestions, writeAnswer } from '../../src/store/answer.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { startProcess } from '../support/processes.ts';
import { authorityOf, bundleOf, eventually, install, submit, until, workerOn } from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('postgres');
});
afterAll(() => opened.close());

const form = { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } as const;

/** A person is asked, and what they say goes into one call. */
function asking(): Bundle {
  const base = bundleOf({ nodes: { ask: {} } });
  const nodes: Record<string, BundleNode> = {
    ask: {
      kind: 'human',
      human: { assignees: { groups: [], users: ['ada', 'grace'] }, form, ttlMs: 600_000 },
      edges: [{ to: 'call-tell', default: false }],
      from: [],
    },
    'call-tell': {
      kind: 'tool',
      tool: 'default/echo',
      input: { size: '${ nodes.ask.output.size }' },
      edges: [],
      from: ['ask'],
    },
  };
  return { ...base, nodes, entries: ['ask'] };
}

test('a worker that is killed between an answer and what follows from it leaves one answer, and its heir goes on once', async () => {
  const { database, options } = opened;
  const bundle = asking();
  await install(database, bundle, authorityOf(bundle));
  const { id: run } = await submit(database);
  const answer = (by: string, size: number): NewAnswer => ({
    run,
    path: 'ask/human',
    as: 'filled',
    by,
    key: by,
    output: { size },
    min: 1,
  });

  const url = 'url' in options ? options.url : '';
  const entry = 'test/support/dying-worker-main.ts';
  const struck = startProcess({ entry, args: [url, 'before-intent', '1', 'SIGKILL', '120000'] });
  try {
    await until(database, run, 'Waiting');
    await eventually(async () => (await readQuestions(database, run)).at(0));
    expect(await writeAnswer(database, answer('ada', 3))).toBe('decided');
    await database.notify('pawl_ready', 'default').catch(() => undefined);
    await struck.waitFor(/struck/, 30_000);
    expect(await struck.exited()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await writeAnswer(database, answer('grace', 4)), 'the first answer counts').toBeUndefined();

    const heir = workerOn(database, { leaseMs: 5_000 });
    await heir.start();
    try {
      expect((await until(database, run, 'Succeeded')).output).toEqual({ 'call-tell': { size: 3 } });
    } finally {
      await heir.stop();
    }
    const { rows } = await sql<{ path: string; n: number }>`select path, count(*)::integer as n from step
      where run = ${run} and phase = 'result' group by path order by path`.execute(database.db);
    expect(rows).toEqual([
      { path: 'ask/human', n: 1 },
      { path: 'call-tell/1', n: 1 },
    ]);
    const events = await sql`select 1 from event where action = 'question.answered'
      and detail ->> 'run' = ${run}`.execute(database.db);
    expect(events.rows).toHaveLength(1);
  } finally {
    await struck.kill();
  }
});
