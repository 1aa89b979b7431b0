import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, applyWatched } from '../../src/apply/apply.ts';
import { checkpoints } from '../../src/apply/write.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { Plan } from '../../src/plan/change.ts';
import { bodiesNeeded } from '../../src/plan/diff.ts';
import { isUnchanged, plan } from '../../src/plan/plan.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { LiveAuthorities } from '../../src/run/live.ts';
import { readAuthority } from '../../src/store/pinned.ts';
import { readBodies } from '../../src/store/spec.ts';
import { agent, model, policy, resource, role, snapshotOf, system, tool } from '../plan/fixture.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

function renamed(one: Resource, renamedFrom: string): Resource {
  const { name, namespace } = one;
  const manifest = { ...one.manifest, metadata: { name, namespace, renamedFrom } };
  return { ...one, manifest, digest: digest(manifest) };
}

const reader = role('reader', ['tool:a:read']);
const other = role('other', ['tool:a:read']);
const scout = renamed(role('scout', ['tool:a:read', 'tool:b:read']), 'reader');

describe.each(databaseKinds)('a move on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  async function planned(environment: string, target: readonly Resource[]): Promise<Plan> {
    const snapshot = snapshotOf(target, {
      environment: { name: environment, branch: 'main', paths: ['agents'], apply: 'auto' },
    });
    const live = await readLive(database.db, environment);
    const bodies = await readBodies(database.db, bodiesNeeded(snapshot, live));
    return plan(snapshot, live, { bodies, subject: '', schemaDigest: 'a'.repeat(64) });
  }

  const applied = async (environment: string, target: readonly Resource[]) =>
    applyAcknowledged(database, await planned(environment, target), 'tester');

  async function environment(...target: readonly Resource[]): Promise<string> {
    count += 1;
    const name = `env-${count}`;
    await ensureEnvironment(database.db, name);
    await applied(name, target);
    return name;
  }

  test('of a Memory takes along what it holds', async () => {
    const memory = (name: string) =>
      resource({ kind: 'Memory', name, spec: { type: 'postgres', session: { ttl: '24h', maxMessages: 9 } } });
    const name = await environment(memory('notes'));
    await database.db.insertInto('memory').values({ environment: name, path: 'default/notes' }).execute();
    const held = () =>
      database.db.selectFrom('memory').select(['path', 'removed_at']).where('environment', '=', name).execute();
    await applied(name, [renamed(memory('memos'), 'notes')]);
    expect(await held()).toEqual([{ path: 'default/memos', removed_at: null }]);
    await applied(name, []);
    expect(await held()).toEqual([{ path: 'default/memos', removed_at: expect.any(Date) }]);
    await applied(name, [memory('memos')]);
    expect(await held()).toEqual([{ path: 'default/memos', removed_at: null }]);
  });

  describe('of a system', () => {
    const around = [model('small'), agent('clerk')];
    const graph = { only: { agentRef: 'clerk', edges: [] } };
    const lean = (maxSteps: number) => policy('lean', { global: true, limits: { maxSteps } });

    /** What a run of a system that is pinned to a revision hears of: the steps that live lets its agent take. */
    const heard = (environment: string) => async (one: string, revision: number) => {
      const authorities = new LiveAuthorities({
        authority: (name, of) => readAuthority(database, { environment: name, system: of }),
      });
      const pinned = { environment, system: `default/${one}`, revision };
      const { authority } = (await authorities.view(pinned, { revision })).current();
      return authority && [authority.system, authority.subjects['Agent/default/clerk']?.limits.maxSteps];
    };

    test('is heard of by the runs that began under its old name, with what is tightened beside it', async () => {
      const name = await environment(...around, system('triage', graph));
      const hears = heard(name);
      expect(await hears('triage', 1)).toEqual(['default/triage', 10]);
      await applied(name, [...around, lean(2), renamed(system('sorting', graph), 'triage')]);
      expect(await hears('triage', 1)).toEqual(['default/sorting', 2]);
      expect(await hears('sorting', 2)).toEqual(['default/sorting', 2]);
      await applied(name, [...around, lean(3), renamed(system('filing', graph), 'sorting')]);
      expect(await hears('triage', 1)).toEqual(['default/filing', 3]);
      expect(await hears('sorting', 2)).toEqual(['default/filing', 3]);
      await applied(name, [...around, lean(3)]);
      expect(await hears('triage', 1)).toBeUndefined();
      expect(await hears('sorting', 2)).toBeUndefined();
    });

    test('leaves its name to another one, whose rules are for the runs that began since', async () => {
      const name = await environment(...around, system('triage', graph));
      const hears = heard(name);
      const sorting = renamed(system('sorting', graph), 'triage');
      await applied(name, [...around, sorting]);
      // The name is taken by another, and once more after it was moved away again.
      await applied(name, [...around, system('sorting', graph), system('triage', graph)]);
      expect(await hears('triage', 1)).toEqual(['default/sorting', 10]);
      expect(await hears('triage', 3)).toEqual(['default/triage', 10]);
      await applied(name, [...around, system('sorting', graph), renamed(system('second', graph), 'triage')]);
      await applied(name, [...around, system('sorting', graph), system('second', graph), system('triage', graph)]);
      expect(await hears('triage', 1)).toEqual(['default/sorting', 10]);
      expect(await hears('triage', 3)).toEqual(['default/second', 10]);
      expect(await hears('triage', 5)).toEqual(['default/triage', 10]);
      // What the oldest one became is gone: its runs hear whoever had the name next, and is there.
      await applied(name, [...around, system('second', graph), system('triage', graph)]);
      expect(await hears('triage', 1)).toEqual(['default/second', 10]);
      expect(await hears('triage', 3)).toEqual(['default/second', 10]);
      await applied(name, [...around, system('triage', graph)]);
      expect(await hears('triage', 1)).toEqual(['default/triage', 10]);
      expect(await hears('triage', 3)).toEqual(['default/triage', 10]);
    });

    test('that is taken back leads its runs back', async () => {
      const name = await environment(...around, system('triage', graph));
      const hears = heard(name);
      await applied(name, [...around, renamed(system('sorting', graph), 'triage')]);
      await applied(name, [...around, renamed(system('triage', graph), 'sorting'), lean(4)]);
      expect(await hears('triage', 1)).toEqual(['default/triage', 4]);
      expect(await hears('sorting', 2)).toEqual(['default/triage', 4]);
      expect(await hears('triage', 3)).toEqual(['default/triage', 4]);
    });

    test('that comes back as an addition is heard of by the runs of that name', async () => {
      const name = await environment(...around, system('triage', graph));
      const hears = heard(name);
      await applied(name, [...around, renamed(system('sorting', graph), 'triage')]);
      await applied(name, [...around, renamed(system('filing', graph), 'sorting')]);
      // Nothing says that the first name is that of the last one.
      await applied(name, [...around, system('triage', graph)]);
      await applied(name, [...around, system('triage', graph), lean(2)]);
      expect(await hears('triage', 1)).toEqual(['default/triage', 2]);
      expect(await hears('triage', 4)).toEqual(['default/triage', 2]);
      // Moved once more, it is followed from there.
      await applied(name, [...around, renamed(system('second', graph), 'triage'), lean(3)]);
      await applied(name, [...around, system('second', graph), system('triage', graph), lean(3)]);
      expect(await hears('triage', 1)).toEqual(['default/second', 3]);
      expect(await hears('triage', 7)).toEqual(['default/triage', 3]);
    });

    test('whose note was tidied away before it came back is heard of too', async () => {
      const name = await environment(...around, system('triage', graph));
      const hears = heard(name);
      await applied(name, [...around, renamed(system('sorting', graph), 'triage')]);
      await applied(name, [...around, system('sorting', graph)]);
      await applied(name, [...around, system('triage', graph), lean(4)]);
      expect(await hears('triage', 1)).toEqual(['default/triage', 4]);
    });

    test('has the rules of its own tool nodes heard by the name that its runs know', async () => {
      const nodes = { look: { toolRef: 'a', edges: [] } };
      const own = [tool('a')];
      const name = await environment(...own, system('triage', nodes));
      await applied(name, [
        ...own,
        policy('lean', { global: true, tools: { deny: ['a'] } }),
        renamed(system('sorting', nodes), 'triage'),
      ]);
      const authorities = new LiveAuthorities({
        authority: (of, one) => readAuthority(database, { environment: of, system: one }),
      });
      const view = await authorities.view(
        { environment: name, system: 'default/triage', revision: 1 },
        { revision: 2 },
      );
      const row = view.current().authority?.subjects['AgentSystem/default/triage'];
      expect(row?.tools['default/a']).toMatchObject({ kind: 'deny', reason: 'policy.denied' });
    });
  });

  test('goes on with the row: its generation rises, and the history says from where', async () => {
    const name = await environment(reader, other);
    await applied(name, [role('reader', ['tool:c:read']), other]);
    const made = await planned(name, [scout, other]);
    expect(made.summary).toMatchObject({ add: 0, change: 0, remove: 0, move: 1 });
    expect(await applyAcknowledged(database, made, 'tester')).toMatchObject({ revision: 3, root: made.target.root });
    const live = await readLive(database.db, name, { deep: true });
    expect([...live.heads.keys()].sort()).toEqual(['AgentRole/default/other', 'AgentRole/default/scout']);
    expect(live.heads.get('AgentRole/default/scout')).toMatchObject({
      generation: 3,
      applied: scout.digest,
      live: scout.digest,
      file: 'scout.yaml',
      touched: undefined,
    });
    const history = await database.db
      .selectFrom('resource_history')
      .select(['address', 'from_revision', 'to_revision', 'generation', 'moved_from'])
      .where('environment', '=', name)
      .where('address', '!=', 'AgentRole/default/other')
      .orderBy('from_revision')
      .execute();
    expect(history.map((row) => Object.values(row))).toEqual([
      ['AgentRole/default/reader', 1, 2, 1, null],
      ['AgentRole/default/reader', 2, 3, 2, null],
      ['AgentRole/default/scout', 3, null, 3, 'AgentRole/default/reader'],
    ]);
    expect(isUnchanged(await planned(name, [scout, other]))).toBe(true);
  });

  test('is seen by whoever read live before it', async () => {
    const name = await environment(reader, other);
    const before = await readLive(database.db, name);
    await applied(name, [scout, other]);
    const after = await readLive(database.db, name, { previous: before });
    expect(after.heads).toEqual((await readLive(database.db, name)).heads);
  });

  test('is stale where the old name was changed, or the new one taken, since it was planned', async () => {
    const name = await environment(reader, other);
    const made = await planned(name, [scout, other]);
    await applied(name, [role('reader', ['tool:z:read']), other]);
    await expect(applyAcknowledged(database, made, 'tester')).rejects.toMatchObject({ code: 'plan.stale' });
    const next = await planned(name, [scout, other]);
    await database.db
      .updateTable('resource')
      .set({ address: 'AgentRole/default/scout', name: 'scout' })
      .where('environment', '=', name)
      .where('name', '=', 'other')
      .execute();
    await expect(applyAcknowledged(database, next, 'tester')).rejects.toMatchObject({
      code: 'plan.stale',
      message: expect.stringContaining('AgentRole/default/scout exists by now'),
    });
  });

  test('that fails at any point leaves everything as it was', async () => {
    const name = await environment(reader, other);
    const made = await planned(name, [scout, other]);
    const old = await readLive(database.db, name, { deep: true });
    for (const at of checkpoints.filter((point) => point !== 'committed')) {
      const checkpoint = (point: string): void => {
        if (point === at) throw new Error('the worker is gone');
      };
      const acknowledge = made.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
      await expect(applyWatched({ database, plan: made, by: 'tester', acknowledge, checkpoint })).rejects.toThrow();
      expect(await readLive(database.db, name, { deep: true })).toEqual(old);
    }
    expect(await applyAcknowledged(database, made, 'tester')).toMatchObject({ revision: 2 });
  });

  test('that two apply at once is made once', async () => {
    const name = await environment(reader, other);
    const made = await planned(name, [scout, other]);
    const acknowledge = made.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
    const both = await Promise.allSettled([1, 2].map((by) => apply(database, made, { by: `one-${by}`, acknowledge })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'plan.stale' } });
  });

  test('with other changes leaves the rows of the target, whatever moves where', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const state = fc.dictionary(fc.constantFrom(...names), fc.constantFrom('x', 'y'), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(state, state, fc.shuffledSubarray(names), async (before, after, renames) => {
        const first = Object.entries(before).map(([name, value]) => role(name, [`tool:${value}:read`]));
        const free = renames.filter((name) => name in before && !(name in after));
        const second = Object.entries(after).map(([name, value]) => {
          const made = role(name, [`tool:${value}:read`]);
          const from = name in before ? undefined : free.shift();
          return from === undefined ? made : renamed(made, from);
        });
        const name = await environment(...first, other);
        const made = await planned(name, [...second, other]);
        expect(made.problems).toEqual([]);
        if (!isUnchanged(made)) expect((await applyAcknowledged(database, made, 'tester')).root).toBe(made.target.root);
        expect(isUnchanged(await planned(name, [...second, other]))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});
