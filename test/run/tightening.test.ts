import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Authority } from '../../src/policy/authority.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import {
  authorityOf,
  bundleOf,
  environment,
  eventually,
  httpTool,
  install,
  submit,
  system,
  until,
  workerOn,
} from '../support/runs.ts';

/** What becomes live while a call of a run is under way. */
describe('a run whose permissions change between two of its calls', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  let cases = 0;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  const budget = (limit: number) => ({ id: 'AgentPolicy/default/cap#0', scope: 'run', unit: 'calls', limit }) as const;

  /** Changes live while the first call is held back, lets it end, and says how the run and its second call came out. */
  async function changed(change: (bundle: Bundle) => Promise<unknown>) {
    const { database } = opened;
    cases += 1;
    const [first, second] = [`/hold/first-${cases}`, `/second-${cases}`];
    const bundle = bundleOf({
      nodes: { first: { tool: 'first', to: ['second'] }, second: { tool: 'second' } },
      tools: { first: httpTool(`${effects.url}${first}`), second: httpTool(`${effects.url}${second}`) },
    });
    await install(database, bundle, authorityOf(bundle, { budgets: [budget(10)] }));
    const worker = workerOn(database);
    await worker.start();
    try {
      const { id } = await submit(database);
      await eventually(async () => (await effects.effects()).find(({ path }) => path === first));
      await change(bundle);
      await effects.release();
      const { state, error } = await until(database, id);
      const seen = (await effects.effects()).filter(({ path }) => path === first || path === second);
      const [result] = (await journalOf(database, id)).filter(
        ({ path, phase }) => path === 'first/1' && phase === 'result',
      );
      return {
        state,
        code: error?.code,
        seen: seen.map(({ path }) => (path === first ? 'first' : 'second')),
        first: result?.outcome,
      };
    } finally {
      await worker.stop();
    }
  }

  test('reserves nothing more once a budget was lowered under what is used', async () => {
    const lowered = (bundle: Bundle) => install(opened.database, bundle, authorityOf(bundle, { budgets: [budget(1)] }));
    expect(await changed(lowered)).toEqual({
      state: 'Failed',
      code: 'budget.exhausted',
      seen: ['first'],
      first: 'done',
    });
  });

  test('is denied a tool that live no longer has, and the call under way is finished', async () => {
    const without = (bundle: Bundle): Promise<number> => {
      const { first } = bundle.nodes;
      const { 'default/second': _gone, ...tools } = bundle.tools;
      if (first === undefined) throw new Error('the bundle has no first node');
      const rest = { ...bundle, tools, nodes: { first: { ...first, edges: [] } } };
      return install(opened.database, rest, authorityOf(rest));
    };
    expect(await changed(without)).toMatchObject({ state: 'Failed', seen: ['first'], first: 'done' });
  });

  test('is denied everything when live has the system without any grant', async () => {
    const none = (bundle: Bundle): Promise<number> => {
      const authority: Authority = authorityOf(bundle, { deny: ['first', 'second'] });
      return install(opened.database, bundle, authority);
    };
    expect(await changed(none)).toEqual({ state: 'Failed', code: 'policy.denied', seen: ['first'], first: 'done' });
  });

  test('keeps its pinned verdicts when live no longer has the system', async () => {
    const removed = async (): Promise<void> => {
      const { db } = opened.database;
      await db.transaction().execute(async (trx) => {
        await sql`select set_config('pawl.apply', 'on', true)`.execute(trx);
        await trx
          .updateTable('environment')
          .set((eb) => ({ revision: eb('revision', '+', 1) }))
          .where('name', '=', environment)
          .execute();
        const { revision } = await trx
          .selectFrom('environment')
          .select('revision')
          .where('name', '=', environment)
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('bundle_history')
          .set({ to_revision: revision })
          .where('system', '=', system)
          .where('to_revision', 'is', null)
          .execute();
      });
    };
    expect(await changed(removed)).toEqual({
      state: 'Succeeded',
      code: undefined,
      seen: ['first', 'second'],
      first: 'done',
    });
  });

  test('has one owner when the connection that holds its worker’s lease is cut, and no call is made twice', async () => {
    const cut = async (): Promise<void> => {
      const { rows } = await sql<{ cut: boolean }>`select pg_terminate_backend(backend_pid) as cut from worker`.execute(
        opened.database.db,
      );
      expect(rows).toEqual([{ cut: true }]);
    };
    expect(await changed(cut)).toEqual({
      state: 'Succeeded',
      code: undefined,
      seen: ['first', 'second'],
      first: 'done',
    });
  });
});
