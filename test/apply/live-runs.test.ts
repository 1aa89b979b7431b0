import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { liveRunRefusals } from '../../src/apply/live-runs.ts';
import type { Kind } from '../../src/manifest/resource.ts';
import type { Change, Plan } from '../../src/plan/change.ts';
import { readLive } from '../../src/store/live.ts';
import { cancelRun } from '../../src/store/run.ts';
import { listRuns } from '../../src/store/run-list.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';
import { bundleOf, environment, install, submit } from '../support/runs.ts';

const bundle = bundleOf({
  nodes: { draft: { agent: 'writer', to: ['look'] }, look: { tool: 'search' } },
  agents: { writer: {} },
  tools: { search: { description: 'Not default/other, though its text says "default/other".' } },
});

describe.each(databaseKinds)('deleting what runs use, on %s', (kind) => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  beforeEach(() => install(opened.database, bundle));
  afterEach(async () => {
    const runs = await listRuns(opened.database, { environment, limit: 10 });
    for (const run of runs) if (run.ended_at === null) await cancelRun(opened.database, run.id);
  });

  /** A plan that does this to those resources. */
  async function planOf(action: Change['action'], ...addresses: readonly string[]): Promise<Plan> {
    const made = planFor(await readLive(opened.database.db, environment), [{ name: 'any', value: 1 }]);
    const [pattern] = made.changes;
    if (pattern === undefined) throw new Error('no change');
    const changes = addresses.map((address): Change => {
      const [one, namespace = '', name = ''] = address.split('/');
      return { ...pattern, address, kind: one as Kind, namespace, name, action };
    });
    return { ...made, changes };
  }

  const refusals = async (plan: Plan) => liveRunRefusals(opened.database.db, plan);

  test('is refused with the resources, the runs and their systems', async () => {
    await submit(opened.database);
    await submit(opened.database);
    const plan = await planOf('delete', 'Tool/default/search', 'Agent/default/writer', 'AgentRole/default/writer');
    expect(await refusals(plan)).toEqual([
      {
        id: 'guard.live_runs',
        message:
          'The plan deletes what 2 runs that have not ended use: Agent/default/writer (2 runs of default/work), Tool/default/search (2 runs of default/work). Their next calls of a deleted tool are denied; wait for them or cancel them.',
        acknowledgeable: true,
        addresses: ['Agent/default/writer', 'Tool/default/search'],
      },
    ]);
  });

  test.each(['AgentSystem/default/work', 'Agent/default/writer', 'Tool/default/search', 'ModelEndpoint/default/model'])(
    'is refused for %s',
    async (address) => {
      await submit(opened.database);
      expect((await refusals(await planOf('delete', address))).map((one) => one.addresses)).toEqual([[address]]);
    },
  );

  test('is not refused for what they do not use, nor for a move or an update', async () => {
    await submit(opened.database);
    expect(
      await refusals(await planOf('delete', 'Tool/default/other', 'Agent/other/writer', 'Tool/default/toString')),
    ).toEqual([]);
    for (const action of ['move', 'update', 'create'] as const) {
      expect(await refusals(await planOf(action, 'Tool/default/search'))).toEqual([]);
    }
  });

  test('is not refused once they have ended', async () => {
    const run = await submit(opened.database);
    await cancelRun(opened.database, run.id);
    expect(await refusals(await planOf('delete', 'Tool/default/search'))).toEqual([]);
  });

  test('is refused for what only an older bundle names, as long as a run is pinned to it', async () => {
    await submit(opened.database);
    await install(opened.database, bundleOf({ nodes: { only: { tool: 'echo' } } }));
    const [refusal] = await refusals(await planOf('delete', 'Tool/default/search'));
    expect(refusal?.message).toContain('1 run that has not ended uses: Tool/default/search (1 run of default/work).');
  });
});
