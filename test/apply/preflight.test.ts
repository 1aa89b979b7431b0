import { EventEmitter, once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, applyWatched } from '../../src/apply/apply.ts';
import { preflight } from '../../src/apply/preflight.ts';
import { channels } from '../../src/bus/bus.ts';
import type { Plan } from '../../src/plan/change.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { addByHand, editByHand } from '../support/hands.ts';
import { planFor, type SmallResource } from '../support/plans.ts';

const before: readonly SmallResource[] = [
  { name: 'reader', value: 'reads' },
  { kind: 'AgentSystem', name: 'triage', value: 1 },
];
const after: readonly SmallResource[] = [
  { name: 'writer', value: 'writes' },
  { kind: 'AgentSystem', name: 'triage', value: 2 },
];

const tables = [
  'environment',
  'spec',
  'resource',
  'resource_bucket',
  'resource_history',
  'revision',
  'attempt',
  'bundle',
  'bundle_history',
  'event',
  'acknowledgement',
] as const;

describe.each(databaseKinds)('a preflight on %s', (kind) => {
  let opened: OpenedDatabase;
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  /** An environment with revision 1, and a plan for the next one. */
  async function planned(): Promise<Plan> {
    const { database } = opened;
    count += 1;
    const name = `env-${count}`;
    await ensureEnvironment(database.db, name);
    await apply(database, planFor(await readLive(database.db, name), before, 'c1'), 'tester');
    return planFor(await readLive(database.db, name), after, 'c2');
  }

  async function everything(): Promise<readonly unknown[]> {
    const rows: unknown[] = [];
    for (const table of tables) {
      rows.push(
        (
          await sql`select ${sql.ref(table)}::text as row from ${sql.table(table)} order by 1`.execute(
            opened.database.db,
          )
        ).rows,
      );
    }
    return rows;
  }

  test('says that the plan would be applied, and leaves no row and no word of it', async () => {
    const plan = await planned();
    const old = await everything();
    const heard: string[] = [];
    const unlisten = await opened.database.listen(channels.applied, (what) => heard.push(what));
    const mark = async (word: string) => {
      await opened.database.notify(channels.applied, word);
      await expect.poll(() => heard.includes(word)).toBe(true);
    };
    await mark('first');
    expect(await preflight(opened.database, plan)).toEqual({ ok: true });
    expect(await preflight(opened.database, plan)).toEqual({ ok: true });
    await mark('last');
    expect(heard.slice(heard.indexOf('first'))).toEqual(['first', 'last']);
    expect(await everything()).toEqual(old);
    await unlisten();
    expect(await apply(opened.database, plan, 'tester')).toMatchObject({ outcome: 'applied', revision: 2 });
  });

  test('asks for no acknowledgement', async () => {
    const plan = await planned();
    const guards = [{ id: 'guard.deletes', message: 'Too many.', acknowledgeable: true, addresses: [] }] as const;
    expect(await preflight(opened.database, { ...plan, guards })).toEqual({ ok: true });
    await expect(apply(opened.database, { ...plan, guards }, 'tester')).rejects.toMatchObject({
      code: 'plan.unacknowledged',
    });
  });

  test('rehearses uncommitted files as the commit that they become', async () => {
    const plan = await planned();
    const uncommitted = { ...plan, target: { ...plan.target, commit: 'working-copy' } };
    expect(await preflight(opened.database, uncommitted)).toEqual({ ok: true });
  });

  test('says that live has moved', async () => {
    const plan = await planned();
    await editByHand(opened.database, { environment: plan.environment, name: 'reader' }, 'edited');
    const said = await preflight(opened.database, plan);
    expect(said).toMatchObject({ ok: false, code: 'plan.stale' });
    expect(said).toHaveProperty('message', expect.stringContaining('AgentRole/default/reader was changed'));
  });

  test('says that rows beside the plan do not add up', async () => {
    const plan = await planned();
    await addByHand(opened.database, plan.environment, 'stranger');
    await sql`update resource set bucket = (select bucket from resource_bucket limit 1)
      where environment = ${plan.environment} and name = 'stranger'`.execute(opened.database.db);
    const wrong = { ...plan, target: { ...plan.target, root: 'f'.repeat(64) } };
    expect(await preflight(opened.database, wrong)).toMatchObject({ ok: false, code: 'apply.root_mismatch' });
  });

  test('says that the plan has errors', async () => {
    const problem = { code: 'c', severity: 'error', message: 'Wrong.', file: 'a.yaml', line: 2, column: 3 } as const;
    const said = await preflight(opened.database, { ...(await planned()), problems: [problem] });
    expect(said).toMatchObject({ ok: false, code: 'plan.invalid' });
  });

  test('says which constraint refuses a row', async () => {
    const plan = await planned();
    const changes = plan.changes.map((change) => ({ ...change, place: { ...change.place, line: 2 ** 40 } }));
    expect(await preflight(opened.database, { ...plan, changes })).toMatchObject({ ok: false, code: 'store.rejected' });
    expect(await preflight(opened.database, plan)).toEqual({ ok: true });
  });
});

test('a preflight gives up where an apply is under way, and holds none up', async () => {
  const opened = await openTestDatabase('postgres');
  try {
    const { database } = opened;
    await ensureEnvironment(database.db, 'prod');
    const plan = planFor(await readLive(database.db, 'prod'), before, 'c1');
    const inside = new EventEmitter();
    const rehearsed = new EventEmitter();
    const applying = applyWatched({
      database,
      plan,
      by: 'tester',
      checkpoint: async (point) => {
        if (point !== 'locked') return;
        const done = once(rehearsed, 'done');
        inside.emit('locked');
        await done;
      },
    });
    await once(inside, 'locked');
    const said = await preflight(database, plan);
    rehearsed.emit('done');
    expect(said).toMatchObject({ ok: false, code: 'store.busy' });
    expect(await applying).toMatchObject({ outcome: 'applied', revision: 1 });
  } finally {
    await opened.close();
  }
});
