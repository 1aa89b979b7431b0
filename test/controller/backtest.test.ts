import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backtestOf } from '../../src/controller/backtest.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Plan } from '../../src/plan/change.ts';
import { readLive } from '../../src/store/live.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';
import { recordRuns } from '../support/recorded-runs.ts';
import {
  type AuthorityPlan,
  authorityOf,
  bundleOf,
  environment,
  install,
  submit,
  until,
  withWorker,
} from '../support/runs.ts';

const bundle = bundleOf({
  nodes: { draft: { agent: 'writer', to: ['look'] }, look: { tool: 'search', input: { query: 'x' } } },
  agents: { writer: { tools: { search: 'default/search' } } },
  tools: { search: {} },
  replies: [
    {
      agent: 'writer',
      turns: [{ toolCalls: [{ tool: 'search', arguments: { query: 'one' } }] }, { text: 'Done.' }],
    },
  ],
});

describe.each(databaseKinds)('the back-test on %s', (kind) => {
  let opened: OpenedDatabase;
  let pinned: string;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    const { database } = opened;
    await install(database, bundle);
    await withWorker(database, async () => {
      const { id } = await submit(database);
      await until(database, id);
      pinned = (await submit(database)).bundle;
    });
  });
  afterAll(() => opened.close());

  /** A plan that leaves the system with this authority; `undefined` removes it. */
  async function planOf(authority: AuthorityPlan | undefined): Promise<Plan> {
    const plan = planFor(await readLive(opened.database.db, environment), []);
    if (authority === undefined) return { ...plan, bundles: [], removedSystems: [bundle.system] };
    const compiled = { content: bundle, authority: authorityOf(bundle, authority) };
    const json = compiled as unknown as JsonObject;
    return { ...plan, bundles: [{ system: bundle.system, digest: digest(json), ...compiled }], removedSystems: [] };
  }

  const test200 = async (authority: AuthorityPlan | undefined, runs?: number) =>
    backtestOf(opened.database, await planOf(authority), runs === undefined ? {} : { runs });

  test('decides what a worker really did', async () => {
    const made = await test200({ deny: ['search'] });
    expect(made).toMatchObject({ calls: 4 * (made?.runs ?? 0), undecidedCalls: 0, allowedCalls: 0 });
    expect(made?.deniedCalls).toBe(2 * (made?.runs ?? 0));
    expect(made?.examples).toMatchObject([
      { path: 'draft/1.1', subject: 'Agent/default/writer', target: 'default/search', reason: 'policy.denied' },
    ]);
  });

  test('says nothing of a plan that changes no system', async () => {
    expect(await backtestOf(opened.database, { ...(await planOf({})), bundles: [] })).toBeUndefined();
  });

  test('looks at the last 200 of many runs, of 50 calls each, or at as many as are asked for', async () => {
    await recordRuns(opened.database, { runs: 250, calls: 50, bundle: pinned });
    const all = await test200({ deny: ['search'] });
    expect(all).toMatchObject({ runs: 200, calls: 10_000, deniedRuns: 200, deniedCalls: 10_000 });
    expect(all?.examples).toHaveLength(1);
    expect(all?.examples[0]).toMatchObject({ count: 10_000 });
    expect(await test200({ deny: ['search'] })).toEqual(all);
    expect(await test200({}, 7)).toMatchObject({ runs: 7, calls: 350, deniedCalls: 0 });
    expect(await test200(undefined, 3)).toMatchObject({ runs: 3, deniedRuns: 3, deniedCalls: 150 });
  });
});
